import { BaseNotFoundError } from '../build/errors.ts';
import type { BaseImage } from '../build/frontend/frontend-types.ts';
import { isDigest } from '../oci/digest.ts';
import { diffIdsOf, parseConfig } from '../oci/parse-config.ts';
import type { Platform } from '../oci/platform.ts';
import {
  formatReference,
  parseReference,
  repositoryName,
  withDefaultTag,
} from '../oci/reference.ts';
import type { Store } from '../store/store.ts';
import type { ImageRow } from '../store/tables.ts';
import { ImageNotFoundError } from './errors.ts';
import { findMember } from './images/find.ts';

/** Finds a base image for a build: metadata only. Of an index, the image for the platform. Throws ImageNotFoundError. */
export function findBase(store: Store, name: string, platform?: Platform): BaseImage {
  const image = baseImage(store, name, platform);
  const config = parseConfig(store.blobs.readSync(image.id));
  return {
    name: canonical(name, image.id),
    manifest: remoteDigest(store, name, image) ?? image.manifest.digest,
    layers: diffIdsOf(config),
    config,
    platform: image.platform,
  };
}

function baseImage(
  store: Store,
  name: string,
  platform: Platform | undefined,
): ReturnType<typeof findMember> {
  try {
    return findMember(store, name, platform);
  } catch (error) {
    if (!(error instanceof ImageNotFoundError)) throw error;
    throw new BaseNotFoundError(
      `${name}: there is no such image in the store`,
      error.hint ?? "Build it, or bring it in with 'stave pull' or 'stave load'.",
      error,
    );
  }
}

/** What the name points at where the image was pulled from, an index maybe, when that is known for sure. */
function remoteDigest(store: Store, name: string, image: ImageRow): string | undefined {
  if (isDigest(name) || /^[0-9a-f]{1,64}$/.test(name)) return undefined;
  const prefix = `${repositoryName(parseReference(name))}@`;
  const found = store
    .read(({ images }) => images.names(image.id))
    .filter((row) => row.name.startsWith(prefix));
  return found.length === 1 ? found[0]?.name.slice(prefix.length) : undefined;
}

/** The name that an image's annotations say it was built on. */
function canonical(name: string, id: string): string {
  if (isDigest(name)) return id;
  try {
    return formatReference(withDefaultTag(parseReference(name)));
  } catch {
    return id;
  }
}
