import { chmodSync, closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { ErrnoError } from './errors.ts';
import { cString, native } from './native.ts';

const SYS_OPENAT2 = 437;
const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_IN_ROOT = 0x10n;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0x200000;
const DIRECTORY = O_PATH | constants.O_DIRECTORY;
const NOFOLLOW = constants.O_NOFOLLOW;
/** As many as Linux follows. */
const LINK_LIMIT = 40;
/** How often a look-up is tried again that somebody's renaming disturbed. */
const RETRIES = 100;
const SLASH = 0x2f;

/**
 * Opens a file below the directory `root` as a process would that has it as its `/`:
 * absolute links begin there, `..` stops there, and nothing leads out, whatever somebody
 * else does to the tree meanwhile. `flags` are those of open(2). Throws ErrnoError.
 *
 * @see https://man7.org/linux/man-pages/man2/openat2.2.html
 */
export function openInside(
  root: number,
  path: string | Uint8Array,
  flags: number,
  mode = 0,
): number {
  const c = native();
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt((flags & constants.O_CREAT) === 0 ? 0 : mode), 8);
  how.writeBigUInt64LE(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, 16);
  const name = cString(path.length === 0 ? '.' : path);
  for (let attempt = 0; ; attempt++) {
    const fd = c.openat2(SYS_OPENAT2, root, name, how, how.length);
    if (fd >= 0) return fd;
    const error = new ErrnoError(c.errno(), 'openat2', path);
    if (error.code === 'EAGAIN' && attempt < RETRIES) continue;
    // Kernels before 5.6 do not have the call, and old seccomp filters forbid what they do not know.
    if (error.code !== 'ENOSYS' && error.code !== 'EPERM') throw error;
    return openStepwise(root, path, flags, mode);
  }
}

/** The same as {@link openInside} without its system call: one component at a time, links read by hand. */
export function openStepwise(
  root: number,
  path: string | Uint8Array,
  flags: number,
  mode = 0,
): number {
  const todo = components(path);
  const trail: number[] = [];
  const here = (): number => trail.at(-1) ?? root;
  let links = 0;
  try {
    for (;;) {
      const name = todo.shift();
      if (name === undefined) return openSync(`/proc/self/fd/${here()}/.`, flags, mode);
      if (name.length === 1 && name[0] === 0x2e) continue;
      if (name.length === 2 && name[0] === 0x2e && name[1] === 0x2e) {
        const left = trail.pop();
        if (left !== undefined) closeSync(left);
        continue;
      }
      const place = inDirectory(here(), name);
      const last = todo.length === 0;
      const target = last && (flags & NOFOLLOW) !== 0 ? undefined : linkTarget(place);
      if (target === undefined) {
        const fd = openSync(place, (last ? flags : DIRECTORY) | NOFOLLOW, mode);
        if (last) return fd;
        trail.push(fd);
        continue;
      }
      if ((links += 1) > LINK_LIMIT) throw new ErrnoError(ELOOP, 'open', path);
      if (target[0] === SLASH) trail.splice(0).forEach(closeSync);
      todo.unshift(...components(target));
    }
  } finally {
    trail.forEach(closeSync);
  }
}

/** A directory that untrusted paths are resolved in. It stays the same directory whatever its path becomes. */
export class InsideRoot implements Disposable {
  readonly #root: number;
  #parent = Buffer.alloc(0);
  #fd: number;
  #closed = false;

  constructor(path: string | Buffer) {
    this.#root = openSync(path, DIRECTORY | NOFOLLOW);
    this.#fd = this.#root;
  }

  /** The root itself, for calls that take a path. */
  get path(): Buffer {
    return inDirectory(this.#root, Buffer.from('.'));
  }

  /** See {@link openInside}. */
  open(path: string | Uint8Array, flags: number, mode = 0): number {
    return openInside(this.#root, path, flags, mode);
  }

  /**
   * A path for calls of `node:fs` that do not follow a last link (`mkdir`, `unlink`, `link`,
   * `symlink`, `lstat`, `lchown`, `lutimes`, `open` with O_NOFOLLOW). Its parent directory
   * was resolved in the root and is held open until the next call with another parent.
   * Throws ErrnoError when there is no such parent; EINVAL for names such as `..`.
   */
  at(path: string | Uint8Array): Buffer {
    const bytes = trimmed(typeof path === 'string' ? Buffer.from(path) : path);
    const cut = bytes.lastIndexOf(SLASH);
    const name = bytes.subarray(cut + 1);
    if (name.length === 0 || isDots(name)) throw new ErrnoError(EINVAL, 'resolve', path);
    const parent = bytes.subarray(0, Math.max(cut, 0));
    if (Buffer.compare(parent, this.#parent) !== 0) this.#enter(parent);
    return inDirectory(this.#fd, name);
  }

  /** Changes the permission bits of anything but a link. */
  chmod(path: string | Uint8Array, mode: number): void {
    const fd = openSync(this.at(path), O_PATH | NOFOLLOW);
    try {
      if (fstatSync(fd).isSymbolicLink()) throw new ErrnoError(ELOOP, 'chmod', path);
      chmodSync(`/proc/self/fd/${fd}`, mode);
    } finally {
      closeSync(fd);
    }
  }

  #enter(parent: Uint8Array): void {
    const fd = parent.length === 0 ? this.#root : openInside(this.#root, parent, DIRECTORY);
    this.#leave();
    this.#fd = fd;
    this.#parent = Buffer.from(parent);
  }

  #leave(): void {
    if (this.#fd !== this.#root) closeSync(this.#fd);
    this.#fd = this.#root;
    this.#parent = Buffer.alloc(0);
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave();
    closeSync(this.#root);
  }
}

const EINVAL = 22;
const ELOOP = 40;

function inDirectory(fd: number, name: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), name]);
}

/** What a link says; undefined for all else, also for what is not there. */
function linkTarget(place: Buffer): Buffer | undefined {
  try {
    return readlinkSync(place, 'buffer');
  } catch (error) {
    if (isErrno(error, 'EINVAL', 'ENOENT')) return undefined;
    throw error;
  }
}

function components(path: string | Uint8Array): Buffer[] {
  const text = Buffer.from(path as string).toString('latin1');
  return text
    .split('/')
    .filter((name) => name !== '')
    .map((name) => Buffer.from(name, 'latin1'));
}

/** Without slashes at both ends. */
function trimmed(path: Uint8Array): Uint8Array {
  let start = 0;
  let end = path.length;
  while (start < end && path[start] === SLASH) start += 1;
  while (end > start && path[end - 1] === SLASH) end -= 1;
  return path.subarray(start, end);
}

function isDots(name: Uint8Array): boolean {
  return name.length <= 2 && name.every((byte) => byte === 0x2e);
}
