import type { Connections } from '../registry/connection.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Store } from '../store/store.ts';
import type { Images } from './engine.ts';
import { ImageNotFoundError } from './errors.ts';
import type { Freshening } from './freshness-types.ts';

/** What images and their bases are looked at with. */
export interface FresheningParts {
  readonly store: Store;
  readonly images: Images;
  readonly snapshotter: () => Promise<Snapshotter>;
  readonly connections: () => Promise<Connections>;
}

/** The use cases of images and their bases. Loaded when one is asked for. */
export function fresheningOf(parts: FresheningParts): Freshening {
  const { store, images, connections } = parts;
  return {
    async rebase(request, call = {}) {
      const { rebaseImage } = await import('./freshness/rebase.ts');
      const { findImage } = await import('./images/find.ts');
      try {
        findImage(store, request.onto, request.platform);
      } catch (error) {
        if (!(error instanceof ImageNotFoundError)) throw error;
        const { onto: name, platform } = request;
        await images.pull({ name, ...(platform && { platform }) }, call);
      }
      const snapshotter = await parts.snapshotter();
      return rebaseImage({ store, snapshotter }, request, call);
    },
    async outdated(request, call) {
      const { outdatedImages } = await import('./freshness/outdated.ts');
      const snapshotter = await parts.snapshotter();
      return outdatedImages({ store, snapshotter, connections }, request, call);
    },
  };
}
