import { parseManifest } from '../../oci/parse-manifest.ts';
import { isDigest } from '../../oci/digest.ts';
import { InvalidReferenceError } from '../../oci/errors.ts';
import { parseReference, repositoryName } from '../../oci/reference.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow } from '../../store/tables.ts';

const NAME = 'org.opencontainers.image.base.name';
const DIGEST = 'org.opencontainers.image.base.digest';

/** What an image says of its base. */
export interface RecordedBase {
  /** As it was written: a whole name, or an ID. */
  readonly name: string;
  /** Of the manifest or the index that the name pointed at. */
  readonly digest: string | undefined;
}

/**
 * By the manifest's annotations.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys
 */
export function recordedBase(store: Store, image: ImageRow): RecordedBase | undefined {
  const { manifest } = image;
  const { annotations = {} } = parseManifest(
    store.blobs.readSync(manifest.digest),
    manifest.mediaType,
  );
  const name = Object.hasOwn(annotations, NAME) ? annotations[NAME] : undefined;
  if (name === undefined) return undefined;
  return { name, digest: Object.hasOwn(annotations, DIGEST) ? annotations[DIGEST] : undefined };
}

/** The image here that a record speaks of; its name alone does not do, as names move on. */
export function baseHere(store: Store, { name, digest }: RecordedBase): ImageRow | undefined {
  return store.read((tables) => {
    if (isDigest(name)) return tables.images.get(name);
    if (digest === undefined || !isDigest(digest)) return undefined;
    const repository = repositoryOf(name);
    const named =
      repository === undefined ? undefined : tables.images.named(`${repository}@${digest}`);
    return (named && tables.images.get(named.image)) ?? tables.images.byManifest(digest);
  });
}

/** The canonical repository of a recorded name; undefined for what is no name. */
export function repositoryOf(name: string): string | undefined {
  try {
    return repositoryName(parseReference(name));
  } catch (error) {
    if (error instanceof InvalidReferenceError) return undefined;
    throw error;
  }
}
