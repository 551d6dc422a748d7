import { isAscii } from 'node:buffer';
import type { TarEntry, TarEntryType } from './tar-entry.ts';
import {
  BLOCK,
  checksum,
  Field,
  MAGIC,
  paddingLength,
  type Place,
  TYPE_FLAG,
} from './tar-fields.ts';
import { paxData } from './tar-pax-writer.ts';

/**
 * The rules below, as a number: a layer that is written again must come out byte for byte as
 * it was. Any change of bytes is a new version beside the old one.
 */
export const TAR_WRITER_VERSION = 1;

/** What ends an archive. */
export const TRAILER: Uint8Array = new Uint8Array(2 * BLOCK);

const FLAGS: Record<TarEntryType, number> = {
  file: 0x30,
  hardlink: 0x31,
  symlink: 0x32,
  char: 0x33,
  block: 0x34,
  directory: 0x35,
  fifo: 0x36,
};
/** Magic and version. */
const USTAR = Buffer.from('ustar\u000000');
const PAX_FLAG = 0x78;
/** PAX headers need a name, which nothing reads. */
const PAX_NAME = Buffer.from('././@PaxHeader');
const PAX_MODE = 0o644;
const SLASH = 0x2f;
const NANOSECONDS = 1_000_000_000n;
const NOTHING = new Uint8Array(0);
const ZEROS = new Uint8Array(BLOCK);
/** The largest numbers that 7 and 11 octal digits hold. */
const MAX_SHORT = 0o7777777;
const MAX_LONG = 0o77777777777;

/** The zeros that fill up `size` bytes of content to whole blocks. */
export function padding(size: number): Uint8Array {
  const length = paddingLength(size);
  return length === 0 ? NOTHING : ZEROS.subarray(0, length);
}

/**
 * The header of an entry: one POSIX ustar block where the entry fits into it, with a PAX header
 * before it for what does not: long names, names beyond ASCII, large numbers, times before
 * 1970, extended attributes (as `SCHILY.xattr.`, binary). Times are whole seconds, rounded
 * down. Names of users and groups are left out: they mean nothing on another machine.
 * Directories get their slash. The bytes depend on the entry alone.
 *
 * Throws RangeError for what no file can have: a NUL in its name, a number out of bounds.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
 */
export function encodeHeader(entry: TarEntry): Buffer {
  const name = nameOf(entry);
  const link = entry.linkTarget ?? NOTHING;
  const size = entry.type === 'file' ? entry.size : 0;
  const seconds = wholeSeconds(entry.mtime);
  const split = splitAt(name);
  checkNumbers(entry);
  checkText(name);
  checkText(link);

  const records: [key: string, value: Uint8Array | string][] = [];
  if (split === undefined) records.push(['path', name]);
  if (link.length > Field.linkTarget[1] || !isAscii(link)) records.push(['linkpath', link]);
  if (size > MAX_LONG) records.push(['size', String(size)]);
  if (entry.uid > MAX_SHORT) records.push(['uid', String(entry.uid)]);
  if (entry.gid > MAX_SHORT) records.push(['gid', String(entry.gid)]);
  if (seconds < 0 || seconds > MAX_LONG) records.push(['mtime', String(seconds)]);

  const data = records.length + entry.xattrs.size > 0 ? paxData(records, entry.xattrs) : NOTHING;
  const at = data.length === 0 ? 0 : BLOCK + data.length + paddingLength(data.length);
  // From the pool: `alloc` would ask the system for each of many small headers.
  const out = Buffer.allocUnsafe(at + BLOCK).fill(0);
  if (at > 0) {
    putText(out, 0, Field.name, PAX_NAME);
    putNumber(out, 0, Field.mode, PAX_MODE);
    putNumber(out, 0, Field.uid, 0);
    putNumber(out, 0, Field.gid, 0);
    putNumber(out, 0, Field.size, data.length);
    putNumber(out, 0, Field.mtime, 0);
    finish(out, 0, PAX_FLAG);
    out.set(data, BLOCK);
  }
  // A reader that knows no PAX sees the name cut off; numbers that do not fit are 0 for it.
  putText(out, at, Field.name, split ? name.subarray(split) : name);
  if (split) putText(out, at, Field.prefix, name.subarray(0, split - 1));
  putText(out, at, Field.linkTarget, link);
  putNumber(out, at, Field.mode, entry.mode);
  putNumber(out, at, Field.uid, entry.uid > MAX_SHORT ? 0 : entry.uid);
  putNumber(out, at, Field.gid, entry.gid > MAX_SHORT ? 0 : entry.gid);
  putNumber(out, at, Field.size, size > MAX_LONG ? 0 : size);
  putNumber(out, at, Field.mtime, seconds < 0 || seconds > MAX_LONG ? 0 : Number(seconds));
  putNumber(out, at, Field.major, entry.device?.major ?? 0);
  putNumber(out, at, Field.minor, entry.device?.minor ?? 0);
  finish(out, at, FLAGS[entry.type]);
  return out;
}

