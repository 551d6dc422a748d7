import { collect } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import { isAttestation, REFERENCE_DIGEST } from '../image/attestation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseJson } from '../oci/json.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import type { Manifest } from '../oci/manifest.ts';
import { parseManifest, parseManifestOrIndex } from '../oci/parse-manifest.ts';
import { formatPlatform } from '../oci/platform.ts';
import { formatReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import { verified } from '../oci/verified.ts';
import type { Connections } from '../registry/connection.ts';
import { openRepository, type Repository } from '../registry/repository.ts';
import { isConfig } from '../transport/children.ts';
import type { RemoteDetails } from './registry-types.ts';

/** Bytes of a statement: a list of packages is long. */
const STATEMENT_LIMIT = 64 * 1024 * 1024;
const PREDICATE = 'in-toto.io/predicate-type';

type Claims = Pick<RemoteDetails, 'provenance' | 'sbom'>;

/**
 * What a name points at in its registry with the configs of its images and, where they are
 * wanted, what is claimed of them. Throws RemoteNotFoundError, RegistryAccessError,
 * RegistryError, NetError.
 */
export async function remoteDetails(
  connections: Connections,
  name: string,
  claims: boolean,
  call: CallOptions,
): Promise<RemoteDetails> {
  const reference = withDefaultTag(parseReference(name));
  const repository = openRepository(connections, reference);
  const root = await repository.getManifest(undefined, call);
  const { mediaType, digest, size } = root.descriptor;
  const document = parseManifestOrIndex(root.bytes, mediaType);
  const fullName = formatReference(reference);
  if (document.kind === 'manifest') {
    const image = await configOf(repository, document.manifest, call);
    return { name: fullName, manifest: { mediaType, digest, size }, image };
  }
  const { manifests } = document.index;
  // What registries call platforms are outside keys.
  const images = Object.create(null) as Record<string, unknown>;
  const told = Object.create(null) as Record<string, Claims>;
  for (const entry of manifests.filter((one) => !isAttestation(one))) {
    const key = entry.platform ? formatPlatform(entry.platform) : entry.digest;
    images[key] = await configOf(repository, await manifestOf(repository, entry, call), call);
    const about = manifests.filter((one) => one.annotations?.[REFERENCE_DIGEST] === entry.digest);
    if (claims) told[key] = await claimsOf(repository, about, call);
  }
  const [only, ...others] = Object.keys(images);
  const isSingle = only !== undefined && others.length === 0;
  return {
    name: fullName,
    manifest: { schemaVersion: 2, mediaType, digest, size, manifests },
    image: isSingle ? images[only] : images,
    ...(isSingle ? told[only] : apart(told)),
  };
}

/** Claims by kind, then by platform. */
function apart(told: Readonly<Record<string, Claims>>): Claims {
  const of = (kind: keyof Claims): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(told).flatMap(([key, all]) =>
        all[kind] === undefined ? [] : [[key, all[kind]]],
      ),
    );
  return { provenance: of('provenance'), sbom: of('sbom') };
}

async function manifestOf(
  repository: Repository,
  entry: Descriptor,
  call: CallOptions,
): Promise<Manifest> {
  const { bytes, descriptor } = await repository.getManifest(entry.digest, call);
  return parseManifest(bytes, descriptor.mediaType);
}

async function configOf(
  repository: Repository,
  { config }: Manifest,
  call: CallOptions,
): Promise<unknown> {
  return isConfig(config) ? jsonOf(repository, config, DOCUMENT_LIMIT, call) : undefined;
}

async function claimsOf(
  repository: Repository,
  entries: readonly Descriptor[],
  call: CallOptions,
): Promise<Claims> {
  let found: Claims = {};
  for (const entry of entries) {
    for (const layer of (await manifestOf(repository, entry, call)).layers) {
      const type = layer.annotations?.[PREDICATE] ?? '';
      const isProvenance = type.includes('slsa.dev/provenance');
      if (!isProvenance && !type.includes('spdx.dev')) continue;
      const statement = await jsonOf(repository, layer, STATEMENT_LIMIT, call);
      const predicate =
        typeof statement === 'object' && statement !== null && 'predicate' in statement
          ? statement.predicate
          : undefined;
      found = isProvenance
        ? { ...found, provenance: { SLSA: predicate } }
        : { ...found, sbom: { SPDX: predicate } };
    }
  }
  return found;
}

async function jsonOf(
  repository: Repository,
  node: Descriptor,
  limit: number,
  call: CallOptions,
): Promise<unknown> {
  const bytes = await collect(
    verified(repository.getBlob(node, call), node, repository.label),
    limit,
  );
  return parseJson(bytes, limit, `${node.digest} of ${repository.label}`);
}
