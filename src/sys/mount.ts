import { closeSync, constants, openSync, readFileSync, realpathSync } from 'node:fs';
import { ErrnoError, KernelError, NotPrivilegedError } from './errors.ts';
import { cString, native } from './native.ts';
import { inUserNamespace } from './user-namespace.ts';

/** Something mounted; leaving the scope takes it away, also while it is in use. */
export interface Mount extends Disposable {
  readonly target: string;
}

/** What an overlay is made of. */
export interface OverlayOptions {
  /** Lower directories, bottom first. */
  readonly lower: readonly string[];
  /** Where changes go; the mount is read-only without it. */
  readonly upper?: string;
  /** Empty, on the file system of `upper`, and needed with it. */
  readonly work?: string;
  readonly readonly?: boolean;
  /**
   * Makes syncs inside the mount do nothing: for upper directories that somebody syncs as a
   * whole later. `work` cannot be used for a second mount then.
   */
  readonly volatile?: boolean;
}

const MS_RDONLY = 1;
/** Flags of a mount by their names in mountinfo. */
const LOCKED = [
  ['nosuid', 2],
  ['nodev', 4],
  ['noexec', 8],
  ['noatime', 1024],
  ['nodiratime', 2048],
  ['relatime', 1 << 21],
] as const;
const MS_REMOUNT = 32;
const MS_BIND = 4096;
const MS_REC = 16384;
const MS_SHARED = 1 << 20;
const MNT_DETACH = 2;
const MOUNT_ATTR_RDONLY = 1;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const CLOEXEC = 1;
const O_PATH_DIRECTORY = 0x200000 | constants.O_DIRECTORY;
const SYS_MOVE_MOUNT = 429;
const SYS_FSOPEN = 430;
const SYS_FSCONFIG = 431;
const SYS_FSMOUNT = 432;
const AT_FDCWD = -100;
/** The kernel takes so many; one page of options in the old call holds about half of it. */
const LOWER_LIMIT = 500;
const OPTIONS_PAGE = 4095;
/** Plain directories that any kernel can read back: no redirects, no files that are only metadata. */
const OVERLAY_FLAGS = [
  ['metacopy', 'off'],
  ['redirect_dir', 'off'],
  ['index', 'off'],
] as const;

/**
 * Stacks directories at `target`. Without lower directories it is a bind mount of `upper`.
 * Throws NotPrivilegedError, and KernelError when there are more lower directories than the
 * kernel stacks.
 *
 * @see https://docs.kernel.org/filesystems/overlayfs.html
 */
export function mountOverlay(target: string, options: OverlayOptions): Mount {
  const { lower, upper, readonly = false } = options;
  if (lower.length === 0) {
    return upper === undefined
      ? mountTmpfs(target, { mode: 0o755, readonly: true })
      : bindMount(upper, target, { readonly });
  }
  const only = lower[0];
  if (upper === undefined && lower.length === 1 && only !== undefined) {
    return bindMount(only, target, { readonly: true });
  }
  if (lower.length > LOWER_LIMIT) {
    throw new KernelError(`${lower.length} layers are more than the kernel can stack`);
  }
  try {
    overlayByConfig(target, options);
  } catch (error) {
    // Kernels before 6.8 do not know `lowerdir+`, those before 5.2 none of these calls.
    if (!(error instanceof ErrnoError) || !['EINVAL', 'ENOSYS'].includes(error.code)) throw error;
    overlayByOptions(target, options);
  }
  return mounted(target);
}

/**
 * Stacks directories without mounting them anywhere, and opens the result: it is gone with the
 * descriptor, whoever dies. Throws NotPrivilegedError, and KernelError where the kernel is too
 * old for that.
 */
