import { BaseNotFoundError } from '../build/errors.ts';
import type { BaseImage } from '../build/frontend/frontend.ts';
import { diffIdsOf, parseConfig } from '../oci/parse-config.ts';
import { formatReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import type { Store } from '../store/store.ts';
import { ImageNotFoundError } from './errors.ts';
import { findImage } from './images/find.ts';

/** Finds a base image for a build: metadata only. Throws ImageNotFoundError. */
export function findBase(store: Store, name: string): BaseImage {
  const image = baseImage(store, name);
  const config = parseConfig(store.blobs.readSync(image.id));
  return {
    name: canonical(name, image.id),
    manifest: image.manifest.digest,
    layers: diffIdsOf(config),
    config,
    platform: image.platform,
  };
}

function baseImage(store: Store, name: string): ReturnType<typeof findImage> {
  try {
    return findImage(store, name);
  } catch (error) {
    if (!(error instanceof ImageNotFoundError)) throw error;
    throw new BaseNotFoundError(name, error.hint);
  }
}

/** The name that an image's annotations say it was built on. */
function canonical(name: string, id: string): string {
  try {
    return formatReference(withDefaultTag(parseReference(name)));
  } catch {
    return id;
  }
}
