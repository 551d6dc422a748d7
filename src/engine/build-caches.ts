import type { Clock } from '../base/clock.ts';
import type { HttpClient } from '../net/request.ts';
import { localCache, localCacheTarget } from '../build/cache/local-cache.ts';
import type { CacheSource } from '../build/cache/remote.ts';
import type { S3Parts } from '../s3/requests.ts';
import type { BuildCaches } from '../build/cache/session.ts';
import { parseReference } from '../oci/reference.ts';
import type { Connections } from '../registry/connection.ts';
import type { Destination } from '../transport/transport.ts';
import type { CacheExport, CachePlace, CacheRequest } from './cache-types.ts';

/** What caches elsewhere are opened with. */
export interface CacheParts {
  readonly registries: () => Promise<Connections>;
  readonly clock: Clock;
  /** Connections for caches that are in no registry; closed by whoever gives it. */
  readonly client: () => Promise<HttpClient>;
}

/**
 * The caches of a request, ready to be opened; undefined when there are none. Throws
 * InvalidReferenceError.
 */
export function buildCaches(
  { from = [], to = [], inline = false }: CacheRequest,
  parts: CacheParts,
): BuildCaches | undefined {
  if (from.length === 0 && to.length === 0 && !inline) return undefined;
  for (const { place } of [...from, ...to]) {
    if (place.type === 'registry') parseReference(place.reference);
  }
  return {
    from: from.map(({ place }) => ({
      label: labelOf(place),
      open: () => openSource(place, parts),
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
      open: () => openTarget(target.place, parts),
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
  switch (place.type) {
    case 'local':
      return place.path;
    case 'registry':
      return place.reference;
    case 's3':
      return `s3://${place.bucket}/${place.prefix}${place.name}`;
  }
}

async function bucketParts({ clock, client }: CacheParts): Promise<S3Parts> {
  return { client: await client(), clock };
}

async function openSource(place: CachePlace, parts: CacheParts): Promise<CacheSource> {
  if (place.type === 'local') return localCache(place.path, place);
  if (place.type === 's3') {
    const { s3Cache } = await import('../build/cache/s3-cache.ts');
    return s3Cache(place, await bucketParts(parts));
  }
  const { cacheSource } = await import('./registry-cache.ts');
  return cacheSource(await parts.registries(), place.reference);
}

async function openTarget(place: CachePlace, parts: CacheParts): Promise<Destination> {
  if (place.type === 'local') return localCacheTarget(place.path, place);
  if (place.type === 's3') {
    const { s3CacheTarget } = await import('../build/cache/s3-cache.ts');
    return s3CacheTarget(place, await bucketParts(parts));
  }
  const { cacheTarget } = await import('./registry-cache.ts');
  return cacheTarget(await parts.registries(), place.reference);
}
