import { LayerEntryError } from './errors.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
/** What the kernel takes, without the NUL. */
export const PATH_LIMIT = 4095;
const EMPTY = Buffer.alloc(0);

/** `directory/name`, or just the name in the root, which is the empty path. */
export function joined(directory: Uint8Array, name: Uint8Array): Buffer {
  if (directory.length === 0) return Buffer.from(name);
  const path = Buffer.allocUnsafe(directory.length + 1 + name.length);
  path.set(directory);
  path[directory.length] = SLASH;
  path.set(name, directory.length + 1);
  return path;
}

/** All but the last component; empty for what lies in the root. */
export function parentOf(path: Buffer): Buffer {
  const cut = path.lastIndexOf(SLASH);
  return cut < 0 ? EMPTY : path.subarray(0, cut);
}

/** The last component. */
export function baseOf(path: Buffer): Buffer {
  return path.subarray(path.lastIndexOf(SLASH) + 1);
}

/** The components of a path, without empty ones and `.`; `..` stays. */
export function components(path: Uint8Array): Buffer[] {
  const bytes = Buffer.from(path.buffer, path.byteOffset, path.length);
  const found: Buffer[] = [];
  let start = 0;
  while (start < bytes.length) {
    let end = bytes.indexOf(SLASH, start);
    if (end < 0) end = bytes.length;
    const length = end - start;
    if (length > 1 || (length === 1 && bytes[start] !== DOT))
      found.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return found;
}

/** True for `..`. */
export function isUp(name: Uint8Array): boolean {
  return name.length === 2 && name[0] === DOT && name[1] === DOT;
}

/**
 * The name of an archive's member as a path inside the root: leading slashes, `./` and
 * doubled slashes dropped; empty for the root itself. Throws LayerEntryError for `..`, for
 * NULs and for what is longer than any path can be.
 */
export function memberPath(name: Uint8Array): Buffer {
  const bytes = Buffer.from(name.buffer, name.byteOffset, name.length);
  if (bytes.includes(0)) throw new LayerEntryError(name, 'has a NUL in its name');
  const parts = components(bytes);
  if (parts.some(isUp)) throw new LayerEntryError(name, 'climbs out of its root');
  const path = parts.length === 1 && parts[0] ? Buffer.from(parts[0]) : joinAll(parts);
  if (path.length > PATH_LIMIT) throw new LayerEntryError(name, 'has a name that is too long');
  return path;
}

function joinAll(parts: readonly Buffer[]): Buffer {
  return Buffer.from(parts.map((part) => part.toString('latin1')).join('/'), 'latin1');
}
