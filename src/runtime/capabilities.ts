import { UsageError } from '../base/errors.ts';

/** What a process in a container may do unless told otherwise: Docker's list (`a80425fb`). */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

/**
 * Names by bit number.
 *
 * @see https://man7.org/linux/man-pages/man7/capabilities.7.html
 */
const CAPABILITIES: readonly string[] = `
  CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
  LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER
  SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
  SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP
  MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF
  CHECKPOINT_RESTORE
`
  .trim()
  .split(/\s+/)
  .map((name) => `CAP_${name}`);

/** The names in a mask of `/proc/<pid>/status`, in order of their bits. */
export function capabilitiesOf(mask: bigint): string[] {
  return CAPABILITIES.filter((_, bit) => (mask >> BigInt(bit)) & 1n);
}

/**
 * The defaults with `--cap-add` and `--cap-drop` applied. Names may lack `CAP_` and may be in
 * any case; `ALL` stands for all. Throws UsageError on an unknown name.
 */
export function adjustCapabilities(
  add: readonly string[] = [],
  drop: readonly string[] = [],
): string[] {
  const added = add.map(normalized);
  const dropped = drop.map(normalized);
  const all = added.includes('ALL');
  if (dropped.includes('ALL')) return sorted(all ? CAPABILITIES : added);
  const start = all ? CAPABILITIES : [...DEFAULT_CAPABILITIES, ...added];
  return sorted(start.filter((name) => !dropped.includes(name)));
}

function sorted(names: readonly string[]): string[] {
  return CAPABILITIES.filter((name) => names.includes(name));
}

function normalized(typed: string): string {
  const upper = typed.toUpperCase();
  if (upper === 'ALL') return upper;
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (!CAPABILITIES.includes(name)) throw new UsageError(`unknown capability: "${typed}"`);
  return name;
}
