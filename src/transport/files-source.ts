import { type Bytes, once } from '../base/bytes.ts';
import { InvalidInputError } from '../base/errors.ts';
import { sniff } from '../layer/compression.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf, encoded } from '../oci/digest.ts';
import { InvalidReferenceError } from '../oci/errors.ts';
import { MediaType } from '../oci/media-types.ts';
import { type ArchiveImage, checkLayoutFile, parseArchiveManifest } from '../oci/parse-archive.ts';
import { diffIdsOf, parseConfig } from '../oci/parse-config.ts';
import { parseIndex, parseManifestOrIndex } from '../oci/parse-manifest.ts';
import { canonicalName, parseReference } from '../oci/reference.ts';
import { encodeManifest } from '../oci/write-json.ts';
import { isParent } from './children.ts';
import { InvalidArchiveError } from './errors.ts';
import { type ImageFiles, readDocument } from './image-files.ts';
import type { Source } from './transport.ts';

/** Annotation of containerd and BuildKit: the whole name. */
const IMAGE_NAME = 'io.containerd.image.name';
/** Annotation of the OCI layout: a tag, or with some tools a whole name. */
const REF_NAME = 'org.opencontainers.image.ref.name';
const HEAD = 6;

/**
 * An image of an OCI layout: the one of that tag or name, or the only one. Throws
 * InvalidArchiveError when there is none such, or when there are several.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
export async function layoutSource(files: ImageFiles, tag?: string): Promise<Source> {
  const root = chosen(await entries(files), tag, files.label);
  return fileSource(files, root, ({ digest }) => blobName(digest));
}

/** The image of a directory in the `dir:` form of skopeo: blobs under their bare digits. */
export async function plainSource(files: ImageFiles): Promise<Source> {
  const data = await readDocument(files, 'manifest.json');
  if (!data) throw new InvalidArchiveError(`there is no manifest.json in ${files.label}`);
  const root = rootOf(data);
  return fileSource(files, root, (node) => {
    if (node.digest === root.digest) return 'manifest.json';
    const hex = encoded(node.digest);
    const own = `${hex}.manifest.json`;
    return isParent(node) && files.size(own) !== undefined ? own : hex;
  });
}

/**
 * An image of a Docker archive, by one of its names, or the only one. Where the archive is a
 * layout too, its own manifest or index counts; otherwise one is made. Throws InvalidArchiveError.
 */
export async function dockerSource(files: ImageFiles, name?: string): Promise<Source> {
  const list = await readDocument(files, 'manifest.json');
  if (!list) {
    throw new InvalidArchiveError(`there is no manifest.json in ${files.label}`, {
      hint: "An OCI layout is written oci-archive:PATH; 'stave load' reads older archives.",
    });
  }
  const image = named(parseArchiveManifest(list), name, files.label);
  const data = await readDocument(files, image.config);
  if (!data) throw new InvalidArchiveError(`${image.config} is not in ${files.label}`);
  const own = await inLayout(files, digestOf(data));
  if (own) return fileSource(files, own, ({ digest }) => blobName(digest));
  return madeSource(files, image, data);
}

/** Whole names, or tags alone. */
function chosen(found: readonly Descriptor[], tag: string | undefined, label: string): Descriptor {
  const fitting = tag === undefined ? found : found.filter((node) => isCalled(node, tag));
  const [first, ...others] = [...new Map(fitting.map((node) => [node.digest, node])).values()];
  if (first && others.length === 0) return first;
  const names = [...new Set(found.flatMap(({ annotations }) => annotations?.[REF_NAME] ?? []))];
  const hint = names.length > 0 ? `There are: ${names.slice(0, 10).join(', ')}.` : undefined;
  if (first) {
    throw new InvalidArchiveError(`${label} holds ${others.length + 1} images`, { hint });
  }
  const what = tag === undefined ? 'no image' : `no image ${tag}`;
  throw new InvalidArchiveError(`${label} holds ${what}`, { hint });
}

function isCalled({ annotations = {} }: Descriptor, tag: string): boolean {
  const names = [annotations[REF_NAME], annotations[IMAGE_NAME]];
  if (names.includes(tag)) return true;
  const name = canonical(tag);
  return name !== undefined && tag.includes(':') && names.some((one) => canonical(one) === name);
}

function canonical(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return canonicalName(parseReference(text));
  } catch (error) {
    if (error instanceof InvalidReferenceError) return undefined;
    throw error;
  }
}

async function entries(files: ImageFiles): Promise<readonly Descriptor[]> {
  const layout = await readDocument(files, 'oci-layout');
  const index = await readDocument(files, 'index.json');
  if (!layout || !index) throw new InvalidArchiveError(`${files.label} is no OCI layout`);
  checkLayoutFile(layout);
  return parseIndex(index).manifests.filter(isParent);
}

