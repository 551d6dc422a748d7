import { createHash } from 'node:crypto';
import { type Digest, finish } from '../oci/digest.ts';
import type { LayerFile } from './file-table.ts';
import type { TarEntry } from './tar-entry.ts';
import { whiteoutOf } from './whiteout.ts';

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * The file table's row for a tar entry. `digest` is that of a file's content. An entry whose
 * name is a whiteout becomes a row of that type with the path that it hides.
 * Throws LayerNameError for whiteouts of nothing.
 */
export function fileRow(entry: TarEntry, digest?: Digest): LayerFile {
  const marked = whiteoutOf(entry.path);
  const xattrs = entry.xattrs.size > 0 ? xattrDigest(entry.xattrs) : undefined;
  const { mode, uid, gid, mtime, linkTarget, device } = entry;
  return {
    path: relativePath(marked?.path ?? entry.path),
    type: marked?.kind ?? entry.type,
    mode,
    uid,
    gid,
    size: marked ? 0 : entry.size,
    mtime,
    ...(digest !== undefined && !marked && { digest }),
    ...(linkTarget !== undefined && { linkTarget }),
    ...(device !== undefined && { device }),
    ...(xattrs !== undefined && { xattrs }),
  };
}

/**
 * The digest of extended attributes, whatever order they are in: of each, sorted by the bytes
 * of the names, name, NUL, length of the value (32 bits, little-endian), value.
 */
export function xattrDigest(xattrs: ReadonlyMap<string, Uint8Array>): Digest {
  const hash = createHash('sha256');
  const sorted = [...xattrs]
    .map(([name, value]) => ({ name: Buffer.from(name), value }))
    .sort((a, b) => a.name.compare(b.name));
  for (const { name, value } of sorted) {
    const size = Buffer.alloc(5);
    size.writeUInt32LE(value.length, 1);
    hash.update(name).update(size).update(value);
  }
  return finish(hash);
}

/** The path from the root, without slashes around it or doubled, and without `.` components. */
function relativePath(path: Uint8Array): Uint8Array {
  // Nearly every path is in this form already.
  if (isRelative(path)) return path;
  const parts = Buffer.from(path)
    .toString('latin1')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  return Buffer.from(parts.join('/'), 'latin1');
}

function isRelative(path: Uint8Array): boolean {
  let start = 0;
  for (let index = 0; index <= path.length; index += 1) {
    if (index < path.length && path[index] !== SLASH) continue;
    const length = index - start;
    if (length === 0 || (length === 1 && path[start] === DOT)) return path.length === 0;
    start = index + 1;
  }
  return true;
}
