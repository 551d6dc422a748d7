import type { CallOptions } from '../base/progress.ts';
import { LayerStream, type LayerWatch } from '../layer/layer-stream.ts';
import type { DiffId } from '../oci/digest.ts';
import { writeTree } from './write-tree.ts';

/** How a tar is given out. */
export interface TarOptions extends CallOptions {
  /** A chunk holds until the next one is asked for, and no longer: nothing is copied. */
  readonly passing?: boolean;
}

/** The tar of a directory as a layer; the same files give the same bytes. Returns its digest. */
export async function* treeTar(
  directory: string,
  { signal, watch, passing }: TarOptions & { readonly watch?: LayerWatch | undefined },
): AsyncGenerator<Uint8Array, DiffId> {
  const pieces: Uint8Array[] = [];
  const stream = new LayerStream({
    watch,
    // Content is in a buffer that the walk uses again when it goes on.
    output: (chunk) => void pieces.push(passing === true ? chunk : Buffer.from(chunk)),
  });
  function* ready(): Generator<Uint8Array, void> {
    for (const piece of pieces.splice(0)) {
      yield piece;
      stream.giveBack(piece);
    }
  }
  for (const _ of writeTree(directory, stream)) {
    signal?.throwIfAborted();
    if (pieces.length > 0) yield* ready();
  }
  const { diffId } = stream.finish();
  yield* ready();
  return diffId;
}
