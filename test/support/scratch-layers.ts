import { once } from '../../src/base/bytes.ts';
import type { DiffId } from '../../src/oci/digest.ts';
import { overlaySnapshotter } from '../../src/snapshot/overlay.ts';
import type { SealedLayer } from '../../src/snapshot/snapshotter.ts';
import type { Store } from '../../src/store/store.ts';

/** Seals what `fill` makes in a new draft. */
export async function seal(store: Store, fill: (fs: string) => void): Promise<SealedLayer> {
  const lease = store.lease('test');
  const snapshots = overlaySnapshotter(store);
  await using draft = snapshots.draft(lease);
  fill(draft.fs);
  return await snapshots.seal(draft);
}

/** Unpacks a tar as a layer. */
export async function apply(store: Store, bytes: Buffer, below?: DiffId[]): Promise<SealedLayer> {
  const lease = store.lease('test');
  const snapshots = overlaySnapshotter(store);
  await using draft = snapshots.draft(lease);
  return await snapshots.apply(draft, once(bytes), below ? { below } : {});
}
