import { type Bytes, once } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { parseConfig } from '../oci/parse-config.ts';
import { parseManifest } from '../oci/parse-manifest.ts';
import { formatPlatform, matchesPlatform, type Platform } from '../oci/platform.ts';
import { sniff } from '../layer/compression.ts';
import { looksLikeTar } from '../layer/tar-sniff.ts';
import type { ArchiveMembers } from './archive-members.ts';
import type { ArchivedImage } from './archived-image.ts';
import { dockerArchiveImages } from './docker-archive-source.ts';
import { InvalidArchiveError, UnsupportedImageError } from './errors.ts';
import { legacyArchiveImages } from './legacy-archive-source.ts';
import { layoutIndexes, ociLayoutImages } from './oci-layout-source.ts';
import type { Source } from './transport.ts';

/** Documents of all images, those that several have counted for each: bytes. */
const TOTAL_LIMIT = 256 * 1024 * 1024;
/** Of an archive without an image for the platform that was asked for, so many others are told. */
const PLATFORMS = 8;

/**
 * Finds the images of an archive: of Docker's form (any version since 1.10 by its
 * `manifest.json`, older ones by `repositories`), or an OCI layout. An index of which several
 * images are there, or all, comes as a whole; of others the one that runs on `host` is taken.
 * With `platform` only images for that one come.
 *
 * Throws InvalidArchiveError, InvalidInputError.
 */
export async function archivedImages(
  members: ArchiveMembers,
  host: Platform,
  platform?: Platform,
): Promise<readonly ArchivedImage[]> {
  const images = platform
    ? await imagesFor(members, platform)
    : (dockerImages(members) ?? ociImages(members, host) ?? (await legacyArchiveImages(members)));
  if (!images) throw members.withoutImages();
  if (images.length === 0) throw new InvalidArchiveError('the archive holds no image');
  checkTotal(images);
  return images;
}

/** Each image's documents are read for themselves, and few bytes may make many images. */
function checkTotal(images: readonly ArchivedImage[]): void {
  let bytes = 0;
  for (const { held } of images) {
    for (const data of held.values()) if (!isLayerData(data)) bytes += data.length;
  }
  if (bytes <= TOTAL_LIMIT) return;
  throw new InvalidArchiveError(
    `the documents of its ${images.length} images have more than ${TOTAL_LIMIT} bytes together`,
  );
}

async function imagesFor(
  members: ArchiveMembers,
  platform: Platform,
): Promise<readonly ArchivedImage[] | undefined> {
  const images =
    ociLayoutImages(members, platform) ??
    dockerArchiveImages(members) ??
    (await legacyArchiveImages(members));
  // Descriptors need not say what an image is for; its config does.
  const fitting = images?.filter((image) => matchesPlatform(platform, platformOf(image)));
  if (!images || fitting?.length !== 0) return fitting;
  const held = [...new Set(images.map((image) => formatPlatform(platformOf(image))))];
  throw new UnsupportedImageError(
    `the archive holds no image for ${formatPlatform(platform)}`,
    held.length > 0 ? { hint: `It holds images for ${held.slice(0, PLATFORMS).join(', ')}.` } : {},
  );
}

function isLayerData(data: Uint8Array): boolean {
  return sniff(data) !== 'none' || looksLikeTar(data);
}

function platformOf({ root, held }: ArchivedImage): Platform {
  const document = (digest: Digest): Uint8Array => held.get(digest) ?? Buffer.alloc(0);
  return parseConfig(document(parseManifest(document(root.digest)).config.digest));
}

function ociImages(members: ArchiveMembers, host: Platform): readonly ArchivedImage[] | undefined {
  const indexes = layoutIndexes(members);
  const whole = new Set(indexes.map(({ root }) => root.digest));
  const images = ociLayoutImages(members, host, whole);
  return images && [...indexes, ...images];
}

/** What `manifest.json` names; an image that an index of the layout lists comes with that index. */
function dockerImages(members: ArchiveMembers): readonly ArchivedImage[] | undefined {
  const images = dockerArchiveImages(members);
  const indexes = images ? layoutIndexes(members) : [];
  if (!images || indexes.length === 0) return images;
  if (images.length === 0) return indexes;
  const found = new Map<Digest, ArchivedImage>();
  for (const image of images) {
    const whole = indexes.find(({ manifests }) => manifests.has(image.root.digest)) ?? image;
    const names = found.get(whole.root.digest)?.names ?? [];
    found.set(whole.root.digest, {
      root: whole.root,
      held: whole.held,
      names: [...new Set([...names, ...image.names])],
    });
  }
  return [...found.values()];
}

/** An image of an archive as the place it comes from. */
export function archiveSource(image: ArchivedImage): Source {
  const label = 'the archive';
  return {
    label,
    root: () => Promise.resolve(image.root),
    fetch(node: Descriptor, options?: CallOptions): Promise<Bytes> {
      options?.signal?.throwIfAborted();
      const data = image.held.get(node.digest);
      if (data) return Promise.resolve(once(data));
      throw new InvalidArchiveError(`${node.digest} is not in the archive`);
    },
  };
}
