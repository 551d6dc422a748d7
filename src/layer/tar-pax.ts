import { isUtf8 } from 'node:buffer';
import { shownName, TarFormatError } from './errors.ts';

/** What extension headers said about an entry; absent: the entry's own header decides. */
export interface Extensions {
  path?: Buffer;
  linkTarget?: Buffer;
  /** Bytes of the entry in the archive. */
  size?: number;
  uid?: number;
  gid?: number;
  /** Nanoseconds since the Unix epoch. */
  mtime?: bigint;
  xattrs?: Map<string, Uint8Array>;
  sparse?: SparseRecords;
}

/**
 * GNU's records about files with holes, in the three forms that it has had.
 *
 * @see https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html
 */
export interface SparseRecords {
  major?: number;
  minor?: number;
  name?: Buffer;
  /** Bytes of the file with its holes. */
  size?: number;
  /** Offsets and lengths in turn. */
  map?: number[];
}

const EQUALS = 0x3d;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const SCHILY = 'SCHILY.xattr.';
const LIBARCHIVE = 'LIBARCHIVE.xattr.';
const NANOSECONDS = 1_000_000_000n;

/**
 * Adds the records of one PAX header to `into`. An empty value takes back what an earlier
 * header said; only extended attributes can be empty. Throws TarFormatError.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_03
 */
export function readPax(data: Buffer, into: Extensions): void {
  for (let at = 0; at < data.length;) {
    let length = 0;
    let index = at;
    for (; index < data.length && index < at + 8; index += 1) {
      const digit = data[index]! - 0x30;
      if (digit < 0 || digit > 9) break;
      length = length * 10 + digit;
    }
    const end = at + length;
    const start = index + 1;
    if (
      index === at ||
      data[index] !== SPACE ||
      end > data.length ||
      end <= start ||
      data[end - 1] !== NEWLINE
    ) {
      // Some writers pad with NULs up to the size that they announced.
      if (data.subarray(at).every((byte) => byte === 0)) return;
      throw new TarFormatError('a PAX record has a wrong length');
    }
    const equals = data.indexOf(EQUALS, start);
    if (equals <= start || equals >= end - 1) {
      throw new TarFormatError('a PAX record has no key');
    }
    apply(data, start, equals, data.subarray(equals + 1, end - 1), into);
    at = end;
  }
}

function apply(data: Buffer, start: number, equals: number, value: Buffer, into: Extensions): void {
  const key = data.toString('latin1', start, equals);
  switch (key) {
    case 'path':
      return put(into, 'path', value.length > 0 ? nameValue(value, key) : undefined);
    case 'linkpath':
      return put(into, 'linkTarget', value.length > 0 ? nameValue(value, key) : undefined);
    case 'size':
    case 'uid':
    case 'gid':
      return put(into, key, value.length > 0 ? integer(value, key) : undefined);
    case 'mtime':
      return put(into, 'mtime', value.length > 0 ? time(value) : undefined);
    default:
  }
  if (key.startsWith('GNU.sparse.')) {
    into.sparse ??= {};
    sparseRecord(key.slice('GNU.sparse.'.length), value, into.sparse);
  } else if (key.startsWith(SCHILY)) {
    attribute(into, data.subarray(start + SCHILY.length, equals), Buffer.from(value));
  } else if (key.startsWith(LIBARCHIVE)) {
    const name = percentDecoded(data.subarray(start + LIBARCHIVE.length, equals));
    attribute(into, name, base64Decoded(value));
  }
}

function put<K extends keyof Extensions>(
  into: Extensions,
  key: K,
  value: Extensions[K] | undefined,
): void {
  if (value === undefined) delete into[key];
  else into[key] = value;
}

function attribute(into: Extensions, name: Buffer, value: Buffer): void {
  if (name.length === 0 || name.includes(0) || !isUtf8(name)) {
    throw new TarFormatError(`extended attribute ${shownName(name)} has no usable name`);
  }
  into.xattrs ??= new Map();
  into.xattrs.set(name.toString('utf8'), value);
}

function nameValue(value: Buffer, key: string): Buffer {
  if (value.includes(0)) throw new TarFormatError(`PAX ${key} ${shownName(value)} holds a NUL`);
  return Buffer.from(value);
}

function integer(value: Buffer, key: string): number {
  const text = value.toString('latin1');
  const number = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new TarFormatError(`PAX ${key} ${shownName(value)} is not a usable number`);
  }
  return number;
}

/** Decimal seconds with sign and fraction as nanoseconds; finer digits are cut off. */
function time(value: Buffer): bigint {
  const parts = /^(-?)([0-9]{1,19})(?:\.([0-9]*))?$/.exec(value.toString('latin1'));
  const seconds = BigInt(parts?.[2] ?? 0);
  if (!parts || BigInt.asIntN(64, seconds) !== seconds) {
    throw new TarFormatError(`PAX mtime ${shownName(value)} is not a usable time`);
  }
  const fraction = BigInt((parts[3] ?? '').slice(0, 9).padEnd(9, '0'));
  const total = seconds * NANOSECONDS + fraction;
  return parts[1] === '-' ? -total : total;
}

function sparseRecord(key: string, value: Buffer, into: SparseRecords): void {
  switch (key) {
    case 'major':
    case 'minor':
      into[key] = integer(value, `GNU.sparse.${key}`);
      return;
    case 'size':
    case 'realsize':
      into.size = integer(value, `GNU.sparse.${key}`);
      return;
    case 'name':
      into.name = nameValue(value, 'GNU.sparse.name');
      return;
    case 'map':
      into.map = value.length === 0 ? [] : numberList(value);
      return;
    case 'offset':
    case 'numbytes':
      into.map ??= [];
      if (into.map.length % 2 !== (key === 'offset' ? 0 : 1)) {
        throw new TarFormatError('its sparse records are out of order');
      }
      into.map.push(integer(value, `GNU.sparse.${key}`));
      return;
    default:
  }
}

function numberList(value: Buffer): number[] {
  return value
    .toString('latin1')
    .split(',')
    .map((text) => integer(Buffer.from(text, 'latin1'), 'GNU.sparse.map'));
}

function percentDecoded(name: Buffer): Buffer {
  if (!name.includes(0x25)) return name;
  const text = name.toString('latin1');
  return Buffer.from(
    text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  );
}

function base64Decoded(value: Buffer): Buffer {
  const text = value.toString('latin1');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new TarFormatError('an extended attribute is not in base64');
  }
  return Buffer.from(text, 'base64');
}
