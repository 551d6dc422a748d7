import { once } from '../../base/bytes.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf } from '../../oci/digest.ts';
import type { Manifest } from '../../oci/manifest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { parseManifest } from '../../oci/parse-manifest.ts';
import { encodeManifest } from '../../oci/write-json.ts';
import { RegistryError, RemoteNotFoundError } from '../../registry/errors.ts';
import type { RemoteManifest } from '../../registry/manifests.ts';
import type { Repository } from '../../registry/repository.ts';

/** How often a list is written again because somebody else did so in between. */
const TRIES = 8;

/** What is put into a list, and how it is told from what is there. */
export interface ListAddition {
  readonly layer: Descriptor;
  readonly bytes: Buffer;
  /** Whether an entry is what is to be put. */
  readonly has: (entry: Descriptor) => boolean;
  /** Entries that stay; by default all. */
  readonly stays?: (entry: Descriptor) => boolean;
}

/**
 * Adds a layer to the manifest that cosign keeps under a tag beside an image, and looks whether
 * somebody has written over it. False when it was there already. Throws RegistryError,
 * RegistryAccessError.
 */
export async function addToList(
  repository: Repository,
  tag: string,
  { layer, bytes, has, stays = () => true }: ListAddition,
  call: CallOptions,
): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const before = await listUnder(repository, tag, call);
    const layers = before ? parseManifest(before.bytes).layers : [];
    if (layers.some(has)) return tries > 0;
    await putBlob(repository, layer, bytes, call);
    await putList(repository, tag, [...layers.filter(stays), layer], before?.etag, call);
  }
  throw new RegistryError(`${repository.label}:${tag} is written by others all the time`, {
    hint: 'Try again.',
  });
}

async function putList(
  repository: Repository,
  tag: string,
  layers: readonly Descriptor[],
  ifMatch: string | undefined,
  call: CallOptions,
): Promise<void> {
  // A config of an image that never was: some registries take no other.
  const data = Buffer.from(
    JSON.stringify({
      architecture: '',
      os: '',
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    }),
  );
  const config = { mediaType: MediaType.ociConfig, digest: digestOf(data), size: data.length };
  await putBlob(repository, config, data, call);
  const mediaType = MediaType.ociManifest;
  const manifest: Manifest = { schemaVersion: 2, mediaType, config, layers };
  const bytes = encodeManifest(manifest);
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  try {
    await repository.putManifest({ descriptor, bytes }, tag, {
      ...call,
      ...(ifMatch !== undefined && { ifMatch }),
    });
  } catch (error) {
    if (!(error instanceof RegistryError) || error.status !== 412) throw error;
  }
}

async function putBlob(
  repository: Repository,
  node: Descriptor,
  data: Buffer,
  call: CallOptions,
): Promise<void> {
  if (await repository.hasBlob(node.digest, call)) return;
  await repository.putBlob(node, async () => once(data), call);
}

async function listUnder(
  repository: Repository,
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
