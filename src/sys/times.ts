import { ErrnoError } from './errors.ts';
import { cString, native } from './native.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const BILLION = 1_000_000_000n;
/** Two `struct timespec`. */
const words = new BigInt64Array(4);
const times = Buffer.from(words.buffer);

/**
 * Sets both times of a file, given by path or descriptor, in nanoseconds since the epoch:
 * exact, unlike `lutimes` of Node. Links are not followed.
 */
export function setTimes(file: Buffer | string | number, time: bigint): void {
  const nanoseconds = ((time % BILLION) + BILLION) % BILLION;
  words[0] = words[2] = (time - nanoseconds) / BILLION;
  words[1] = words[3] = nanoseconds;
  const c = native();
  const result =
    typeof file === 'number'
      ? c.futimens(file, times)
      : c.utimensat(AT_FDCWD, cString(file), times, AT_SYMLINK_NOFOLLOW);
  if (result === 0) return;
  throw new ErrnoError(c.errno(), 'utimensat', typeof file === 'number' ? undefined : file);
}
