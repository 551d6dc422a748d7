import { type Digest, isDigest } from '../../oci/digest.ts';
import {
  canonicalName,
  familiar,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
} from '../../oci/reference.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow, Tables } from '../../store/tables.ts';
import { AmbiguousImageError, ImageNotFoundError } from '../errors.ts';
import { nearest } from './near.ts';

/** What a text that names an image was found to mean. */
export interface Found {
  readonly image: ImageRow;
  /** How it was named: by the digits of its ID, or by one of its names (canonical). */
  readonly by: { readonly id: true } | { readonly name: string };
}

/**
 * Finds an image by full ID, by name (`:latest` when there is no tag), by `name@digest`, or by
 * the beginning of its ID. A name wins over the beginning of another image's ID.
 *
 * Throws ImageNotFoundError, AmbiguousImageError, InvalidReferenceError.
 */
export function findImage(store: Store, text: string): ImageRow {
  return store.read((tables) => findIn(tables, text).image);
}

/** {@link findImage} inside a transaction; also says how the text was understood. */
export function findIn(tables: Tables, text: string): Found {
  const image = byFullId(tables, text);
  if (image) return { image, by: { id: true } };
  const reference = referenceOf(text);
  const named = reference && byName(tables, reference);
  if (named) return named;
  const prefixed = byPrefix(tables, text);
  if (prefixed) return { image: prefixed, by: { id: true } };
  if (!reference) throw new ImageNotFoundError(text);
  throw new ImageNotFoundError(familiar(reference), namesLike(tables, reference));
}

function byFullId(tables: Tables, text: string): ImageRow | undefined {
  const id = /^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : text;
  return isDigest(id) ? tables.images.get(id) : undefined;
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
  if (image) return { image, by: { name } };
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

function byPrefix(tables: Tables, text: string): ImageRow | undefined {
  const hex = text.startsWith('sha256:') ? text.slice('sha256:'.length) : text;
  if (!/^[0-9a-f]{1,64}$/.test(hex)) return undefined;
  const [only, another] = tables.images.byPrefix(hex, 2);
  if (another !== undefined) throw new AmbiguousImageError(text);
  return only && tables.images.get(only);
}

function namesLike(tables: Tables, reference: Reference): string[] {
  const names = tables.images.names().map((row) => familiar(parseReference(row.name)));
  return nearest(familiar(reference), names);
}
