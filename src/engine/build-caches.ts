import { localCache, localCacheTarget } from '../build/cache/local-cache.ts';
import type { CacheSource } from '../build/cache/remote.ts';
import type { BuildCaches } from '../build/cache/session.ts';
import { parseReference } from '../oci/reference.ts';
import type { Connections } from '../registry/connection.ts';
import type { Destination } from '../transport/transport.ts';
import type { CacheExport, CachePlace, CacheRequest } from './cache-types.ts';

type Registries = () => Promise<Connections>;

/**
 * The caches of a request, ready to be opened; undefined when there are none. Throws
 * InvalidReferenceError.
 */
export function buildCaches(
  { from = [], to = [], inline = false }: CacheRequest,
  registries: Registries,
): BuildCaches | undefined {
  if (from.length === 0 && to.length === 0 && !inline) return undefined;
  for (const { place } of [...from, ...to]) {
    if (place.type === 'registry') parseReference(place.reference);
  }
  return {
    from: from.map(({ place }) => ({
      label: labelOf(place),
      open: () => openSource(place, registries),
    })),
    to: to.map((target) => ({
      label: labelOf(target.place),
      form: {
        mode: target.mode,
        layers: layerForm(target),
        family: target.family,
        imageManifest: target.imageManifest,
      },
      mounts: target.mounts,
      ignoreError: target.ignoreError,
      open: () => openTarget(target.place, registries),
    })),
    inline,
  };
}

function layerForm({ compression, level, force }: CacheExport): {
  readonly compression: CacheExport['compression'];
  readonly force: boolean;
  readonly level?: number;
} {
  return { compression, force, ...(level !== undefined && { level }) };
}

function labelOf(place: CachePlace): string {
  return place.type === 'local' ? place.path : place.reference;
}

async function openSource(place: CachePlace, registries: Registries): Promise<CacheSource> {
  if (place.type === 'local') return localCache(place.path, place);
  const { cacheSource } = await import('./registry-cache.ts');
  return cacheSource(await registries(), place.reference);
}

async function openTarget(place: CachePlace, registries: Registries): Promise<Destination> {
  if (place.type === 'local') return localCacheTarget(place.path, place);
  const { cacheTarget } = await import('./registry-cache.ts');
  return cacheTarget(await registries(), place.reference);
}
