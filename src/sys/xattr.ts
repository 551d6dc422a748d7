import { ErrnoError } from './errors.ts';
import { cString, native } from './native.ts';

/** What Linux allows for the names of one file, and for one value. */
const LIMIT = 65536;
const ENODATA = 61;
const list = Buffer.allocUnsafe(4096);
const value = Buffer.allocUnsafe(4096);
const NONE: ReadonlyMap<string, Buffer> = new Map();

/** All extended attributes of a file, by full name, raw. Links are not followed. */
export function getXattrs(path: Buffer | string): ReadonlyMap<string, Buffer> {
  const c = native();
  const file = cString(path);
  const names = grown(list, (buffer) => {
    const length = c.llistxattr(file, buffer, buffer.length);
    return length < 0 ? new ErrnoError(c.errno(), 'llistxattr', path) : length;
  });
  if (names instanceof ErrnoError) {
    if (names.code === 'ENOTSUP' || names.code === 'EOPNOTSUPP') return NONE;
    throw names;
  }
  if (names.length === 0) return NONE;
  const found = new Map<string, Buffer>();
  // Attribute names are bytes as well; all known ones are ASCII, and latin1 keeps the others apart.
  for (const name of names.toString('latin1').split('\0')) {
    const content = name === '' ? undefined : getXattr(path, name);
    if (content !== undefined) found.set(name, content);
  }
  return found;
}

/** Whether an open file has extended attributes. */
export function hasXattrs(fd: number): boolean {
  const c = native();
  const length = c.flistxattr(fd, null, 0);
  if (length >= 0) return length > 0;
  const error = new ErrnoError(c.errno(), 'flistxattr');
  if (error.code === 'ENOTSUP' || error.code === 'EOPNOTSUPP') return false;
  throw error;
}

/** One attribute; undefined where the file has none of that name. Links are not followed. */
export function getXattr(path: Buffer | string, name: string): Buffer | undefined {
  const c = native();
  const file = cString(path);
  const key = cString(Buffer.from(name, 'latin1'));
  const content = grown(value, (buffer) => {
    const length = c.lgetxattr(file, key, buffer, buffer.length);
    if (length >= 0) return length;
    const errno = c.errno();
    // The usual answer, and an error takes longer to make than the question.
    return errno === ENODATA ? undefined : new ErrnoError(errno, 'lgetxattr', path);
  });
  if (content === undefined) return undefined;
  if (!(content instanceof ErrnoError)) return Buffer.from(content);
  if (['ENOTSUP', 'EOPNOTSUPP'].includes(content.code)) return undefined;
  throw content;
}

/** Sets an attribute, whether it is there or not. Links are not followed. */
export function setXattr(path: Buffer | string, name: string, content: Uint8Array): void {
  const c = native();
  const key = cString(Buffer.from(name, 'latin1'));
  // An empty buffer has no address, and the kernel wants none for an empty value.
  const bytes = content.length === 0 ? Buffer.alloc(1) : Buffer.from(content);
  if (c.lsetxattr(cString(path), key, bytes, content.length, 0) !== 0) {
    throw new ErrnoError(c.errno(), 'lsetxattr', path);
  }
}

/** Removes an attribute if it is there. Links are not followed. */
export function removeXattr(path: Buffer | string, name: string): void {
  const c = native();
  if (c.lremovexattr(cString(path), cString(Buffer.from(name, 'latin1'))) !== 0) {
    const error = new ErrnoError(c.errno(), 'lremovexattr', path);
    if (error.code !== 'ENODATA') throw error;
  }
}

/** Calls with the small buffer first, and with one of the largest size where that is too small. */
function grown<T extends number | ErrnoError | undefined>(
  small: Buffer,
  call: (buffer: Buffer) => T,
): Buffer | Exclude<T, number> {
  let buffer = small;
  let length = call(buffer);
  if (length instanceof ErrnoError && length.code === 'ERANGE') {
    buffer = Buffer.allocUnsafe(LIMIT);
    length = call(buffer);
  }
  return typeof length === 'number' ? buffer.subarray(0, length) : (length as Exclude<T, number>);
}
