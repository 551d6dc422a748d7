import { cpSync } from 'node:fs';
import type { ContainerConfig, ImageConfig } from '../../src/oci/image-config.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { overlaySnapshotter } from '../../src/snapshot/overlay.ts';
import type { Store } from '../../src/store/store.ts';

/** Puts an image of one layer, made from the directory `root`, into a store. */
export async function putImage(
  store: Store,
  name: string,
  root: string,
  config: ContainerConfig = {},
): Promise<Digest> {
  const snapshotter = overlaySnapshotter(store);
  using lease = store.lease('test');
  await using draft = snapshotter.draft(lease);
  cpSync(root, draft.fs, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  const layer = await snapshotter.seal(draft);
  const chain = snapshotter.name(layer.diffId, undefined);
  snapshotter.sync([layer.diffId]);
  const text: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
  };
  const stored = store.blobs.putSync(Buffer.from(JSON.stringify(text)));
  const manifest = store.blobs.putSync(Buffer.from(JSON.stringify({ config: stored.digest })));
  const at = store.clock.now().getTime();
  store.write(({ images, blobs }) => {
    blobs.put(stored.digest, stored.size);
    blobs.put(manifest.digest, manifest.size);
    images.put({
      id: stored.digest,
      manifest: { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...manifest },
      platform: { os: 'linux', architecture: 'amd64' },
      chain,
      storedAt: at,
      size: layer.contentSize,
      labels: {},
    });
    images.tag(`docker.io/library/${name}`, stored.digest, at);
  });
  return stored.digest;
}
