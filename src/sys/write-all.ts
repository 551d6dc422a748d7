import { writeSync } from 'node:fs';

/**
 * Writes all of `data`, at `position` or where the descriptor stands. One write may take less
 * without an error, for example where a disk is about to be full: what it left is written
 * again, and then fails. Throws system errors.
 */
export function writeAll(fd: number, data: Uint8Array, position?: number): void {
  for (let done = 0; done < data.length;) {
    const at = position === undefined ? null : position + done;
    done += writeSync(fd, data, done, data.length - done, at);
  }
}
