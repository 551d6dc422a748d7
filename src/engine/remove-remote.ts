import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';
import { parseReference, withDefaultTag } from '../oci/reference.ts';
import type { Connections } from '../registry/connection.ts';
import { RegistryError } from '../registry/errors.ts';
import { openRepository } from '../registry/repository.ts';

/** Answers of registries that know no removal of a tag alone. */
const NO_TAGS: ReadonlySet<number | undefined> = new Set([400, 405, 501]);

/**
 * Removes a tag, or a manifest by its digest. A tag is never removed by way of the digest: that
 * would take the other tags along.
 */
export async function removeRemote(
  connections: Connections,
  name: string,
  call: CallOptions = {},
): Promise<Digest> {
  const reference = withDefaultTag(parseReference(name));
  const repository = openRepository(connections, reference);
  const { digest } = await repository.resolve(undefined, call);
  const { tag = digest } = reference;
  try {
    await repository.deleteManifest(reference.digest ?? tag, call);
  } catch (error) {
    if (!(error instanceof RegistryError) || !NO_TAGS.has(error.status)) throw error;
    if (reference.digest !== undefined) {
      throw new RegistryError(`${repository.registry} does not let manifests be removed`, {
        hint: 'A registry may have deletion switched off: see its settings.',
        cause: error,
      });
    }
    throw new RegistryError(`${repository.registry} removes manifests by their digest only`, {
      hint: `'stave manifest delete ${repository.label}@${digest}' removes it with all of its tags.`,
      cause: error,
    });
  }
  return digest;
}
