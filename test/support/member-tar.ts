import type { TarEntry } from '../../src/layer/tar-entry.ts';
import { encodeHeader, padding, TRAILER } from '../../src/layer/tar-writer.ts';

/** A member of a tar that a test makes: ordinary values for what is not given. */
export type Member = Partial<Omit<TarEntry, 'path' | 'linkTarget'>> & {
  readonly path: string | Buffer;
  readonly linkTarget?: string;
  readonly body?: string;
};

/** A tar of these members. */
export function memberTar(...members: readonly Member[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const { path, body = '', linkTarget, ...rest } of members) {
    const size = Buffer.byteLength(body);
    parts.push(
      encodeHeader({
        type: 'file',
        mode: rest.type === 'directory' ? 0o755 : 0o644,
        uid: 0,
        gid: 0,
        mtime: 1_600_000_000_000_000_000n,
        xattrs: new Map(),
        ...rest,
        ...(linkTarget !== undefined && { linkTarget: Buffer.from(linkTarget) }),
        size,
        path: Buffer.from(path as string),
      }),
      Buffer.from(body),
      padding(size),
    );
  }
  return Buffer.concat([...parts, TRAILER]);
}
