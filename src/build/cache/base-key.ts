import { formatPlatform } from '../../oci/platform.ts';
import type { ImageOp } from '../graph.ts';
import { cacheKey, type CacheKey } from './key.ts';

/** The key of a base image: its digest may be that of an index, of which each platform has its own. */
export function baseKey({ manifest, platform }: ImageOp): CacheKey {
  return cacheKey(
    'image',
    [
      { kind: 'base', name: '', value: manifest },
      { kind: 'platform', name: '', value: formatPlatform(platform) },
    ],
    '',
  );
}