export function openOverlay(options: OverlayOptions): number {
  const { lower, upper } = options;
  if (lower.length === 0 && upper !== undefined) return openSync(upper, O_PATH_DIRECTORY);
  const only = lower[0];
  if (upper === undefined && lower.length === 1 && only !== undefined) {
    return openSync(only, O_PATH_DIRECTORY);
  }
  if (lower.length > LOWER_LIMIT) {
    throw new KernelError(`${lower.length} layers are more than the kernel can stack`);
  }
  try {
    return overlayTree('overlay', options);
  } catch (error) {
    if (!(error instanceof ErrnoError) || !['EINVAL', 'ENOSYS'].includes(error.code)) throw error;
    throw new KernelError('this kernel cannot look into a container that does not run', {
      hint: 'Kernels from 6.8 on can.',
      cause: error,
    });
  }
}

/** Makes `source` appear at `target`; with `recursive` also what is mounted below it. */
export function bindMount(
  source: string,
  target: string,
  options: { readonly readonly?: boolean; readonly recursive?: boolean } = {},
): Mount {
  const flags = MS_BIND | (options.recursive === true ? MS_REC : 0);
  mount(source, target, null, flags, null);
  const result = mounted(target);
  if (options.readonly === true) {
    try {
      mount(null, target, null, MS_BIND | MS_REMOUNT | MS_RDONLY | lockedFlags(target), null);
    } catch (error) {
      result[Symbol.dispose]();
      throw error;
    }
  }
  return result;
}

/** What a mount has that came from outside a user namespace, and that must be said again there. */
function lockedFlags(target: string): number {
  if (!inUserNamespace()) return 0;
  const here = realpathSync(target);
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n').reverse();
  const line = lines.find((text) => unescaped(text.split(' ')[4] ?? '') === here);
  const options = new Set(line?.split(' ')[5]?.split(','));
  return LOCKED.reduce((flags, [name, flag]) => (options.has(name) ? flags | flag : flags), 0);
}

/**
 * Makes what is mounted below a directory from now on appear in mount namespaces, too, that
 * are copied from this one as slaves. What is mounted there already is hidden.
 */
export function shareMounts(directory: string): Mount {
  const result = bindMount(directory, directory);
  try {
    mount(null, directory, null, MS_SHARED, null);
  } catch (error) {
    result[Symbol.dispose]();
    throw error;
  }
  return result;
}

/** A file system in memory: `size` in bytes, `mode` of its root. */
export function mountTmpfs(
  target: string,
  options: { readonly size?: number; readonly mode?: number; readonly readonly?: boolean } = {},
): Mount {
  const data = [
    ...(options.size === undefined ? [] : [`size=${options.size}`]),
    ...(options.mode === undefined ? [] : [`mode=${options.mode.toString(8)}`]),
  ].join(',');
  mount('tmpfs', target, 'tmpfs', options.readonly === true ? MS_RDONLY : 0, data);
  return mounted(target);
}

/** Takes the topmost mount at `target` away, also while it is in use. Nothing happens where none is. */
export function unmount(target: string): void {
  const c = native();
  if (c.umount2(cString(target), MNT_DETACH) === 0) return;
  const errno = c.errno();
  const error = new ErrnoError(errno, 'umount2', target);
  if (error.code !== 'EINVAL' && error.code !== 'ENOENT') throw translated(error);
}

