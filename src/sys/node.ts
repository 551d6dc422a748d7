import { ErrnoError, NotPrivilegedError } from './errors.ts';
import { cString, native } from './native.ts';

const TYPE = { char: 0o020000, block: 0o060000, fifo: 0o010000 } as const;

/**
 * Makes a device or a named pipe. `mode` is subject to the umask. Throws ErrnoError (EEXIST,
 * …), and NotPrivilegedError for devices without root.
 */
export function makeNode(
  path: Buffer | string,
  type: keyof typeof TYPE,
  mode: number,
  major = 0,
  minor = 0,
): void {
  const c = native();
  if (c.mknod(cString(path), TYPE[type] | mode, deviceNumber(major, minor)) === 0) return;
  const error = new ErrnoError(c.errno(), 'mknod', path);
  throw error.code === 'EPERM' ? new NotPrivilegedError('making a device', error) : error;
}

/** Both numbers of a device in the one that the C library and `stat` use. */
export function deviceNumber(major: number, minor: number): bigint {
  const [a, b] = [BigInt(major), BigInt(minor)];
  return (
    ((a & 0xfffff000n) << 32n) | ((a & 0xfffn) << 8n) | ((b & 0xffffff00n) << 12n) | (b & 0xffn)
  );
}

/** The major and minor number in a `st_rdev` or `st_dev`. */
export function deviceParts(device: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((device >> 32n) & 0xfffff000n) | ((device >> 8n) & 0xfffn)),
    minor: Number(((device >> 12n) & 0xffffff00n) | (device & 0xffn)),
  };
}
