import { isAttestation } from '../image/attestation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { InvalidReferenceError } from '../oci/errors.ts';
import type { Manifest } from '../oci/manifest.ts';
import { checkLayoutFile } from '../oci/parse-archive.ts';
import { type ManifestOrIndex, parseIndex, parseManifestOrIndex } from '../oci/parse-manifest.ts';
import { matchesPlatform, type Platform } from '../oci/platform.ts';
import { canonicalName, parseReference } from '../oci/reference.ts';
import type { ArchiveMembers } from './archive-members.ts';
import { type ArchivedImage, layerParts } from './archived-image.ts';
import { isParent } from './children.ts';
import { InvalidArchiveError, UnsupportedImageError } from './errors.ts';

/** Annotation of containerd and BuildKit: the whole name. */
const CONTAINERD_NAME = 'io.containerd.image.name';
/** Annotation of the OCI layout: a tag, or with some tools a whole name. */
const REF_NAME = 'org.opencontainers.image.ref.name';

const TAG = /^\w[\w.-]{0,127}$/;
const DEPTH_LIMIT = 8;
const NODE_LIMIT = 10_000;

/** An image manifest of a layout. */
export interface LayoutManifest {
  readonly descriptor: Descriptor;
  readonly data: Uint8Array;
  readonly manifest: Manifest;
  /** Canonical. */
  readonly names: readonly string[];
  readonly tags: readonly string[];
}

/**
 * The images of an OCI layout, or undefined when the archive is none. Entries of `index.json`
 * that are in `without` are passed over.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
export function ociLayoutImages(
  members: ArchiveMembers,
  platform: Platform,
  without: ReadonlySet<Digest> = new Set(),
): readonly ArchivedImage[] | undefined {
  if (!members.has('index.json')) return undefined;
  const manifests = layoutManifests(members, platform, without);
  if (manifests.length === 0 && without.size === 0) {
    throw new UnsupportedImageError(
      `the archive holds no image for ${platform.os}/${platform.architecture}`,
    );
  }
  return manifests.map((one) => archivedImage(members, one));
}

function archivedImage(members: ArchiveMembers, one: LayoutManifest): ArchivedImage {
  const held = new Map<Digest, Uint8Array>([[one.descriptor.digest, one.data]]);
  holdParts(members, one.manifest, one.names, held);
  return { root: one.descriptor, names: one.names, tags: one.tags, held };
}

/** Puts the config of a manifest, and the layers that were held, to what a source gives out. */
function holdParts(
  members: ArchiveMembers,
  { config, layers }: Manifest,
  names: readonly string[],
  held: Map<Digest, Uint8Array>,
): void {
  held.set(config.digest, document(members, config));
  for (const layer of layers) checkAlgorithm(layer);
  const files = layers.map(({ digest }) => blobName(digest));
  for (const [at, { data }] of layerParts(members, files, names).entries()) {
    if (data) held.set(layers[at]!.digest, data);
  }
}

/** An index of a layout that is worth keeping as one. */
export interface ArchivedIndex extends ArchivedImage {
  /** The manifests of it that are in the archive. */
  readonly manifests: ReadonlySet<Digest>;
}

/**
 * The indexes that `index.json` names and that are here with several of their images, or with
 * all of them. Of others one image is taken, as if it had come alone.
 */
export function layoutIndexes(members: ArchiveMembers): ArchivedIndex[] {
  const data = members.document('index.json');
  if (!data) return [];
  const found = new Map<Digest, ArchivedIndex>();
  for (const node of parseIndex(data).manifests) {
    if (!isParent(node) || !members.has(blobName(node.digest))) continue;
    const index = members.once(`index ${node.mediaType} ${node.digest}`, () =>
      archivedIndex(members, node),
    );
    if (!index) continue;
    const before = found.get(node.digest);
    const names = [...new Set([...(before?.names ?? []), ...namesOf(node)])];
    const tags = [...new Set([...(before?.tags ?? []), ...loneTags(node)])];
    found.set(node.digest, { ...index, names, tags });
  }
  return [...found.values()];
}

/** Without its names. */
function archivedIndex(members: ArchiveMembers, node: Descriptor): ArchivedIndex | undefined {
  const { data: body, document: parsed } = parent(members, node);
  if (parsed.kind === 'manifest') return undefined;
  const { mediaType, digest, size } = node;
  const held = new Map<Digest, Uint8Array>([[digest, body]]);
  const manifests = new Set<Digest>();
  let images = 0;
  for (const entry of parsed.index.manifests) {
    if (!isParent(entry) || !members.has(blobName(entry.digest))) continue;
    const { data, document: child } = parent(members, entry);
    // Indexes inside indexes are looked through for one image only.
    if (child.kind === 'index') return undefined;
    held.set(entry.digest, data);
    holdParts(members, child.manifest, namesOf(node), held);
    manifests.add(entry.digest);
    if (!isAttestation(entry)) images += 1;
  }
  const all = parsed.index.manifests.filter((entry) => !isAttestation(entry)).length;
  if (images < 2 && !(images === 1 && all === 1)) return undefined;
  return { root: { mediaType, digest, size }, names: [], held, manifests };
}

