import type { Images } from '../src/engine/engine.ts';
import { imagesOf } from '../src/engine/images/images.ts';
import { openConnections } from '../src/registry/connection.ts';
import type { RegistrySettings } from '../src/registry/settings.ts';
import { overlaySnapshotter } from '../src/snapshot/overlay.ts';
import type { Snapshotter } from '../src/snapshot/snapshotter.ts';
import { scratchStore, type ScratchStore } from './scratch-store.ts';

/** A store of its own with the image use cases over it, gone with the scope. */
export interface ScratchImages extends ScratchStore {
  readonly images: Images;
  readonly snapshotter: Snapshotter;
}

/** Why a test that unpacks layers is left out; false as root. */
export const needsRoot: string | false =
  process.getuid?.() === 0 ? false : 'unpacking layers needs root';

/** Makes a new store; changes of `import` are taken as `KEY=value` of the environment. */
export function scratchImages(registries: RegistrySettings = {}): ScratchImages {
  const scratch = scratchStore();
  const { store } = scratch;
  const snapshotter = overlaySnapshotter(store);
  const images = imagesOf({
    store,
    connections: () => Promise.resolve(openConnections(registries)),
    snapshotter: () => Promise.resolve(snapshotter),
    applyChanges: (config, changes) =>
      changes.length > 0 ? { ...config, Env: [...(config.Env ?? []), ...changes] } : config,
  });
  return { ...scratch, images, snapshotter, [Symbol.dispose]: () => scratch[Symbol.dispose]() };
}
