import type { CallOptions } from '../../base/progress.ts';
import { isAttestation } from '../../image/attestation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import type { Index } from '../../oci/manifest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { parseIndex } from '../../oci/parse-manifest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { encodeManifest } from '../../oci/write-json.ts';
import type { ImageRow, IndexRow } from '../../store/tables.ts';
import { compressedImage, type ImageForm, PUSHED } from '../../transport/compressed-image.ts';
import type { CompressParts } from '../../transport/compressed-layers.ts';
import { storeSource } from '../../transport/store-source.ts';
import type { Source } from '../../transport/transport.ts';
import { movedAttestation } from './moved-attestation.ts';

/** Something of the store as a registry gets it. */
export interface Pushable {
  /** A manifest, or an index. */
  readonly root: Descriptor;
  readonly source: Source;
  /** Platforms that the index speaks of, and that are not here. */
  readonly missing: readonly string[];
  /** Its images go as they are listed in the index. */
  readonly unchanged: boolean;
}

/** The annotation by which an attestation names what it is about. */
const ABOUT = 'vnd.docker.reference.digest';

/**
 * An image, or an index with all of its images that are here, over compressed layers. What came
 * from a registry whole goes as it came; an index that is not whole, or whose images were built
 * here, is written anew.
 */
export async function pushable(
  parts: CompressParts,
  { image, index }: { readonly image: ImageRow; readonly index?: IndexRow | undefined },
  call: CallOptions,
  form: ImageForm = PUSHED,
): Promise<Pushable> {
  if (!index) {
    const { manifest, source } = await compressedImage(parts, image, form, call);
    return { root: manifest, source, missing: [], unchanged: true };
  }
  const { store, snapshotter, lease } = parts;
  lease.holdIndex(index.digest);
  const bytes = store.blobs.readSync(index.digest);
  const document = parseIndex(bytes, index.descriptor.mediaType);
  const now = new Map<Digest, Descriptor>();
  for (const { image: id, manifest } of index.members) {
    const row = store.read(({ images }) => images.get(id));
    if (!row) continue;
    const made = await compressedImage(parts, { ...row, manifest }, form, call);
    now.set(manifest.digest, made.manifest);
  }
  const rest = document.manifests.filter(
    (entry) => !isAttestation(entry) && !now.has(entry.digest),
  );
  const missing = rest.map(({ platform, digest }) =>
    platform ? formatPlatform(platform) : digest,
  );
  const isWhole = document.manifests.every(({ digest }) => isHere(parts, digest));
  const unchanged = [...now].every(([before, after]) => before === after.digest);
  const isSame = isWhole && unchanged;
  const [only] = now.values();
  // One of several is an image like any other.
  const root = isSame
    ? index.descriptor
    : now.size === 1 && rest.length > 0 && only
      ? only
      : kept(parts, rewritten(parts, document, now));
  const source = storeSource(store, snapshotter, { manifest: root }, image.id);
  return { root, source, missing, unchanged };
}

/** The index with what its images have become, without those that are not here. */
function rewritten(
  parts: CompressParts,
  index: Index,
  now: ReadonlyMap<Digest, Descriptor>,
): Index {
  const manifests = index.manifests.flatMap((entry): Descriptor[] => {
    const { digest, size, mediaType } = now.get(entry.digest) ?? {};
    if (digest && size !== undefined && mediaType) return [{ ...entry, digest, size, mediaType }];
    const about = entry.annotations?.[ABOUT] as Digest | undefined;
    const found = about && now.get(about);
    if (!isAttestation(entry) || !found || !isHere(parts, entry.digest)) return [];
    const moved = movedAttestation(entry, { from: about, to: found }, (digest) =>
      parts.store.blobs.readSync(digest),
    );
    for (const document of moved?.documents.values() ?? []) keep(parts, document);
    const annotations = { ...entry.annotations, [ABOUT]: found.digest };
    return [{ ...entry, ...moved?.entry, annotations }];
  });
  return { ...index, manifests };
}

function isHere({ store }: CompressParts, digest: Digest): boolean {
  return store.read(({ blobs }) => blobs.has(digest));
}

function keep({ store, lease }: CompressParts, bytes: Buffer): Digest {
  const digest = digestOf(bytes);
  lease.hold('blob', digest);
  store.blobs.putSync(bytes);
  return digest;
}

function kept(parts: CompressParts, index: Index): Descriptor {
  const bytes = encodeManifest(index);
  const digest = keep(parts, bytes);
  return { mediaType: index.mediaType ?? MediaType.ociIndex, digest, size: bytes.length };
}
