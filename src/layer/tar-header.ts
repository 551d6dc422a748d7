import { LayerLimitError, LayerNameError, shownName, TarFormatError } from './errors.ts';
import type { LayerLimits } from './limits.ts';
import type { TarEntry, TarEntryType } from './tar-entry.ts';
import {
  bigNumberField,
  Field,
  MAGIC,
  numberField,
  type Place,
  textField,
  TYPE_FLAG,
} from './tar-fields.ts';
import type { Extensions } from './tar-pax.ts';

const STAR_TRAILER = 508;
const SLASH = 0x2f;
const NANOSECONDS = 1_000_000_000n;
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();
/** The id that system calls read as "leave it as it is". */
const NO_ID = 2 ** 32 - 1;
/** The largest device numbers that Linux knows. */
const MAJOR_LIMIT = 2 ** 12 - 1;
const MINOR_LIMIT = 2 ** 20 - 1;

/**
 * The entry that a header and its extensions describe. Its size is that of the header: the
 * caller knows about holes. `flag` is the type flag of one of the kinds in {@link TarEntry}.
 * Throws TarFormatError and LayerLimitError.
 */
export function entryOf(
  block: Uint8Array,
  at: number,
  extensions: Extensions | undefined,
  limits: LayerLimits,
): TarEntry {
  const name = extensions?.path ?? headerName(block, at);
  const type = typeOf(block[at + TYPE_FLAG]!, name);
  const path = type === 'directory' ? withoutSlash(name) : name;
  if (path.length === 0) throw new TarFormatError('an entry has no name');
  checkName(path, limits);
  const entry: TarEntry = {
    path,
    type,
    mode: numberField(block, at, Field.mode, 'a mode') % 0o10000,
    uid: extensions?.uid ?? numberField(block, at, Field.uid, 'a user id'),
    gid: extensions?.gid ?? numberField(block, at, Field.gid, 'a group id'),
    size: type === 'file' ? sizeOf(block, at, extensions) : 0,
    mtime: extensions?.mtime ?? bigNumberField(block, at, Field.mtime, 'a time') * NANOSECONDS,
    xattrs: extensions?.xattrs ?? NO_XATTRS,
  };
  if (entry.mode < 0) throw new TarFormatError(`${shownName(path)} has a bad mode`);
  checkId(entry.uid, path);
  checkId(entry.gid, path);
  switch (type) {
    case 'symlink':
    case 'hardlink':
      return { ...entry, linkTarget: linkTarget(block, at, extensions, limits, path) };
    case 'char':
    case 'block':
      return { ...entry, device: deviceOf(block, at, path) };
    default:
      return entry;
  }
}

/** Bytes of the entry in the archive. */
function sizeOf(block: Uint8Array, at: number, extensions: Extensions | undefined): number {
  const size = extensions?.size ?? numberField(block, at, Field.size, 'a size');
  if (size < 0) throw new TarFormatError('a size is negative');
  return size;
}

function typeOf(flag: number, name: Uint8Array): TarEntryType {
  switch (flag) {
    case 0:
      // Before POSIX a directory was a file whose name ends in a slash.
      return name.at(-1) === SLASH ? 'directory' : 'file';
    case 0x30: // 0
    case 0x37: // 7: contiguous
    case 0x53: // S: GNU sparse
      return 'file';
    case 0x31:
      return 'hardlink';
    case 0x32:
      return 'symlink';
    case 0x33:
      return 'char';
    case 0x34:
      return 'block';
    case 0x35:
      return 'directory';
    case 0x36:
      return 'fifo';
    default:
      throw new TarFormatError(
        `${shownName(name)} is of the unknown kind ${shownName(Uint8Array.of(flag))}`,
      );
  }
}

function headerName(block: Uint8Array, at: number): Buffer {
  const name = textField(block, at, Field.name);
  const place = prefixPlace(block, at);
  if (!place || block[at + place[0]] === 0) return name;
  const prefix = textField(block, at, place);
  return Buffer.concat([prefix, Buffer.of(SLASH), name]);
}

/** Where the header keeps the front of a long path, if its format has one. */
function prefixPlace(block: Uint8Array, at: number): Place | undefined {
  const magic = at + MAGIC;
  // "ustar" NUL is POSIX, "ustar" space is GNU, anything else is older than both.
  if (
    block[magic] !== 0x75 ||
    block[magic + 1] !== 0x73 ||
    block[magic + 2] !== 0x74 ||
    block[magic + 3] !== 0x61 ||
    block[magic + 4] !== 0x72
  ) {
    return undefined;
  }
  if (block[magic + 5] === 0) {
    const end = at + STAR_TRAILER;
    const star = block[end] === 0x74 && block[end + 1] === 0x61 && block[end + 2] === 0x72;
    return star ? Field.starPrefix : Field.prefix;
  }
  return goPrefix(block, at) ? Field.prefix : undefined;
}

/**
 * GNU headers have no prefix, but Go before 1.8 (which wrote many images) put one there, where
 * GNU has a time. A time is a number; what is text is a prefix.
 */
function goPrefix(block: Uint8Array, at: number): boolean {
  const [offset] = Field.gnuAccessTime;
  const first = block[at + offset]!;
  if (first === 0 || first >= 0x80) return false;
  try {
    numberField(block, at, Field.gnuAccessTime, 'a time');
    return false;
  } catch {
    return true;
  }
}

function linkTarget(
  block: Uint8Array,
  at: number,
  extensions: Extensions | undefined,
  limits: LayerLimits,
  path: Uint8Array,
): Buffer {
  const target = extensions?.linkTarget ?? textField(block, at, Field.linkTarget);
  if (target.length === 0) throw new TarFormatError(`link ${shownName(path)} has no target`);
  if (target.length > limits.nameBytes) {
    throw new LayerLimitError(`link ${shownName(path)} has a target of ${target.length} bytes`);
  }
  return target;
}

function deviceOf(
  block: Uint8Array,
  at: number,
  path: Uint8Array,
): { readonly major: number; readonly minor: number } {
  const major = numberField(block, at, Field.major, 'a device number');
  const minor = numberField(block, at, Field.minor, 'a device number');
  if (major < 0 || major > MAJOR_LIMIT || minor < 0 || minor > MINOR_LIMIT) {
    throw new TarFormatError(`device ${shownName(path)} has a bad number`);
  }
  return { major, minor };
}

function withoutSlash(name: Buffer): Buffer {
  let end = name.length;
  while (end > 1 && name[end - 1] === SLASH) end -= 1;
  return name.subarray(0, end);
}

function checkId(id: number, path: Uint8Array): void {
  if (id < 0 || id >= NO_ID) {
    throw new TarFormatError(`${shownName(path)} has an owner beyond what Linux knows`);
  }
}

/** Throws LayerNameError and LayerLimitError for paths that no Linux file system can hold. */
export function checkName(path: Uint8Array, limits: LayerLimits): void {
  if (path.length <= limits.componentBytes) return;
  if (path.length > limits.nameBytes) {
    throw new LayerLimitError(`path ${shownName(path)} has ${path.length} bytes`);
  }
  let start = 0;
  while (start < path.length) {
    const slash = path.indexOf(SLASH, start);
    const end = slash < 0 ? path.length : slash;
    if (end - start > limits.componentBytes) {
      throw new LayerNameError(
        `path ${shownName(path)} has a name of more than ${limits.componentBytes} bytes`,
      );
    }
    start = end + 1;
  }
}
