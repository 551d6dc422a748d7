import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { ErrnoError } from './errors.ts';
import { native } from './native.ts';

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** A file lock that is held. Leaving the scope, or the end of the process, releases it. */
export interface Lock extends Disposable {
  readonly path: string;
  /** A child that is given it holds the lock as well, until both have let it go. */
  readonly fd: number;
}

/**
 * Locks a file, which is made if it is not there, against other holders on this machine:
 * `exclusive` against all, otherwise against exclusive ones only. Without `wait` the result
 * is undefined when somebody else holds it; with `wait` the whole process stands still
 * until it is free. Children do not inherit it.
 *
 * @see https://man7.org/linux/man-pages/man2/flock.2.html
 */
export function lockFile(
  path: string,
  options: { readonly exclusive: boolean; readonly wait: boolean },
): Lock | undefined {
  const operation = (options.exclusive ? LOCK_EX : LOCK_SH) | (options.wait ? 0 : LOCK_NB);
  for (;;) {
    // Node adds O_CLOEXEC to every descriptor that it opens.
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    let kept = false;
    try {
      const error = flock(fd, operation);
      if (error?.code === 'EWOULDBLOCK' || error?.code === 'EAGAIN') return undefined;
      if (error?.code === 'EINTR') continue;
      if (error) throw error;
      if (!isAt(fd, path)) continue;
      kept = true;
      return held(fd, path);
    } finally {
      if (!kept) closeSync(fd);
    }
  }
}

function flock(fd: number, operation: number): ErrnoError | undefined {
  const c = native();
  return c.flock(fd, operation) === 0 ? undefined : new ErrnoError(c.errno(), 'flock');
}

/** A holder may have removed the file while we waited: then the lock is on something that nobody else sees. */
function isAt(fd: number, path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false, bigint: true });
  const here = fstatSync(fd, { bigint: true });
  return there?.ino === here.ino && there.dev === here.dev;
}

function held(fd: number, path: string): Lock {
  let open = true;
  return {
    path,
    fd,
    [Symbol.dispose]() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}
