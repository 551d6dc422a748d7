import type { Bytes } from '../src/base/bytes.ts';
import type { TarEntry, TarEntryType } from '../src/layer/tar-entry.ts';
import { encodeHeader, padding, TRAILER } from '../src/layer/tar-writer.ts';

/** One entry of a tar that a test makes. */
export interface TestEntry {
  readonly name: string;
  readonly type?: TarEntryType;
  readonly data?: Uint8Array | string;
  readonly link?: string;
  readonly mode?: number;
}

/** A tar archive of these entries, in their order. */
export function tarOf(entries: readonly TestEntry[]): Buffer {
  const parts = entries.flatMap(({ name, type = 'file', data = '', link, mode = 0o644 }) => {
    const content = Buffer.from(data);
    const entry: TarEntry = {
      path: Buffer.from(name),
      type,
      mode,
      uid: 0,
      gid: 0,
      size: content.length,
      mtime: 0n,
      xattrs: new Map(),
      ...(link !== undefined && { linkTarget: Buffer.from(link) }),
      ...((type === 'char' || type === 'block') && { device: { major: 1, minor: 3 } }),
    };
    return [encodeHeader(entry), content, padding(content.length)];
  });
  return Buffer.concat([...parts, TRAILER]);
}

/** A buffer as it comes from a pipe: in pieces. */
export async function* inPieces(data: Uint8Array, size = 10_000): Bytes {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}
