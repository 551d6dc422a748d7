import { closeSync } from 'node:fs';
import { ErrnoError } from './errors.ts';
import { cString, native } from './native.ts';
import { writeAll } from './write-all.ts';

const MFD_CLOEXEC = 1;

/**
 * A file without a name, in memory only: for what another program is to be told and no disk
 * is to see. Returns its descriptor, to be read from the beginning. Throws ErrnoError.
 *
 * @see https://man7.org/linux/man-pages/man2/memfd_create.2.html
 */
export function memoryFile(content: Uint8Array): number {
  const c = native();
  const fd = c.memfdCreate(cString('stave'), MFD_CLOEXEC);
  if (fd < 0) throw new ErrnoError(c.errno(), 'memfd_create');
  try {
    // With a position, so that it is read from its beginning.
    writeAll(fd, content, 0);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
