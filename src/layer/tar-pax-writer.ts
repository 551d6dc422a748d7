import { isUtf8 } from 'node:buffer';

/**
 * The records of a PAX header, sorted by the bytes of their keys. Attributes are written as
 * `SCHILY.xattr.`, which Docker and the others read; one whose name has an equals sign, which
 * ends a key, as `LIBARCHIVE.xattr.` with the name in percent form and the value in base64.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_03
 */
export function paxData(
  records: readonly (readonly [key: string, value: Uint8Array | string])[],
  xattrs: ReadonlyMap<string, Uint8Array>,
): Buffer {
  const all = records.map(([key, value]) => keyed(key, bytesOf(value)));
  // Without this, values are to be UTF-8.
  if (records.some(([, value]) => !isUtf8(bytesOf(value)))) {
    all.push(keyed('hdrcharset', Buffer.from('BINARY')));
  }
  for (const [name, value] of xattrs) {
    if (name === '' || name.includes('\0')) throw new RangeError('bad name of an attribute');
    if (name.includes('=')) {
      const base64 = Buffer.from(value).toString('base64').replaceAll('=', '');
      all.push(keyed(`LIBARCHIVE.xattr.${percentEncoded(name)}`, Buffer.from(base64)));
    } else {
      all.push(keyed(`SCHILY.xattr.${name}`, value));
    }
  }
  all.sort((a, b) => a.key.compare(b.key));
  return Buffer.concat(all.flatMap(({ key, value }) => record(key, value)));
}

interface Keyed {
  readonly key: Buffer;
  readonly value: Uint8Array;
}

function keyed(key: string, value: Uint8Array): Keyed {
  return { key: Buffer.from(key), value };
}

function bytesOf(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : value;
}

/** `length key=value newline`; the length counts its own digits. */
function record(key: Buffer, value: Uint8Array): Uint8Array[] {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length += 1;
  return [Buffer.from(`${length} `), key, EQUALS, value, NEWLINE];
}

const EQUALS = Buffer.from('=');
const NEWLINE = Buffer.from('\n');

function percentEncoded(name: string): string {
  return [...Buffer.from(name)]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x25 && byte !== 0x3d
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}
