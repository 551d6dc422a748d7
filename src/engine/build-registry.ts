import type { OpenRegistry } from '../build/finish.ts';
import { parseReference } from '../oci/reference.ts';
import type { Connections } from '../registry/connection.ts';
import { RegistryDestination } from '../registry/registry-destination.ts';
import { openRepository } from '../registry/repository.ts';
import type { Store } from '../store/store.ts';
import { resumption } from './resumption.ts';

/**
 * Where builds push to. `connections` gets the host that may do without TLS or a valid
 * certificate, if there is one.
 */
export function buildRegistry(
  store: Store,
  connections: (insecure: string | undefined) => Promise<Connections>,
): OpenRegistry {
  return async (name, { insecure, byDigest }) => {
    const reference = parseReference(name);
    const opened = await connections(insecure ? reference.registry : undefined);
    const repository = openRepository(opened, reference, { push: true, ...resumption(store) });
    const tags = byDigest || reference.tag === undefined ? [] : [reference.tag];
    return new RegistryDestination(repository, { tags });
  };
}
