import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { ErrnoError } from './errors.ts';
import { mount, mountTmpfs } from './mount.ts';
import { native } from './native.ts';

const CLONE_NEWNS = 0x20000;
const MS_REC = 16384;
const MS_SLAVE = 1 << 19;
const CAP_SYS_ADMIN = 21n;
const CGROUP2_MAGIC = 0x63677270;
const HYBRID = '/sys/fs/cgroup/unified';

let entered = false;

/**
 * Gives this process mounts of its own, which vanish with it, and hides there what crun
 * cannot stand (see {@link hideHybridCgroup}). Returns whether it worked: false when the
 * process may not mount. A second call does nothing.
 *
 * It acts on the calling thread, on children and on threads that are started later. Node's
 * own threads for asynchronous file calls may have been started before: below mounts made
 * here only `*Sync` calls and children may look. Nothing leaks out; what the host unmounts
 * later is let go here as well.
 */
export function enterPrivateMounts(): boolean {
  if (entered) return true;
  if (!canMount()) return false;
  const c = native();
  if (c.unshare(CLONE_NEWNS) !== 0) {
    const error = new ErrnoError(c.errno(), 'unshare');
    if (error.code === 'EPERM') return false;
    throw error;
  }
  mount(null, '/', null, MS_REC | MS_SLAVE, null);
  entered = true;
  hideHybridCgroup();
  return true;
}

/** Says that this process was started in a mount namespace of its own, by `unshare --mount`. */
export function adoptPrivateMounts(): void {
  entered = true;
  hideHybridCgroup();
}

/** Whether mounts made here are this process's own and vanish with it. */
export function inPrivateMounts(): boolean {
  return entered;
}

/** Whether this process may mount: root with CAP_SYS_ADMIN. */
export function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'));
  return line?.[1] !== undefined && ((BigInt(`0x${line[1]}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

/**
 * On machines with version 1 cgroups and a second, version 2, hierarchy beside them, crun
 * refuses to start when the latter holds controllers. Covers it in this process's own
 * mount namespace, after which crun sees plain version 1. Returns whether this is such a
 * machine; calling it again does no harm.
 */
export function hideHybridCgroup(): boolean {
  if (!existsSync(HYBRID)) return false;
  if (statfsSync(HYBRID).type !== CGROUP2_MAGIC) return true;
  // It would be gone for the whole machine.
  if (!inPrivateMounts()) throw new Error('hideHybridCgroup() outside a private mount namespace');
  mountTmpfs(HYBRID, { size: 1024 * 1024 });
  return true;
}