function nameOf({ path, type }: TarEntry): Uint8Array {
  if (type !== 'directory' || path.at(-1) === SLASH) return path;
  const name = Buffer.allocUnsafe(path.length + 1);
  name.set(path);
  name[path.length] = SLASH;
  return name;
}

/** Time stamps of file systems count nanoseconds up from a second, also before 1970. */
function wholeSeconds(mtime: bigint): bigint {
  const seconds = mtime / NANOSECONDS;
  return mtime < 0n && seconds * NANOSECONDS !== mtime ? seconds - 1n : seconds;
}

/**
 * Where the name field starts when a name is divided at a slash into prefix and name: as far
 * right as the prefix allows, 0 when no prefix is needed. Undefined when the fields do not
 * hold it.
 */
function splitAt(name: Uint8Array): number | undefined {
  if (!isAscii(name)) return undefined;
  if (name.length <= Field.name[1]) return 0;
  // The slash at the end of a directory's name belongs to its last component.
  const last = Math.min(Field.prefix[1], name.length - 2);
  const slash = name.lastIndexOf(SLASH, last);
  return slash > 0 && name.length - slash - 1 <= Field.name[1] ? slash + 1 : undefined;
}

function checkNumbers({ mode, uid, gid, size, device }: TarEntry): void {
  const short = [mode, device?.major ?? 0, device?.minor ?? 0];
  if (!short.every((value) => Number.isInteger(value) && value >= 0 && value <= MAX_SHORT)) {
    throw new RangeError('mode or device number of a tar entry out of bounds');
  }
  if (![uid, gid, size].every((value) => Number.isSafeInteger(value) && value >= 0)) {
    throw new RangeError('owner or size of a tar entry out of bounds');
  }
}

function checkText(text: Uint8Array): void {
  if (text.includes(0)) throw new RangeError('NUL in a name of a tar entry');
}

function putText(out: Buffer, at: number, [offset, length]: Place, text: Uint8Array): void {
  out.set(text.length > length ? text.subarray(0, length) : text, at + offset);
}

/** Octal digits up to the last byte of the field, which stays NUL. */
function putNumber(out: Buffer, at: number, [offset, length]: Place, value: number): void {
  let rest = value;
  for (let index = at + offset + length - 2; index >= at + offset; index -= 1) {
    const higher = Math.floor(rest / 8);
    out[index] = 0x30 + (rest - higher * 8);
    rest = higher;
  }
}

function finish(out: Buffer, at: number, flag: number): void {
  out[at + TYPE_FLAG] = flag;
  out.set(USTAR, at + MAGIC);
  // Six digits, NUL, space: the oldest form of the checksum field.
  putNumber(out, at, [Field.checksum[0], 7], checksum(out, at));
  out[at + Field.checksum[0] + 7] = 0x20;
}
