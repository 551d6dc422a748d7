import type { CacheSource } from '../build/cache/remote.ts';
import { parseReference, withDefaultTag } from '../oci/reference.ts';
import type { Connections } from '../registry/connection.ts';
import { RegistryDestination } from '../registry/registry-destination.ts';
import { RegistrySource } from '../registry/registry-source.ts';
import { openRepository } from '../registry/repository.ts';
import type { Destination } from '../transport/transport.ts';

/** A cache, or an image that carries its own, in a registry. Throws InvalidReferenceError. */
export function cacheSource(connections: Connections, reference: string): CacheSource {
  return new RegistrySource(openRepository(connections, parseReference(reference)));
}

/** A tag of a registry to write a cache to. Throws InvalidReferenceError. */
export function cacheTarget(connections: Connections, reference: string): Destination {
  const target = withDefaultTag(parseReference(reference));
  const tags = target.tag === undefined ? [] : [target.tag];
  return new RegistryDestination(openRepository(connections, target, { push: true }), { tags });
}
