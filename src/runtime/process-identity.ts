import { readFileSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { bootId } from '../sys/boot.ts';
import { namesIn } from '../sys/names-in.ts';

/** Tells a process from every other one that ever had its number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot at which it started. */
  readonly start: string;
  readonly boot: string;
}

/** The identity of a running process; undefined when it is gone. */
export function identify(pid: number): ProcessIdentity | undefined {
  const start = startOf(pid);
  return start === undefined ? undefined : { pid, start, boot: bootId() };
}

/** Whether that very process still runs. One that has ended but was not waited for does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identity.boot === bootId() && startOf(identity.pid) === identity.start;
}

/** Whether it is, or was, a process of this run of the kernel. */
export function isThisBoot({ boot }: ProcessIdentity): boolean {
  return boot === bootId();
}

/** The children of a process, whichever of its threads started them. */
export function childrenOf(pid: number): number[] {
  return namesIn(`/proc/${pid}/task`, 'ESRCH').flatMap((thread) =>
    (read(`/proc/${pid}/task/${thread}/children`) ?? '')
      .split(' ')
      .filter((text) => text !== '')
      .map(Number),
  );
}

function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold anything, so count from its end: state is the next field.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : rest[18];
}

/** A file of /proc; undefined when its process is gone. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}
