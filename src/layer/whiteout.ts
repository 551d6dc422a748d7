import { LayerNameError, shownName } from './errors.ts';

const PREFIX = Buffer.from('.wh.');
const OPAQUE = Buffer.from('.wh..wh..opq');
const SLASH = 0x2f;

/**
 * Reads an entry's path as a mark of deletion. A `whiteout` hides `path` of the layers below,
 * an `opaque` one hides everything below that was in the directory `path` (empty: the root).
 * Undefined for all other paths. Throws LayerNameError when there is nothing that the mark
 * could stand for: `.wh.`, `.wh..` and `.wh...`.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts
 */
export function whiteoutOf(
  path: Uint8Array,
): { readonly kind: 'whiteout' | 'opaque'; readonly path: Buffer } | undefined {
  let end = path.length;
  while (end > 0 && path[end - 1] === SLASH) end -= 1;
  const start = path.lastIndexOf(SLASH, end - 1) + 1;
  // Most names are told apart by their first bytes; no view is made for them.
  if (path[start] !== PREFIX[0] || path[start + 1] !== PREFIX[1] || end - start < PREFIX.length) {
    return undefined;
  }
  const name = path.subarray(start, end);
  if (!PREFIX.equals(name.subarray(0, PREFIX.length))) return undefined;
  const directory = path.subarray(0, Math.max(0, start - 1));
  if (OPAQUE.equals(name)) return { kind: 'opaque', path: Buffer.from(directory) };
  const hidden = name.subarray(PREFIX.length);
  if (hidden.every((byte) => byte === 0x2e) && hidden.length <= 2) {
    throw new LayerNameError(`whiteout ${shownName(path)} names no file`);
  }
  return { kind: 'whiteout', path: Buffer.concat([path.subarray(0, start), hidden]) };
}
