import { collect } from '../../base/bytes.ts';
import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { isAttestation, REFERENCE_DIGEST } from '../../image/attestation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../oci/json.ts';
import type { Manifest } from '../../oci/manifest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { parseManifest, parseManifestOrIndex } from '../../oci/parse-manifest.ts';
import { hostPlatform, type Platform } from '../../oci/platform.ts';
import { familiar, parseReference, withDefaultTag } from '../../oci/reference.ts';
import { verified } from '../../oci/verified.ts';
import type { Connections } from '../../registry/connection.ts';
import { RemoteNotFoundError } from '../../registry/errors.ts';
import type { RemoteManifest } from '../../registry/manifests.ts';
import { openRepository, type Repository } from '../../registry/repository.ts';
import { CYCLONEDX_PREDICATE } from '../../sbom/cyclonedx.ts';
import { SPDX_PREDICATE } from '../../sbom/spdx.ts';
import { isBundle } from '../../trust/bundle.ts';
import { DSSE } from '../../trust/dsse.ts';
import type { AttachedSbom, SbomFormat } from '../attestation-types.ts';
import { remoteImage } from '../remote-image.ts';
import { NotAttestedError } from './errors.ts';
import { attestationTag, BUNDLE_TYPE, COSIGN_TYPE, PREDICATE_TYPE } from './places.ts';
import { STATEMENT_LIMIT } from './statement.ts';

/** Envelopes hold statements in base64. */
const ENVELOPE_LIMIT = 2 * STATEMENT_LIMIT;
/** Manifests with attestations of one image that are looked at. */
const PLACES_LIMIT = 100;
/** Artifact types of manifests that hold statements; others are not fetched. */
const ARTIFACT_TYPES: ReadonlySet<string> = new Set([
  MediaType.inToto,
  MediaType.ociEmpty,
  MediaType.ociConfig,
  DSSE,
  'application/vnd.docker.attestation.manifest.v1+json',
]);

/** What is looked for, and where. */
interface Search {
  readonly repository: Repository;
  readonly format: SbomFormat | undefined;
  readonly call: CallOptions;
}

/** See {@link Attestations.attached}. */
export async function attachedSbom(
  connections: Connections,
  name: string,
  options: CallOptions & { readonly platform?: Platform; readonly format?: SbomFormat },
): Promise<AttachedSbom> {
  const { platform = hostPlatform(process.arch), format, ...call } = options;
  const reference = withDefaultTag(parseReference(name));
  const repository = openRepository(connections, reference);
  const search = { repository, format, call };
  const root = await repository.getManifest(undefined, call);
  const image = await remoteImage(repository, platform, call);
  const { digest } = image.manifest.descriptor;
  const digests = [...new Set([digest, root.descriptor.digest])];
  let left = PLACES_LIMIT;
  for await (const manifest of manifestsAbout(search, root, digests)) {
    const found = await sbomIn(search, manifest);
    if (found) return { ...found, digest };
    if ((left -= 1) === 0) break;
  }
  const what = format === undefined ? 'list of packages' : `list of packages in ${format}`;
  throw new NotAttestedError(`${familiar(reference)} has no ${what} attached`, {
    hint: "'stave sbom NAME' lists the packages of an image that is here; 'stave attest --sbom NAME' attaches a list.",
  });
}

/** Beside the image in its index, referring to it, and under cosign's tag; the nearest first. */
async function* manifestsAbout(
  search: Search,
  root: RemoteManifest,
  digests: readonly Digest[],
): AsyncGenerator<Manifest, void> {
  const { repository, call } = search;
  const document = parseManifestOrIndex(root.bytes, root.descriptor.mediaType);
  const entries = document.kind === 'index' ? document.index.manifests.filter(isAttestation) : [];
  const [image = ''] = digests;
  for (const { digest, annotations } of entries) {
    if (annotations?.[REFERENCE_DIGEST] === image) yield* manifestUnder(search, digest);
  }
  for (const digest of digests) {
    const referrers = await repository.referrers(digest, call);
    for (const one of referrers.filter(mayAttest).toReversed()) {
      yield* manifestUnder(search, one.digest);
    }
    yield* manifestUnder(search, attestationTag(digest));
  }
}

function mayAttest({ artifactType = MediaType.ociEmpty }: Descriptor): boolean {
  return ARTIFACT_TYPES.has(artifactType) || isBundle(artifactType);
}

async function* manifestUnder(
  { repository, call }: Search,
  tag: string,
): AsyncGenerator<Manifest, void> {
  let found: RemoteManifest;
  try {
    found = await repository.getManifest(tag, call);
  } catch (error) {
    if (error instanceof RemoteNotFoundError) return;
    throw error;
  }
  let manifest: Manifest;
  try {
    manifest = parseManifest(found.bytes, found.descriptor.mediaType);
  } catch (error) {
    // Something else under that tag says nothing of the image.
    if (error instanceof InvalidInputError) return;
    throw error;
  }
  yield manifest;
}

/** The newest list in a manifest. */
async function sbomIn(
  search: Search,
  { layers, annotations: own = {} }: Manifest,
): Promise<Omit<AttachedSbom, 'digest'> | undefined> {
  for (const layer of layers.toReversed()) {
    const { annotations = {} } = layer;
    const hint = annotations[PREDICATE_TYPE] ?? annotations[COSIGN_TYPE] ?? own[BUNDLE_TYPE];
    if (hint !== undefined && !isWanted(formatOf(hint), search.format)) continue;
    const statement = await statementIn(search, layer);
    const format = formatOf(statement?.['predicateType']);
    if (statement && format && isWanted(format, search.format)) {
      return { format, document: statement['predicate'] };
    }
  }
  return undefined;
}

function isWanted(format: SbomFormat | undefined, wanted: SbomFormat | undefined): boolean {
  return format !== undefined && (wanted === undefined || format === wanted);
}

/** Types may have a version behind them. */
function formatOf(type: unknown): SbomFormat | undefined {
  if (typeof type !== 'string') return undefined;
  if (type.startsWith(SPDX_PREDICATE)) return 'spdx-json';
  return type.startsWith(CYCLONEDX_PREDICATE) ? 'cyclonedx-json' : undefined;
}

/** The statement of a layer, out of its envelope; undefined where there is none. */
async function statementIn(search: Search, layer: Descriptor): Promise<JsonObject | undefined> {
  if (layer.mediaType === MediaType.inToto) return jsonOf(search, layer, STATEMENT_LIMIT);
  const isBundled = isBundle(layer.mediaType);
  if (!isBundled && layer.mediaType !== DSSE) return undefined;
  const outer = await jsonOf(search, layer, ENVELOPE_LIMIT);
  const envelope = isBundled ? outer?.['dsseEnvelope'] : outer;
  const payload = isJsonObject(envelope) ? envelope['payload'] : undefined;
  if (typeof payload !== 'string') return undefined;
  return objectIn(Buffer.from(payload, 'base64'), STATEMENT_LIMIT);
}

async function jsonOf(
  { repository, call }: Search,
  node: Descriptor,
  limit: number,
): Promise<JsonObject | undefined> {
  if (node.size > limit) {
    throw new InvalidInputError(`the statement ${node.digest} is larger than ${limit} bytes`);
  }
  const blob = verified(repository.getBlob(node, call), node, repository.label);
  return objectIn(await collect(blob, limit), limit);
}

function objectIn(data: Uint8Array, limit: number): JsonObject | undefined {
  const value = parseJson(data, limit, 'the statement');
  return isJsonObject(value) ? value : undefined;
}
