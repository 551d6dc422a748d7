import { UsageError } from '../../base/errors.ts';

/** What a unit starts. Paths are absolute. */
export interface UnitParts {
  readonly program: string;
  readonly config: string;
  /** Without one systemd makes up a user for as long as the service runs. */
  readonly user: string | undefined;
}

/** What a user may be called, for systemd. */
export function isUserName(text: string): boolean {
  return /^[a-z_][a-z0-9_-]{0,30}$/i.test(text);
}

/**
 * The service. What a registry needs not, it does not get: no other files than those of
 * `/var/lib/stave-registry`, no devices, no privileges but ports below 1024. A second SIGTERM would
 * cut what runs: systemd sends one, waits, and kills.
 */
export function unitText({ program, config, user }: UnitParts): string {
  return `[Unit]
Description=stave registry
Documentation=man:stave-registry-serve(1)
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=${quoted(program)} registry serve --config ${quoted(config)}
ExecReload=/bin/kill -HUP $MAINPID
KillMode=mixed
TimeoutStopSec=60
Restart=on-failure
RestartSec=2
${user === undefined ? 'DynamicUser=yes' : `User=${user}`}
StateDirectory=stave-registry
StateDirectoryMode=0750
LogsDirectory=stave-registry
WorkingDirectory=/var/lib/stave-registry
UMask=0027
LimitNOFILE=65536

AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

/** The unit of a socket at which systemd listens for the service. Throws UsageError. */
export function socketText(place: string): string {
  const [, port = ''] = /^(?:[0-9.]+:|\[[0-9a-fA-F:]+\]:)?(\d{1,5})$/.exec(place) ?? [];
  if (port === '' || Number(port) > 65_535) {
    throw new UsageError(`--socket ${place}: not a port, or an address and a port`);
  }
  return `[Unit]
Description=stave registry

[Socket]
ListenStream=${place}
Backlog=4096
NoDelay=yes

[Install]
WantedBy=sockets.target
`;
}

/** A word of a command line of systemd. */
function quoted(text: string): string {
  const safe = text.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w./:@%$+-]+$/.test(safe)
    ? safe
    : `"${safe.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
