import { type BigIntStats, constants, lstatSync } from 'node:fs';
import { ErrnoError } from './errors.ts';
import { native } from './native.ts';
import { deviceNumber } from './node.ts';

/** What is asked of a file most often. */
export type FileStat = Readonly<
  Pick<
    BigIntStats,
    'dev' | 'ino' | 'mode' | 'nlink' | 'uid' | 'gid' | 'rdev' | 'size' | 'mtimeNs' | 'ctimeNs'
  >
>;

const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC_STATS = 0x7ff;
const O_CLOEXEC = 0o2000000;
const ENOENT = 2;
const EPERM = 1;
const ENOSYS = 38;
const BILLION = 1_000_000_000n;

const SMALL = 65_536;
const shared: bigint[] = [];
const name = Buffer.alloc(256);
/** `struct statx`; its numbers have the machine's byte order. */
const record = new ArrayBuffer(256);
const bytes = new Uint8Array(record);
const u16 = new Uint16Array(record);
const u32 = new Uint32Array(record);
const u64 = new BigUint64Array(record);
const s64 = new BigInt64Array(record);

/**
 * `lstat` of a name in an open directory: in bulk much cheaper than by a path that the kernel
 * walks each time. A name that is text is one of bytes read as latin1. Undefined where there is none. Throws ErrnoError.
 *
 * @see https://man7.org/linux/man-pages/man2/statx.2.html
 */
export function statAt(directory: number, file: Uint8Array | string): FileStat | undefined {
  const c = native();
  const path = terminated(file);
  if (c.statx(directory, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, bytes) !== 0) {
    const code = c.errno();
    if (code === ENOENT) return undefined;
    // What kernels and filters that do not know the call say.
    if (code !== ENOSYS && code !== EPERM) throw new ErrnoError(code, 'statx', bytesOf(file));
    const plain = Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), bytesOf(file)]);
    return lstatSync(plain, { bigint: true, throwIfNoEntry: false });
  }
  return {
    mode: small(u16[14]!),
    nlink: small(u32[4]!),
    uid: small(u32[5]!),
    gid: small(u32[6]!),
    ino: u64[4]!,
    size: u64[5]!,
    ctimeNs: s64[12]! * BILLION + BigInt(u32[26]!),
    mtimeNs: s64[14]! * BILLION + BigInt(u32[30]!),
    rdev: deviceOf(u32[32]!, u32[33]!),
    dev: deviceOf(u32[34]!, u32[35]!),
  };
}

/** Opens a name in an open directory. `flags` are those of open(2). Throws ErrnoError. */
export function openAt(directory: number, file: Uint8Array, flags: number, mode = 0): number {
  const c = native();
  const fd = c.openat(directory, terminated(file), flags | O_CLOEXEC, mode);
  if (fd < 0) throw new ErrnoError(c.errno(), 'openat', file);
  return fd;
}

/** Flags for a regular file that is to be read: neither a link nor a pipe holds anybody up. */
export const READ_PLAIN = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

function bytesOf(file: Uint8Array | string): Uint8Array {
  return typeof file === 'string' ? Buffer.from(file, 'latin1') : file;
}

/** A name as C wants it, in a buffer that the next call uses again. */
function terminated(file: Uint8Array | string): Buffer {
  // Longer names than any file system has get the kernel's own answer.
  const target = file.length < name.length ? name : Buffer.alloc(file.length + 1);
  if (typeof file === 'string') target.write(file, 'latin1');
  else target.set(file);
  target[file.length] = 0;
  return target;
}

/** Modes, owners and devices are few: a directory of 100,000 files shares them. */
function small(value: number): bigint {
  if (value >= SMALL) return BigInt(value);
  return (shared[value] ??= BigInt(value));
}

/** Most numbers are small; then no arithmetic with BigInts is needed. */
function deviceOf(major: number, minor: number): bigint {
  return major < 0x1000 && minor < 0x100
    ? small(major * 0x100 + minor)
    : deviceNumber(major, minor);
}
