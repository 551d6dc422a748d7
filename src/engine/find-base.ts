import { BaseNotFoundError } from '../build/errors.ts';
import type { BaseImage } from '../build/frontend/frontend.ts';
import { diffIdsOf, parseConfig } from '../oci/parse-config.ts';
import type { Platform } from '../oci/platform.ts';
import { formatReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import type { Store } from '../store/store.ts';
import { ImageNotFoundError } from './errors.ts';
import { findMember } from './images/find.ts';

/** Finds a base image for a build: metadata only. Of an index, the image for the platform. Throws ImageNotFoundError. */
export function findBase(store: Store, name: string, platform?: Platform): BaseImage {
  const image = baseImage(store, name, platform);
  const config = parseConfig(store.blobs.readSync(image.id));
  return {
    name: canonical(name, image.id),
    manifest: image.manifest.digest,
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
