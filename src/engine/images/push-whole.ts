import type { CallOptions } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseIndex } from '../../oci/parse-manifest.ts';
import { parseReference, type Reference } from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import { RegistryAccessError, RemoteNotFoundError } from '../../registry/errors.ts';
import { RegistrySource } from '../../registry/registry-source.ts';
import { openRepository } from '../../registry/repository.ts';
import type { Store } from '../../store/store.ts';
import type { IndexRow } from '../../store/tables.ts';
import type { Source } from '../../transport/transport.ts';
import { isHere } from './save.ts';
import type { Pushable } from './pushable.ts';

/**
 * The index as it came, where not all of it is here, but the rest lies in a repository of the
 * registry that it is pushed to: what is missing is copied there, and its digest stays.
 * Undefined where that cannot be.
 */
export async function fromOrigin(
  { store, connections }: { readonly store: Store; readonly connections: Connections },
  target: Reference,
  index: IndexRow,
  { source, unchanged }: Pushable,
  call: CallOptions,
): Promise<Pushable | undefined> {
  if (!unchanged) return undefined;
  const { manifests } = parseIndex(store.blobs.readSync(index.digest), index.descriptor.mediaType);
  const missing = manifests.filter(({ digest }) => !isHere(store, digest));
  for (const reference of originsOf(store, target, index.digest)) {
    const repository = openRepository(connections, reference);
    const from = new RegistrySource(repository);
    try {
      for (const { digest } of missing) await repository.getManifest(digest, call);
      const { mediaType, digest, size } = index.descriptor;
      const root = { mediaType, digest, size };
      return { root, source: joined(store, source, from, root), missing: [], unchanged };
    } catch (error) {
      const isGone = error instanceof RemoteNotFoundError || error instanceof RegistryAccessError;
      if (!isGone) throw error;
    }
  }
  return undefined;
}

/** Repositories of the same registry that an index was pulled from or pushed to. */
function originsOf(store: Store, target: Reference, digest: Digest): Reference[] {
  return store
    .read(({ images }) => images.names())
    .filter(({ name, index }) => index === digest && name.endsWith(`@${digest}`))
    .map(({ name }) => parseReference(name))
    .filter(({ registry }) => registry === target.registry);
}

/** What is here comes from here. */
function joined(store: Store, own: Source, origin: RegistrySource, root: Pushable['root']): Source {
  const isOurs = (digest: Digest): boolean =>
    store.read(({ blobs, layers }) => blobs.has(digest) || !!layers.get(digest as never));
  return {
    label: own.label,
    place: origin.place,
    root: () => Promise.resolve(root),
    fetch: (node, call) => (isOurs(node.digest) ? own : origin).fetch(node, call),
  };
}
