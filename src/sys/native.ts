import { createRequire } from 'node:module';
import { join } from 'node:path';
import type koffi from 'koffi';
import { ErrnoError, NativeMissingError } from './errors.ts';

/** The calls of the C library that Node has no door to. All of them are synchronous. */
interface Native {
  /** The error number of the last call. Right only on the very next line: any `fs` call changes it. */
  errno(): number;
  mount(
    source: Buffer | null,
    target: Buffer,
    type: Buffer | null,
    flags: number,
    data: Buffer | null,
  ): number;
  umount2(target: Buffer, flags: number): number;
  unshare(flags: number): number;
  mknod(path: Buffer, mode: number, device: bigint): number;
  lgetxattr(path: Buffer, name: Buffer, value: Buffer, size: number): number;
  llistxattr(path: Buffer, list: Buffer, size: number): number;
  lsetxattr(path: Buffer, name: Buffer, value: Buffer, size: number, flags: number): number;
  lremovexattr(path: Buffer, name: Buffer): number;
  flock(fd: number, operation: number): number;
  memfdCreate(name: Buffer, flags: number): number;
  syncfs(fd: number): number;
  utimensat(directory: number, path: Buffer, times: Buffer, flags: number): number;
  futimens(fd: number, times: Buffer): number;
  openat(directory: number, path: Buffer, flags: number, mode: number): number;
  statx(directory: number, path: Buffer, flags: number, mask: number, out: Uint8Array): number;
  flistxattr(fd: number, list: Buffer | null, size: number): number;
  openat2(number: number, directory: number, path: Buffer, how: Buffer, size: number): number;
  fsopen(number: number, type: Buffer, flags: number): number;
  fsconfig(
    number: number,
    fd: number,
    command: number,
    key: Buffer | null,
    value: Buffer | null,
    aux: number,
  ): number;
  fsmount(number: number, fd: number, flags: number, attributes: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  shutdown(fd: number, how: number): number;
  moveMount(
    number: number,
    fromDirectory: number,
    from: Buffer,
    toDirectory: number,
    to: Buffer,
    flags: number,
  ): number;
  socket(family: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Buffer, size: number): number;
  bind(fd: number, address: Buffer, size: number): number;
  getsockopt(fd: number, level: number, name: number, value: Buffer, size: Buffer): number;
  listen(fd: number, backlog: number): number;
  getsockname(fd: number, address: Buffer, size: Buffer): number;
}

type Koffi = Pick<typeof koffi, 'load' | 'errno'>;

let loaded: Native | undefined;

/**
 * The C library. Loaded by the first call that needs it and then kept: commands that only
 * read must not pay for it. Throws NativeMissingError.
 *
 * Paths and names are NUL-terminated buffers, because not every name is text: see {@link cString}.
 */
export function native(): Native {
  loaded ??= load();
  return loaded;
}

function load(): Native {
  const koffi = addon();
  const c = koffi.load(null);
  const path = 'const uint8_t *';
  const bytes = 'uint8_t *';
  const declare = (name: string, result: string, ...parameters: string[]): never =>
    c.func(name, result, parameters) as never;
  return {
    errno: () => koffi.errno(),
    mount: declare('mount', 'int', path, path, path, 'ulong', path),
    umount2: declare('umount2', 'int', path, 'int'),
    unshare: declare('unshare', 'int', 'int'),
    mknod: declare('mknod', 'int', path, 'uint', 'uint64_t'),
    lgetxattr: declare('lgetxattr', 'long', path, path, bytes, 'size_t'),
    llistxattr: declare('llistxattr', 'long', path, bytes, 'size_t'),
    lsetxattr: declare('lsetxattr', 'int', path, path, path, 'size_t', 'int'),
    lremovexattr: declare('lremovexattr', 'int', path, path),
    flock: declare('flock', 'int', 'int', 'int'),
    memfdCreate: declare('memfd_create', 'int', path, 'uint'),
    syncfs: declare('syncfs', 'int', 'int'),
    utimensat: declare('utimensat', 'int', 'int', path, path, 'int'),
    futimens: declare('futimens', 'int', 'int', path),
    openat: declare('openat', 'int', 'int', path, 'int', 'uint'),
    statx: declare('statx', 'int', 'int', path, 'int', 'uint', bytes),
    flistxattr: declare('flistxattr', 'long', 'int', bytes, 'size_t'),
    connect: declare('connect', 'int', 'int', path, 'uint'),
    shutdown: declare('shutdown', 'int', 'int', 'int'),
    // Neither glibc 2.36 nor musl wraps these, hence syscall(2).
    openat2: declare('syscall', 'long', 'long', 'int', path, path, 'size_t'),
    fsopen: declare('syscall', 'long', 'long', path, 'uint'),
    fsconfig: declare('syscall', 'long', 'long', 'int', 'uint', path, path, 'int'),
    fsmount: declare('syscall', 'long', 'long', 'int', 'uint', 'uint'),
    socket: declare('socket', 'int', 'int', 'int', 'int'),
    setsockopt: declare('setsockopt', 'int', 'int', 'int', 'int', path, 'uint'),
    bind: declare('bind', 'int', 'int', path, 'uint'),
    getsockopt: declare('getsockopt', 'int', 'int', 'int', 'int', bytes, bytes),
    listen: declare('listen', 'int', 'int', 'int'),
    getsockname: declare('getsockname', 'int', 'int', bytes, bytes),
    moveMount: declare('syscall', 'long', 'long', 'int', path, 'int', path, 'uint'),
  };
}

/**
 * Koffi without the JavaScript around it, which loads a third of Node (10 ms) to find the
 * addon and to warn of what is deprecated; by its front door where the addon lies elsewhere or
 * is for another C library.
 */
function addon(): Koffi {
  const name = `@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`;
  const module: { exports: unknown } = { exports: {} };
  try {
    // Both this file and the bundles lie two folders below the package.
    process.dlopen(module, join(import.meta.dirname, '../../node_modules', name));
    return module.exports as Koffi;
  } catch {
    try {
      return createRequire(import.meta.url)('koffi') as Koffi;
    } catch (error) {
      throw new NativeMissingError(error);
    }
  }
}

/** Bytes or text as C wants them: with a NUL at the end. Throws ErrnoError EINVAL on a NUL inside. */
export function cString(text: string | Uint8Array): Buffer {
  const plain = typeof text === 'string' ? Buffer.from(text) : text;
  if (plain.includes(0)) throw new ErrnoError(EINVAL, 'path', plain);
  const buffer = Buffer.allocUnsafe(plain.length + 1);
  buffer.set(plain);
  buffer[plain.length] = 0;
  return buffer;
}

const EINVAL = 22;
