import type { TarEntry } from '../../src/layer/tar-entry.ts';

/** An entry with ordinary values for what is not given. */
export function tarEntry(
  path: string | Buffer,
  rest: Partial<Omit<TarEntry, 'path'>> = {},
): TarEntry {
  return {
    path: Buffer.from(path as string),
    type: 'file',
    mode: rest.type === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 1_700_000_000_000_000_000n,
    xattrs: new Map(),
    ...rest,
  };
}
