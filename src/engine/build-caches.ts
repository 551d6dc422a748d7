import { UsageError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { localCache, localCacheTarget } from '../build/cache/local-cache.ts';
import type { CacheSource } from '../build/cache/remote.ts';
import type { BuildCaches } from '../build/cache/session.ts';
import type { Destination } from '../transport/transport.ts';
import type { CacheExport, CachePlace, CacheRequest } from './cache-types.ts';

/** Caches in registries, to read and to write. `reference` is as typed. */
export interface CacheRegistry {
  source(reference: string, call: CallOptions): Promise<CacheSource>;
  destination(reference: string, call: CallOptions): Promise<Destination>;
}

/** The caches of a request, ready to be opened; undefined when there are none. */
export function buildCaches(
  { from = [], to = [], inline = false }: CacheRequest,
  registry: CacheRegistry | undefined,
): BuildCaches | undefined {
  if (from.length === 0 && to.length === 0 && !inline) return undefined;
  if (!registry && [...from, ...to].some(({ place }) => place.type === 'registry')) {
    throw new UsageError('caches in registries are not available in this version', {
      hint: 'A directory can hold one: type=local,src=DIR or dest=DIR.',
    });
  }
  return {
    from: from.map(({ place }) => ({
      label: labelOf(place),
      open: (call) => openSource(place, registry, call),
    })),
    to: to.map((target) => ({
      label: labelOf(target.place),
      form: {
        mode: target.mode,
        layers: layerForm(target),
        family: target.family,
        imageManifest: target.imageManifest,
      },
      ignoreError: target.ignoreError,
      open: (call) => openTarget(target.place, registry, call),
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

function openSource(
  place: CachePlace,
  registry: CacheRegistry | undefined,
  call: CallOptions,
): Promise<CacheSource> {
  if (place.type === 'registry') return registry!.source(place.reference, call);
  return Promise.resolve(localCache(place.path, place));
}

function openTarget(
  place: CachePlace,
  registry: CacheRegistry | undefined,
  call: CallOptions,
): Promise<Destination> {
  if (place.type === 'registry') return registry!.destination(place.reference, call);
  return Promise.resolve(localCacheTarget(place.path, place));
}
