/** What goes into a container's /etc/hosts. */
export interface HostsOptions {
  /** With `address`: the container's own line. */
  readonly hostname?: string;
  readonly address?: string;
  /** `name:address`, as `--add-host` takes them (`name=address` as well). */
  readonly extraHosts?: readonly string[];
  /** The machine's own file, for a container on the machine's network. */
  readonly host?: string;
}

const LOCALHOST = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/** The content of /etc/hosts. */
export function hostsFile(options: HostsOptions = {}): string {
  const { hostname, address, extraHosts = [], host = LOCALHOST } = options;
  const lines = extraHosts.map((text) => {
    const separator = text.search(/[=:]/);
    return `${text.slice(separator + 1)}\t${text.slice(0, separator)}\n`;
  });
  const own = hostname !== undefined && address !== undefined ? `${address}\t${hostname}\n` : '';
  return `${host.endsWith('\n') ? host : `${host}\n`}${lines.join('')}${own}`;
}

/** The content of /etc/hostname. */
export function hostnameFile(hostname: string): string {
  return `${hostname}\n`;
}

/**
 * The content of /etc/resolv.conf, from the machine's own. On another network than the
 * machine's, name servers at loopback addresses would be the container itself: they are left out.
 */
export function resolvConf(host: string, network: 'host' | 'none'): string {
  if (network === 'host') return host;
  return host
    .split('\n')
    .filter((line) => !/^\s*nameserver\s+(?:127\.|::1\b)/.test(line))
    .join('\n');
}