function named(
  images: readonly ArchiveImage[],
  name: string | undefined,
  label: string,
): ArchiveImage {
  const wanted = name === undefined ? undefined : canonicalName(parseReference(name));
  const fitting = images.filter(
    ({ repoTags }) => wanted === undefined || repoTags.some((tag) => canonical(tag) === wanted),
  );
  const [first, ...others] = fitting;
  if (first && (wanted !== undefined || others.length === 0)) return first;
  const names = images.flatMap(({ repoTags }) => repoTags).slice(0, 10);
  const hint = names.length > 0 ? `There are: ${names.join(', ')}.` : undefined;
  const what = first
    ? `${images.length} images`
    : `no image${name === undefined ? '' : ` ${name}`}`;
  throw new InvalidArchiveError(`${label} holds ${what}`, { hint });
}

/** What an archive that is a layout too has of the image of a config: an index where it is whole. */
async function inLayout(files: ImageFiles, id: Digest): Promise<Descriptor | undefined> {
  const index = await readDocument(files, 'index.json');
  if (!index) return undefined;
  for (const node of parseIndex(index).manifests.filter(isParent)) {
    const data = await readDocument(files, blobName(node.digest));
    if (!data) continue;
    const document = parseManifestOrIndex(data, node.mediaType);
    if (document.kind === 'manifest') {
      if (document.manifest.config.digest === id) return bare(node);
      continue;
    }
    const { manifests } = document.index;
    const here = manifests.filter(({ digest }) => files.size(blobName(digest)) !== undefined);
    for (const child of here) {
      const body = await readDocument(files, blobName(child.digest));
      const parsed = body && parseManifestOrIndex(body, child.mediaType);
      if (parsed?.kind !== 'manifest' || parsed.manifest.config.digest !== id) continue;
      return bare(here.length === manifests.length ? node : child);
    }
  }
  return undefined;
}

/** An image of an archive from before layouts: its layers are called by their diff IDs. */
async function madeSource(files: ImageFiles, image: ArchiveImage, config: Buffer): Promise<Source> {
  const diffIds = diffIdsOf(parseConfig(config));
  if (diffIds.length !== image.layers.length) {
    throw new InvalidInputError(
      `the image has ${image.layers.length} layers, but its config speaks of ${diffIds.length}`,
    );
  }
  const places = new Map<Digest, string>();
  const layers: Descriptor[] = [];
  for (const [at, name] of image.layers.entries()) {
    const size = files.size(name);
    if (size === undefined) throw new InvalidArchiveError(`${name} is not in ${files.label}`);
    const node = await layerNode(files, name, size, diffIds[at] as string as Digest);
    places.set(node.digest, name);
    layers.push(node);
  }
  const node = { mediaType: MediaType.ociConfig, digest: digestOf(config), size: config.length };
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: node,
    layers,
  });
  const root = rootOf(manifest);
  const held = new Map([
    [root.digest, manifest],
    [node.digest, config],
  ]);
  return {
    label: files.label,
    root: () => Promise.resolve(root),
    async fetch({ digest }): Promise<Bytes> {
      const data = held.get(digest);
      return data ? once(data) : files.open(places.get(digest) ?? blobName(digest));
    },
  };
}

/** A plain layer is its diff ID, which is checked when it moves; others are read for their digest. */
async function layerNode(
  files: ImageFiles,
  name: string,
  size: number,
  diffId: Digest,
): Promise<Descriptor> {
  let head: Uint8Array = Buffer.alloc(0);
  for await (const chunk of files.open(name)) {
    head = chunk.subarray(0, HEAD);
    break;
  }
  const kind = sniff(head);
  if (kind === 'none') return { mediaType: MediaType.ociLayer, digest: diffId, size };
  if (kind !== 'gzip' && kind !== 'zstd') {
    throw new InvalidArchiveError(`${name} in ${files.label} is compressed with ${kind}`, {
      hint: "'stave load' reads it.",
    });
  }
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256');
  for await (const chunk of files.open(name)) hash.update(chunk);
  const digest = `sha256:${hash.digest('hex')}` as Digest;
  return {
    mediaType: kind === 'gzip' ? MediaType.ociLayerGzip : MediaType.ociLayerZstd,
    digest,
    size,
  };
}

function fileSource(
  files: ImageFiles,
  root: Descriptor,
  nameOf: (node: Descriptor) => string,
): Source {
  return {
    label: files.label,
    root: () => Promise.resolve(bare(root)),
    fetch: (node) => Promise.resolve(files.open(nameOf(node))),
  };
}

/** Without what is said of it where it is listed. */
function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/** The descriptor of a document that nothing refers to. */
function rootOf(data: Buffer): Descriptor {
  const document = parseManifestOrIndex(data);
  const index = document.kind === 'index';
  const own = index ? document.index.mediaType : document.manifest.mediaType;
  const mediaType = own ?? (index ? MediaType.ociIndex : MediaType.ociManifest);
  return { mediaType, digest: digestOf(data), size: data.length };
}

function blobName(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}
