import { type Digest, isDigest } from '../../oci/digest.ts';
import {
  choosePlatform,
  hostPlatform,
  matchesPlatform,
  type Platform,
} from '../../oci/platform.ts';
import {
  canonicalName,
  familiar,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
} from '../../oci/reference.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow, IndexRow, Tables } from '../../store/tables.ts';
import { AmbiguousImageError, ImageNotFoundError, PlatformNotFoundError } from '../errors.ts';
import { nearest } from './near.ts';

/** What a text that names an image was found to mean. */
export interface Found {
  readonly image: ImageRow;
  /** How it was named: by the digits of its ID, or by one of its names (canonical). */
  readonly by: { readonly id: true } | { readonly name: string };
  /** The index that was named; `image` is the one of its images that was meant. */
  readonly index?: IndexRow;
}

/**
 * Finds an image by full ID, by name (`:latest` when there is no tag), by `name@digest`, or by
 * the beginning of its ID. A name wins over the beginning of another image's ID. Of an index
 * the image for this machine is meant, or that for `platform`.
 *
 * Throws ImageNotFoundError, AmbiguousImageError, InvalidReferenceError,
 * PlatformNotFoundError.
 */
export function findImage(store: Store, text: string, platform?: Platform): ImageRow {
  return store.read((tables) => findIn(tables, text, platform).image);
}

/**
 * Of an index the image for `platform`, or for what comes nearest to it; any other image as it
 * is, whatever it is made for. Throws as {@link findImage}.
 */
export function findMember(store: Store, text: string, platform: Platform | undefined): ImageRow {
  return store.read((tables) => {
    const { image, index } = findIn(tables, text);
    if (!index || !platform) return image;
    const rows = membersOf(tables, index);
    return (
      rows[
        choosePlatform(
          rows.map(({ made }) => made),
          platform,
        )
      ]?.row ?? image
    );
  });
}

/** {@link findImage} inside a transaction; also says how the text was understood. */
export function findIn(tables: Tables, text: string, platform?: Platform): Found {
  const found = findAny(tables, text);
  return platform ? ofPlatform(tables, found, text, platform) : found;
}

function findAny(tables: Tables, text: string): Found {
  const whole = byFullId(tables, text);
  if (whole) return whole;
  const reference = referenceOf(text);
  const named = reference && byName(tables, reference);
  if (named) return named;
  const prefixed = byPrefix(tables, text);
  if (prefixed) return prefixed;
  if (!reference) throw new ImageNotFoundError(text);
  throw new ImageNotFoundError(familiar(reference), namesLike(tables, reference));
}

/** The image of an index for one platform; or the image itself, where it is for that one. */
function ofPlatform(tables: Tables, found: Found, text: string, platform: Platform): Found {
  const { index } = found;
  if (!index) {
    if (matchesPlatform(platform, found.image.platform)) return found;
    throw new PlatformNotFoundError(text, platform, [found.image.platform]);
  }
  const rows = membersOf(tables, index);
  const platforms = rows.map(({ made }) => made);
  const member = rows[choosePlatform(platforms, platform)];
  if (member && matchesPlatform(platform, member.made)) return { ...found, image: member.row };
  throw new PlatformNotFoundError(text, platform, platforms);
}

function membersOf(
  tables: Tables,
  { members }: IndexRow,
): { readonly row: ImageRow; readonly made: Platform }[] {
  return members.flatMap(({ image, manifest }) => {
    const row = tables.images.get(image);
    return row ? [{ row, made: manifest.platform ?? row.platform }] : [];
  });
}

function byFullId(tables: Tables, text: string): Found | undefined {
  const id = /^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : text;
  if (!isDigest(id)) return undefined;
  const image = tables.images.get(id);
  return image ? { image, by: { id: true } } : byIndex(tables, id);
}

/** An index by its digest. */
function byIndex(tables: Tables, digest: Digest): Found | undefined {
  const index = tables.indexes.get(digest);
  const rows = (index?.members ?? []).flatMap(({ image }) => tables.images.get(image) ?? []);
  const platforms = rows.map((row) => row.platform);
  const image = rows[choosePlatform(platforms, hostPlatform(process.arch))];
  return index && image && { image, by: { id: true }, index };
}

/** Undefined for what can only be an ID; throws for what can be neither. */
function referenceOf(text: string): Reference | undefined {
  if (isDigest(text) || /^(?:sha256:)?[0-9a-f]{64}$/.test(text)) return undefined;
  return withDefaultTag(parseReference(text));
}

function byName(tables: Tables, reference: Reference): Found | undefined {
  const name = canonicalName(reference);
  const row = tables.images.named(name);
  const image = row && tables.images.get(row.image);
  const index = row?.index === undefined ? undefined : tables.indexes.get(row.index);
  if (image) return { image, by: { name }, ...(index && { index }) };
  return reference.digest && byManifest(tables, reference, reference.digest);
}

/** `name@digest` also finds what the manifest's digest and any name of that repository agree on. */
function byManifest(tables: Tables, reference: Reference, digest: Digest): Found | undefined {
  const image = tables.images.byManifest(digest);
  if (!image) return undefined;
  const repository = `${repositoryName(reference)}:`;
  const isNamed = tables.images.names(image.id).some((row) => row.name.startsWith(repository));
  return isNamed ? { image, by: { id: true } } : undefined;
}

function byPrefix(tables: Tables, text: string): Found | undefined {
  const hex = text.startsWith('sha256:') ? text.slice('sha256:'.length) : text;
  if (!/^[0-9a-f]{1,64}$/.test(hex)) return undefined;
  const [image, ...others] = tables.images.byPrefix(hex, MOST_CANDIDATES + 1);
  const [index, ...more] = tables.indexes.byPrefix(hex, MOST_CANDIDATES + 1);
  if (others.length + more.length > 0 || (image && index)) {
    throw new AmbiguousImageError(text, candidates(tables, hex));
  }
  if (index) return byIndex(tables, index);
  const row = image && tables.images.get(image);
  return row && { image: row, by: { id: true } };
}

/** More would not be read. */
const MOST_CANDIDATES = 5;
/** Tags of a repository that are told to who asked for another one. */
const MOST_SIBLINGS = 2;

/** What begins with these digits: as many more as tell them apart, and a name. */
function candidates(tables: Tables, hex: string): string[] {
  const images = tables.images.byPrefix(hex, MOST_CANDIDATES + 1);
  const indexes = tables.indexes.byPrefix(hex, MOST_CANDIDATES + 1);
  const names = tables.images.names();
  const shown = [...images, ...indexes].map((digest) => {
    const name = names.find((row) => row.image === digest || row.index === digest)?.name;
    const id = digest.slice('sha256:'.length).slice(0, Math.max(12, hex.length + 4));
    return name === undefined ? id : `${id} (${familiar(parseReference(name))})`;
  });
  return shown.length > MOST_CANDIDATES
    ? [...shown.slice(0, MOST_CANDIDATES), 'and others']
    : shown;
}

function namesLike(tables: Tables, reference: Reference): string[] {
  const all = tables.images.names().map((row) => parseReference(row.name));
  const near = nearest(familiar(reference), all.map(familiar));
  if (near.length > 0) return near;
  // `base` stands for base:latest, which need not be there where base:1 is.
  const repository = repositoryName(reference);
  const siblings = all.filter((one) => repositoryName(one) === repository);
  return siblings.map(familiar).sort().slice(0, MOST_SIBLINGS);
}