/**
 * The mount points below a directory, as this process sees them, the last made first.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
export function mountsBelow(directory: string): string[] {
  const here = `${realpathSync(directory)}/`;
  return readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
    .filter((target) => target.startsWith(here))
    .reverse();
}

/** The kernel writes spaces and the like as octal numbers. */
function unescaped(path: string): string {
  const bytes = path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

function mounted(target: string): Mount {
  return {
    target,
    [Symbol.dispose]() {
      unmount(target);
    },
  };
}

/** mount(2). Throws ErrnoError and NotPrivilegedError. */
export function mount(
  source: string | null,
  target: string,
  type: string | null,
  flags: number,
  data: string | null,
): void {
  const c = native();
  const result = c.mount(
    source === null ? null : cString(source),
    cString(target),
    type === null ? null : cString(type),
    flags,
    data === null ? null : cString(data),
  );
  if (result !== 0) throw translated(new ErrnoError(c.errno(), 'mount', target));
}

function translated(error: ErrnoError): Error {
  return error.code === 'EPERM' || error.code === 'EACCES'
    ? new NotPrivilegedError('mounting a file system', error)
    : error;
}

function overlayByConfig(target: string, options: OverlayOptions): void {
  const c = native();
  const tree = overlayTree(target, options);
  try {
    const here = cString('');
    const there = cString(target);
    checked(
      c.moveMount(SYS_MOVE_MOUNT, tree, here, AT_FDCWD, there, MOVE_MOUNT_F_EMPTY_PATH),
      'move_mount',
      target,
    );
  } finally {
    closeSync(tree);
  }
}

function checked(result: number, what: string, target: string): number {
  if (result < 0) throw translated(new ErrnoError(native().errno(), what, target));
  return result;
}

/** With `userxattr` the kernel does the first two by itself, and takes neither word. */
function overlayFlags(): readonly (readonly [key: string, value: string])[] {
  return inUserNamespace() ? [['index', 'off']] : OVERLAY_FLAGS;
}

/** `userxattr`: in a user namespace the kernel lets nobody have `trusted.` attributes. */
function overlaySwitches({
  upper,
  volatile,
}: {
  readonly upper: string | undefined;
  readonly volatile: boolean | undefined;
}): string[] {
  return [
    ...(inUserNamespace() ? ['userxattr'] : []),
    ...(volatile === true && upper !== undefined ? ['volatile'] : []),
  ];
}

/**
 * An overlay that is mounted nowhere yet. The newer calls take each directory by itself, so that
 * neither their number nor odd names matter.
 */
function overlayTree(target: string, options: OverlayOptions): number {
  const { lower, upper, work, readonly, volatile } = options;
  const c = native();
  const fs = checked(c.fsopen(SYS_FSOPEN, cString('overlay'), CLOEXEC), 'fsopen', target);
  try {
    const set = (key: string, value: string): void => {
      checked(
        c.fsconfig(SYS_FSCONFIG, fs, FSCONFIG_SET_STRING, cString(key), cString(value), 0),
        'fsconfig',
        target,
      );
    };
    for (const directory of lower.toReversed()) set('lowerdir+', directory);
    if (upper !== undefined) set('upperdir', upper);
    if (work !== undefined) set('workdir', work);
    for (const [key, value] of overlayFlags()) set(key, value);
    for (const flag of overlaySwitches({ upper, volatile })) {
      checked(
        c.fsconfig(SYS_FSCONFIG, fs, FSCONFIG_SET_FLAG, cString(flag), null, 0),
        'fsconfig',
        target,
      );
    }
    checked(c.fsconfig(SYS_FSCONFIG, fs, FSCONFIG_CMD_CREATE, null, null, 0), 'fsconfig', target);
    const attributes = readonly === true ? MOUNT_ATTR_RDONLY : 0;
    return checked(c.fsmount(SYS_FSMOUNT, fs, CLOEXEC, attributes), 'fsmount', target);
  } finally {
    closeSync(fs);
  }
}

/**
 * mount(2) takes one page of options. Directories are named by descriptor, which is short
 * and needs no escapes: more than 200 of them fit.
 */
function overlayByOptions(target: string, options: OverlayOptions): void {
  const { lower, upper, work, readonly, volatile } = options;
  const open: number[] = [];
  try {
    const short = (directory: string): string => {
      const fd = openSync(directory, constants.O_DIRECTORY | constants.O_RDONLY);
      open.push(fd);
      return `/proc/self/fd/${fd}`;
    };
    const data = [
      `lowerdir=${lower.toReversed().map(short).join(':')}`,
      ...(upper === undefined ? [] : [`upperdir=${short(upper)}`]),
      ...(work === undefined ? [] : [`workdir=${short(work)}`]),
      ...overlayFlags().map(([key, value]) => `${key}=${value}`),
      ...overlaySwitches({ upper, volatile }),
    ].join(',');
    if (data.length > OPTIONS_PAGE) {
      throw new KernelError(`this kernel cannot stack ${lower.length} layers`, {
        hint: 'Kernels from 6.8 on can.',
      });
    }
    mount('overlay', target, 'overlay', readonly === true ? MS_RDONLY : 0, data);
  } finally {
    open.forEach(closeSync);
  }
}
