import { once } from '../base/bytes.ts';
import { InvalidInputError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import type { HttpResponse } from '../net/request.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { DESCRIPTOR_COUNT_LIMIT } from '../oci/limits.ts';
import type { Manifest } from '../oci/manifest.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseIndex, parseManifestOrIndex } from '../oci/parse-manifest.ts';
import { encodeManifest } from '../oci/write-json.ts';
import { RegistryError, RemoteNotFoundError } from './errors.ts';
import { type Asked, refusalOf } from './faults.ts';
import { manifestIn, type RemoteManifest } from './manifests.ts';
import { nextPage } from './pages.ts';
import type { Repository } from './repository.ts';

/** What says something about a manifest: an artifact of blobs. */
export interface ReferrerContent {
  readonly artifactType: string;
  readonly layers: readonly {
    readonly mediaType: string;
    readonly bytes: Uint8Array;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Answers of a registry that knows nothing of referrers. */
const NO_SUCH_PAGE: ReadonlySet<number> = new Set([400, 404, 405, 501]);
/** How often a list is written again because somebody else did so in between. */
const TRIES = 8;
const EMPTY = Buffer.from('{}');

/**
 * The tag under which a registry without an answer of its own keeps who refers to a manifest.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
 */
export function referrersTag(subject: Digest): string {
  const [algorithm = '', hex = ''] = subject.split(':');
  return `${algorithm.slice(0, 32)}-${hex.slice(0, 64)}`.replaceAll(/[^A-Za-z0-9_.-]/g, '-');
}

/**
 * Puts an artifact beside the manifest it is about; its blobs come first. Gives its descriptor as
 * lists of referrers have it. Throws RegistryError, RegistryAccessError.
 */
export async function putReferrer(
  repository: Repository,
  subject: Descriptor,
  content: ReferrerContent,
  call: CallOptions = {},
): Promise<Descriptor> {
  const { artifactType, annotations } = content;
  const config = { mediaType: MediaType.ociEmpty, digest: digestOf(EMPTY), size: EMPTY.length };
  const layers: Descriptor[] = [];
  const put = async (node: Descriptor, bytes: Uint8Array): Promise<void> => {
    if (await repository.hasBlob(node.digest, call)) return;
    await repository.putBlob(node, async () => once(Buffer.from(bytes)), call);
  };
  await put(config, EMPTY);
  for (const { mediaType, bytes, annotations: notes } of content.layers) {
    const node: Descriptor = {
      mediaType,
      digest: digestOf(bytes),
      size: bytes.length,
      ...(notes && { annotations: notes }),
    };
    await put(node, bytes);
    layers.push(node);
  }
  const { mediaType, digest, size } = subject;
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    artifactType,
    config,
    layers,
    subject: { mediaType, digest, size },
    ...(annotations && { annotations }),
  };
  const bytes = encodeManifest(manifest);
  const node = { mediaType: MediaType.ociManifest, digest: digestOf(bytes), size: bytes.length };
  await repository.putManifest({ descriptor: node, bytes }, undefined, call);
  return { ...node, artifactType, ...(annotations && { annotations }) };
}

/** What a question for referrers needs. */
interface Question {
  /** `/v2/team/app/`. */
  readonly path: string;
  readonly subject: Digest;
  readonly artifactType: string | undefined;
  readonly ask: (target: string | URL) => Promise<HttpResponse>;
  readonly asked: Asked;
}

/**
 * Who refers to a manifest, of any artifact type where the registry does not filter. Throws
 * RegistryError when the pages do not end.
 */
export async function readReferrers(
  repository: Pick<Repository, 'getManifest' | 'label'>,
  question: Question,
  call: CallOptions,
): Promise<readonly Descriptor[]> {
  const { path, subject, artifactType, ask, asked } = question;
  const query =
    artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType }).toString()}`;
  const endless = (): RegistryError =>
    new RegistryError(`${asked.registry} lists the referrers of ${asked.name} without end`);
  const found: Descriptor[] = [];
  const seen = new Set<string>();
  let target: string | URL | undefined = `${path}referrers/${subject}${query}`;
  while (target !== undefined) {
    if (seen.has(String(target))) throw endless();
    seen.add(String(target));
    const response: HttpResponse = await ask(target);
    if (seen.size === 1 && NO_SUCH_PAGE.has(response.status)) {
      await response.discard();
      return tagged(repository, subject, call);
    }
    if (response.status !== 200) throw await refusalOf(response, asked);
    const { bytes } = await manifestIn(response, `the referrers of ${asked.name}`, undefined);
    found.push(...entriesOf(bytes, asked.name));
    if (found.length > DESCRIPTOR_COUNT_LIMIT || seen.size > DESCRIPTOR_COUNT_LIMIT) {
      throw endless();
    }
    target = nextPage(response);
  }
  return found;
}

/** From the tag. What is no index there says nothing, and is no reason to fail. */
async function tagged(
  repository: Pick<Repository, 'getManifest' | 'label'>,
  subject: Digest,
  call: CallOptions,
): Promise<readonly Descriptor[]> {
  const tag = referrersTag(subject);
  const manifest = await listUnder(repository, tag, call);
  if (manifest === undefined) return [];
  try {
    return entriesOf(manifest.bytes, `${repository.label}:${tag}`);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    reporter(call.progress).warn({
      code: 'NoReferrersList',
      message: `${repository.label}:${tag} is no list of referrers and is passed over`,
    });
    return [];
  }
}

async function listUnder(
  repository: Pick<Repository, 'getManifest'>,
  tag: string,
  call: CallOptions,
): Promise<RemoteManifest | undefined> {
  try {
    return await repository.getManifest(tag, call);
  } catch (error) {
    if (error instanceof RemoteNotFoundError) return undefined;
    throw error;
  }
}

function entriesOf(bytes: Buffer, name: string): readonly Descriptor[] {
  try {
    return parseIndex(bytes).manifests;
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new RegistryError(`the referrers of ${name}: ${error.message}`, { cause: error });
  }
}

/**
 * Adds a manifest to the list under its subject's tag, for a registry that does not keep track
 * itself. Looks afterwards whether somebody else has written over it.
 */
export async function listReferrer(
  repository: Pick<Repository, 'getManifest' | 'putManifest' | 'label'>,
  { descriptor, bytes }: RemoteManifest,
  call: CallOptions,
): Promise<void> {
  const document = parseManifestOrIndex(bytes);
  const own = document.kind === 'index' ? document.index : document.manifest;
  if (own.subject === undefined) return;
  const artifactType =
    own.artifactType ??
    (document.kind === 'manifest' ? document.manifest.config.mediaType : undefined);
  const { mediaType, digest, size } = descriptor;
  const entry: Descriptor = {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(own.annotations && { annotations: own.annotations }),
  };
  const tag = referrersTag(own.subject.digest);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const before = await listUnder(repository, tag, call);
    const entries = before ? entriesOf(before.bytes, `${repository.label}:${tag}`) : [];
    if (entries.some((one) => one.digest === digest)) return;
    const list = encodeManifest({
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests: [...entries, entry],
    });
    const node = { mediaType: MediaType.ociIndex, digest: digestOf(list), size: list.length };
    const ifMatch = before?.etag;
    try {
      await repository.putManifest({ descriptor: node, bytes: list }, tag, {
        ...call,
        ...(ifMatch !== undefined && { ifMatch }),
      });
    } catch (error) {
      if (!(error instanceof RegistryError) || error.status !== 412) throw error;
    }
  }
  throw new RegistryError(
    `the list of referrers ${repository.label}:${tag} is written by others all the time`,
    { hint: `${digest} is there, but cannot be found by what it is about; try again.` },
  );
}
