import { closeSync, openSync, readSync } from 'node:fs';

/**
 * `bytes` random bytes in hex, good enough for names that nobody must guess. From the kernel itself: `node:crypto`
 * takes 10 ms to load.
 */
export function randomHex(bytes: number): string {
  const fd = openSync('/dev/urandom', 'r');
  try {
    const data = Buffer.alloc(bytes);
    const read = readSync(fd, data);
    if (read !== bytes) throw new Error(`/dev/urandom gave ${read} of ${bytes} bytes`);
    return data.toString('hex');
  } finally {
    closeSync(fd);
  }
}
