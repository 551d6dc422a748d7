import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { capabilitiesOf } from './capabilities.ts';

/** What this process may hand on to the processes it starts. */
export interface HostLimits {
  /** Capabilities that this process has. */
  readonly capabilities: readonly string[];
  /** Hard limits by OCI name (`RLIMIT_NOFILE`); absent means unlimited. */
  readonly hard: ReadonlyMap<string, number>;
  readonly oomScoreAdj: number;
}

/** How control groups are arranged. */
export interface CgroupLayout {
  readonly version: 'none' | 'v1' | 'v2';
  /**
   * A v2 tree beside v1: crun refuses to start while it sees one with controllers. `hidden`
   * means that this process covered it in its own mount namespace.
   */
  readonly unified?: { readonly path: string; readonly hidden: boolean };
  /** Mount points of the v1 hierarchies, or the v2 root. */
  readonly roots: readonly string[];
}

/** `f_type` of cgroup v2, see statfs(2). */
const CGROUP2_MAGIC = 0x63677270;

const LIMIT_NAMES: ReadonlyMap<string, string> = new Map([
  ['Max cpu time', 'RLIMIT_CPU'],
  ['Max file size', 'RLIMIT_FSIZE'],
  ['Max data size', 'RLIMIT_DATA'],
  ['Max stack size', 'RLIMIT_STACK'],
  ['Max core file size', 'RLIMIT_CORE'],
  ['Max resident set', 'RLIMIT_RSS'],
  ['Max processes', 'RLIMIT_NPROC'],
  ['Max open files', 'RLIMIT_NOFILE'],
  ['Max locked memory', 'RLIMIT_MEMLOCK'],
  ['Max address space', 'RLIMIT_AS'],
  ['Max file locks', 'RLIMIT_LOCKS'],
  ['Max pending signals', 'RLIMIT_SIGPENDING'],
  ['Max msgqueue size', 'RLIMIT_MSGQUEUE'],
  ['Max nice priority', 'RLIMIT_NICE'],
  ['Max realtime priority', 'RLIMIT_RTPRIO'],
  ['Max realtime timeout', 'RLIMIT_RTTIME'],
]);

/** Reads what this process has out of /proc/self. */
export function hostLimits(): HostLimits {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  return {
    capabilities: capabilitiesOf(BigInt(`0x${mask ?? '0'}`)),
    hard: parseLimits(readFileSync('/proc/self/limits', 'latin1')),
    oomScoreAdj: Number(readFileSync('/proc/self/oom_score_adj', 'latin1')),
  };
}

/** The hard limits in the text of /proc/<pid>/limits. */
export function parseLimits(text: string): ReadonlyMap<string, number> {
  const hard = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^(.+?)\s{2,}(\S+)\s+(\d+)\b/.exec(line);
    const name = LIMIT_NAMES.get(match?.[1] ?? '');
    if (name !== undefined) hard.set(name, Number(match?.[3]));
  }
  return hard;
}

/** Reads the arrangement of control groups out of /proc/self/mountinfo. */
export function cgroupLayout(): CgroupLayout {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      return { target: before.split(' ')[4] ?? '', type: after.split(' ')[0] ?? '' };
    })
    .filter(({ target }) => target.startsWith('/sys/fs/cgroup'));
  const v1 = mounts.filter(({ type }) => type === 'cgroup').map(({ target }) => target);
  const v2 = mounts.filter(({ type }) => type === 'cgroup2').map(({ target }) => target);
  if (v1.length > 0) {
    const [path] = v2;
    const hidden = path !== undefined && statfsSync(path).type !== CGROUP2_MAGIC;
    return {
      version: 'v1',
      roots: v1,
      ...(path !== undefined && (hidden || hasControllers(path)) && { unified: { path, hidden } }),
    };
  }
  return v2.length > 0 ? { version: 'v2', roots: v2.slice(0, 1) } : { version: 'none', roots: [] };
}

function hasControllers(mount: string): boolean {
  try {
    return readFileSync(`${mount}/cgroup.controllers`, 'latin1').trim() !== '';
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return false;
    throw error;
  }
}

/** True where the kernel counts swap per control group, so that a limit on it can be set. */
export function countsSwap(layout: CgroupLayout): boolean {
  return layout.version === 'v1'
    ? existsSync('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes')
    : layout.version === 'v2' && existsSync('/proc/swaps');
}

/** Whether a release (`6.18.44-amd64`) is at least a version (`5.12`). */
export function kernelAtLeast(kernel: string, wanted: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
