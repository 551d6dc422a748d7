import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import type { UploadReader } from './storage.ts';

const readFd = promisify(read);

/** Reads from an open file, which it closes. */
export function fileReader(fd: number): UploadReader {
  let open = true;
  return {
    async read(start, length) {
      const buffer = Buffer.allocUnsafe(length);
      let at = 0;
      while (at < length) {
        const { bytesRead } = await readFd(fd, buffer, at, length - at, start + at);
        if (bytesRead === 0) throw new Error('a file became shorter while it was read');
        at += bytesRead;
      }
      return buffer;
    },
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}
