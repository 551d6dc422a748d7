import { collect } from '../../base/bytes.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { Fields, parseJson } from '../../oci/json.ts';
import { DOCUMENT_LIMIT } from '../../oci/limits.ts';
import type { Index, Manifest } from '../../oci/manifest.ts';
import { parseManifestOrIndex } from '../../oci/parse-manifest.ts';
import type { Platform } from '../../oci/platform.ts';
import { parseReference, type Reference, repositoryName } from '../../oci/reference.ts';
import { verified } from '../../oci/verified.ts';
import type { Connections } from '../../registry/connection.ts';
import type { RemoteManifest } from '../../registry/manifests.ts';
import { openRepository, type Repository } from '../../registry/repository.ts';
import { isConfig } from '../../transport/children.ts';
import type { ListMember } from '../list-types.ts';

/** What a name of a registry points at, as what an index is made of. */
export interface Members {
  readonly reference: Reference;
  readonly root: RemoteManifest;
  /** The document itself, when it is an index. */
  readonly index: Index | undefined;
  /** The manifest with what it is for, or the entries of the index. */
  readonly members: readonly ListMember[];
}

/**
 * Asks a registry what a name points at. Throws RemoteNotFoundError, RegistryAccessError,
 * RegistryError, NetError.
 */
export async function membersOf(
  connections: Connections,
  name: string,
  call: CallOptions,
): Promise<Members> {
  const reference = parseReference(name);
  const repository = openRepository(connections, reference);
  const root = await repository.getManifest(undefined, call);
  const { descriptor } = root;
  const document = parseManifestOrIndex(root.bytes, descriptor.mediaType);
  const from = ({ digest }: Descriptor): string => `${repositoryName(reference)}@${digest}`;
  if (document.kind === 'index') {
    const members = document.index.manifests.map((entry) => ({ ...entry, from: from(entry) }));
    return { reference, root, index: document.index, members };
  }
  const platform = await platformOf(repository, document.manifest, call);
  const member = {
    ...descriptor,
    ...(platform && { platform }),
    from: from(descriptor),
  };
  return { reference, root, index: undefined, members: [member] };
}

/** By the config; what is no image is for no platform. */
async function platformOf(
  repository: Repository,
  { config }: Manifest,
  call: CallOptions,
): Promise<Platform | undefined> {
  if (!isConfig(config) || config.size > DOCUMENT_LIMIT) return undefined;
  const bytes = verified(repository.getBlob(config, call), config, repository.label);
  const what = `the config of ${repository.label}`;
  const fields = new Fields(
    parseJson(await collect(bytes, DOCUMENT_LIMIT), DOCUMENT_LIMIT, what),
    what,
  );
  const variant = fields.optionalText('variant');
  const version = fields.optionalText('os.version');
  const features = fields.optionalTexts('os.features', 100);
  const platform = {
    architecture: fields.optionalText('architecture') ?? '',
    os: fields.optionalText('os') ?? '',
    ...(version && { 'os.version': version }),
    ...(features && { 'os.features': features }),
    ...(variant && { variant }),
  };
  return platform.architecture === '' && platform.os === '' ? undefined : platform;
}
