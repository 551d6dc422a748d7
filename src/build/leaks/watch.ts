import { type ByteHit, PieceSearch } from '../../base/byte-search.ts';
import type { LayerWatch } from '../../layer/layer-stream.ts';
import type { TarEntry } from '../../layer/tar-entry.ts';
import type { Finding, Haystack } from './needle.ts';

/** Where in a layer something was found. */
export interface Place {
  readonly path: Uint8Array;
  readonly part: 'content' | 'name' | 'link target' | 'extended attribute';
}

/**
 * Searches a layer while it passes: contents, names, link targets and extended attributes.
 * Memory does not depend on the layer. The first hit goes to `found`, which throws.
 */
export function leakWatch(
  { search, meaning }: Haystack,
  found: (finding: Finding, place: Place) => never,
): LayerWatch {
  const pieces = new PieceSearch(search);
  let path: Uint8Array = new Uint8Array(0);
  let left = 0;
  const tell = (hit: ByteHit | undefined, part: Place['part']): void => {
    if (hit) found(meaning(hit.pattern), { path, part });
  };
  return {
    entry(entry: TarEntry) {
      ({ path, size: left } = entry);
      pieces.reset();
      tell(search.find(path), 'name');
      if (entry.linkTarget) tell(search.find(entry.linkTarget), 'link target');
      for (const [name, value] of entry.xattrs) {
        tell(search.find(Buffer.from(name)) ?? search.find(value), 'extended attribute');
      }
    },
    content(chunk) {
      left -= chunk.length;
      tell(pieces.next(chunk, left === 0), 'content');
    },
  };
}
