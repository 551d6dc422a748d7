import type { CallOptions } from '../base/progress.ts';
import { LayerStream, type LayerWatch } from '../layer/layer-stream.ts';
import type { DiffId } from '../oci/digest.ts';
import { writeTree } from './write-tree.ts';

const CHUNK = 512 * 1024;

/**
 * The tar of a directory as a layer, in chunks of about half a MiB; the same files give the same bytes.
 * Returns its digest.
 */
export async function* treeTar(
  directory: string,
  { signal, watch }: CallOptions & { readonly watch?: LayerWatch | undefined },
): AsyncGenerator<Uint8Array, DiffId> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  const stream = new LayerStream({
    watch,
    output: (chunk) => {
      // Content is in a buffer that the walk uses again.
      pieces.push(Buffer.from(chunk));
      size += chunk.length;
    },
  });
  const take = (): Buffer => {
    const all = Buffer.concat(pieces, size);
    pieces = [];
    size = 0;
    return all;
  };
  for (const _ of writeTree(directory, stream)) {
    signal?.throwIfAborted();
    if (size >= CHUNK) yield take();
  }
  const { diffId } = stream.finish();
  if (size > 0) yield take();
  return diffId;
}
