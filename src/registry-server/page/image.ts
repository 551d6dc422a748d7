import { encoded, type Digest } from '../../oci/digest.ts';
import type { ContainerConfig, ImageConfig } from '../../oci/image-config.ts';
import type { Index, Manifest } from '../../oci/manifest.ts';
import { isAttestation, REFERENCE_DIGEST } from '../../image/attestation.ts';
import type { Exchange } from '../answer.ts';
import { Problem } from '../errors.ts';
import type {
  AttestationRow,
  ImageAnswer,
  ImageDetails,
  ImageKind,
  PlatformRow,
} from './api-types.ts';
import { mapHistory } from './history.ts';
import {
  aboutEntry,
  artifactTypeOf,
  CHILD_LIMIT,
  kindOf,
  platformText,
  type Summaries,
  wholeSize,
} from './summaries.ts';

/** How many names and values are shown, and characters of each. */
const MANY = 500;
const TEXT = 8192;
const PREDICATE = 'in-toto.io/predicate-type';
/** Endings of the tags by which cosign attaches things, and what they are. */
const ATTACHED: readonly (readonly [string, string])[] = [
  ['sig', 'signature'],
  ['att', 'attestation'],
  ['sbom', 'SBOM'],
];

type Pairs = readonly (readonly [string, string])[];

/** All there is to see of what a reference means. Throws Problem 404. */
export async function imageAnswer(
  { access, caller }: Exchange,
  summaries: Summaries,
  repository: string,
  { reference, readOnly }: { readonly reference: string; readonly readOnly: boolean },
): Promise<ImageAnswer> {
  const { storage } = summaries;
  const stored = await storage.manifest(repository, reference);
  const summary = stored && (await summaries.of(repository, stored));
  const read = stored && (await summaries.read(repository, stored.digest));
  if (!stored || !summary || read === undefined) {
    throw new Problem(404, 'MANIFEST_UNKNOWN', 'the repository has no such manifest');
  }
  const { digest, mediaType } = stored;
  const common = {
    digest,
    mediaType,
    size: wholeSize(summary),
    mayDelete: !readOnly && access.may(caller, repository, 'delete'),
    attached: await attachedTo(summaries, repository, digest),
  };
  if (read === 'other') {
    return { ...common, kind: 'artifact', artifactType: mediaType, annotations: [], platforms: [] };
  }
  if (read.kind === 'index') {
    const { index } = read;
    const platforms = await platformsOf(summaries, repository, index);
    const annotations = pairs(index.annotations);
    return { ...common, kind: 'index', ...typed(index.artifactType), annotations, platforms };
  }
  const { manifest } = read;
  const kind: ImageKind = kindOf(manifest);
  return {
    ...common,
    kind,
    ...typed(artifactTypeOf(manifest)),
    annotations: pairs(manifest.annotations),
    platforms: [],
    image: detailsOf(manifest, await summaries.config(repository, manifest)),
  };
}

function typed(artifactType: string | undefined): { readonly artifactType?: string } {
  return artifactType === undefined ? {} : { artifactType };
}

/** The entries of an index, what is about them beside them. */
async function platformsOf(
  summaries: Summaries,
  repository: string,
  index: Index,
): Promise<readonly PlatformRow[]> {
  const entries = index.manifests.slice(0, CHILD_LIMIT);
  const known = new Set(entries.filter((one) => !isAttestation(one)).map(({ digest }) => digest));
  const rows: PlatformRow[] = [];
  for (const entry of entries) {
    const { digest, mediaType } = entry;
    const about = entry.annotations?.[REFERENCE_DIGEST];
    // It is shown with what it is about.
    if (isAttestation(entry) && about !== undefined && known.has(about as Digest)) continue;
    const stored = await summaries.storage.manifest(repository, digest);
    const summary = stored && (await summaries.of(repository, stored));
    const platform =
      (entry.platform && platformText(entry.platform)) ??
      (isAttestation(entry) ? undefined : summary?.platforms[0]);
    const attestations: AttestationRow[] = [];
    for (const one of aboutEntry(index, digest, REFERENCE_DIGEST)) {
      attestations.push(await attestationOf(summaries, repository, one.digest));
    }
    rows.push({
      digest,
      mediaType,
      ...(platform !== undefined && { platform }),
      ...(summary && { size: wholeSize(summary) }),
      attestations,
    });
  }
  return rows;
}

async function attestationOf(
  summaries: Summaries,
  repository: string,
  digest: Digest,
): Promise<AttestationRow> {
  const stored = await summaries.storage.manifest(repository, digest);
  const read = stored && (await summaries.read(repository, digest));
  if (read === undefined || read === 'other' || read.kind === 'index') {
    return { digest, predicates: [] };
  }
  const predicates = read.manifest.layers
    .slice(0, MANY)
    .flatMap(({ annotations }) => annotations?.[PREDICATE]?.slice(0, TEXT) ?? []);
  return { digest, predicates };
}

function detailsOf(manifest: Manifest, config: ImageConfig | undefined): ImageDetails {
  const platform = config && platformText(config);
  return {
    ...mapHistory(manifest.layers, config),
    ...(platform !== undefined && { platform }),
    ...(config?.created !== undefined && { created: config.created.slice(0, TEXT) }),
    ...(config?.author !== undefined && { author: config.author.slice(0, TEXT) }),
    settings: settingsOf(config?.config ?? {}),
    labels: pairs(config?.config?.Labels),
  };
}

function settingsOf(config: ContainerConfig): ImageDetails['settings'] {
  const { Healthcheck: check } = config;
  const all: readonly (readonly [string, readonly string[]])[] = [
    ['Entrypoint', config.Entrypoint ?? []],
    ['Command', config.Cmd ?? []],
    ['User', one(config.User)],
    ['Working directory', one(config.WorkingDir)],
    ['Environment', config.Env ?? []],
    ['Ports', Object.keys(config.ExposedPorts ?? {})],
    ['Volumes', Object.keys(config.Volumes ?? {})],
    ['Health check', check?.Test ?? []],
    ['Stop signal', one(config.StopSignal)],
    ['Shell', config.Shell ?? []],
    ['On build', config.OnBuild ?? []],
  ];
  return all
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => [name, values.slice(0, MANY).map((value) => value.slice(0, TEXT))]);
}

function one(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : [text];
}

function pairs(map: Readonly<Record<string, string>> | undefined): Pairs {
  return Object.entries(map ?? {})
    .slice(0, MANY)
    .map(([name, value]) => [name.slice(0, TEXT), value.slice(0, TEXT)] as const);
}

async function attachedTo(
  { storage }: Summaries,
  repository: string,
  digest: Digest,
): Promise<ImageAnswer['attached']> {
  const base = `${digest.slice(0, digest.indexOf(':'))}-${encoded(digest)}`;
  const found: { tag: string; kind: string }[] = [];
  for (const [ending, kind] of ATTACHED) {
    const tag = `${base}.${ending}`;
    if (tag.length <= 128 && (await storage.manifest(repository, tag))) found.push({ tag, kind });
  }
  return found;
}