/**
 * The image manifests that `index.json` leads to. With a platform: the one for it, for each
 * name; all of them must be there. Without: all that are there, of whatever platform. Empty
 * without an `index.json`.
 */
export function layoutManifests(
  members: ArchiveMembers,
  platform?: Platform,
  without: ReadonlySet<Digest> = new Set(),
): LayoutManifest[] {
  const data = members.document('index.json');
  if (!data) return [];
  const layout = members.document('oci-layout');
  if (layout) checkLayoutFile(layout);
  let visited = 0;

  const visit = (nodes: readonly Descriptor[], depth: number): LayoutManifest[] => {
    visited += nodes.length;
    if (depth > DEPTH_LIMIT || visited > NODE_LIMIT) {
      throw new InvalidArchiveError('the indexes of the archive are nested too deep or too large');
    }
    const found = nodes.filter(isWanted).flatMap((node) => resolve(node, depth));
    return depth === 1 || !platform ? found : found.slice(0, 1);
  };

  const isWanted = (node: Descriptor): boolean => {
    if (!isParent(node) || isAttestation(node) || without.has(node.digest)) return false;
    if (!platform) return members.has(blobName(node.digest));
    return !node.platform?.os || matchesPlatform(platform, node.platform);
  };

  const resolve = (node: Descriptor, depth: number): LayoutManifest[] => {
    const { data: body, document: parsed } = parent(members, node);
    const names = namesOf(node);
    const tags = loneTags(node);
    if (parsed.kind === 'manifest') {
      const descriptor = { mediaType: node.mediaType, digest: node.digest, size: node.size };
      return [{ descriptor, data: body, manifest: parsed.manifest, names, tags }];
    }
    return visit(parsed.index.manifests, depth + 1).map((one) => ({
      ...one,
      names: [...names, ...one.names],
      tags: [...tags, ...one.tags],
    }));
  };

  return mergedByDigest(visit(parseIndex(data).manifests, 1));
}

/** A layout lists an image once for each of its names. */
function mergedByDigest(found: readonly LayoutManifest[]): LayoutManifest[] {
  const merged = new Map<Digest, LayoutManifest>();
  for (const one of found) {
    const before = merged.get(one.descriptor.digest);
    const names = [...new Set([...(before?.names ?? []), ...one.names])];
    const tags = [...new Set([...(before?.tags ?? []), ...one.tags])];
    merged.set(one.descriptor.digest, { ...one, names, tags });
  }
  return [...merged.values()];
}

function namesOf(node: Descriptor): string[] {
  const annotations = new Map(Object.entries(node.annotations ?? {}));
  const whole = annotations.get(CONTAINERD_NAME);
  const short = annotations.get(REF_NAME);
  const text = whole ?? (short !== undefined && isWhole(short) ? short : undefined);
  if (text === undefined) return [];
  try {
    return [canonicalName(parseReference(text))];
  } catch (error) {
    // The specification lets this annotation hold what is no image name.
    if (error instanceof InvalidReferenceError) return [];
    throw error;
  }
}

/** A lone word is a tag of nobody knows what. */
function isWhole(name: string): boolean {
  return /[:/]/.test(name);
}

/** The tag of an image that has no other name in the layout. */
function loneTags({ annotations = {} }: Descriptor): string[] {
  const short = new Map(Object.entries(annotations)).get(REF_NAME);
  const isLone = short !== undefined && !isWhole(short) && !(CONTAINERD_NAME in annotations);
  return isLone && TAG.test(short) ? [short] : [];
}

/** What the store is to keep, it keeps by SHA-256. */
function checkAlgorithm({ digest }: Descriptor): void {
  if (digest.startsWith('sha256:')) return;
  throw new UnsupportedImageError(
    `the archive refers to a part of an image by ${digest.slice(0, 19)}…; only SHA-256 is supported`,
  );
}

/** A manifest or an index of the layout, read once however often it is referred to. */
function parent(
  members: ArchiveMembers,
  node: Descriptor,
): { readonly data: Buffer; readonly document: ManifestOrIndex } {
  const data = document(members, node);
  const key = `parent ${node.mediaType} ${node.digest}`;
  return { data, document: members.once(key, () => parseManifestOrIndex(data, node.mediaType)) };
}

/** A document of the layout, checked against what refers to it. */
function document(members: ArchiveMembers, node: Descriptor): Buffer {
  checkAlgorithm(node);
  const data = members.document(blobName(node.digest));
  if (!data) throw new InvalidArchiveError(`${node.digest} is not in the archive`);
  if (data.length !== node.size) {
    throw new InvalidArchiveError(
      `${node.digest} of the archive has ${data.length} bytes, not the ${node.size} it is said to have`,
    );
  }
  const digest = members.once(`sum ${node.digest}`, () => digestOf(data));
  if (digest !== node.digest) {
    throw new InvalidArchiveError(`${node.digest} of the archive is ${digest}`, {
      hint: 'The archive was damaged or changed; nothing of it was kept.',
    });
  }
  return data;
}

function blobName(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}
