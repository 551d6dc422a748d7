import { decodeUtf8 } from '../../base/utf8.ts';

/** A path of a tree as the door gets it: absolute, see {@link SizedPath}. */
export function pathText(path: string): string {
  // Nearly all names are ASCII, which is the same either way.
  // oxlint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(path)) return `/${path}`;
  return `/${decodeUtf8(Buffer.from(path, 'latin1'))}`;
}

/** The other way round. */
export function pathBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts: Buffer[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const isByte = code >= 0xdc80 && code <= 0xdcff;
    parts.push(isByte ? Buffer.of(code - 0xdc00) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}
