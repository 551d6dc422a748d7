import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { ContainerConfig, ImageConfig } from '../../oci/image-config.ts';
import { formatPlatform, hostPlatform, type Platform } from '../../oci/platform.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow } from '../../store/tables.ts';
import type { CreateRequest } from '../create-request.ts';
import { ImageNotFoundError } from '../errors.ts';
import { findImage } from '../images/find.ts';
import { ContainerStartError } from './errors.ts';

/**
 * The image to run; one that is not here is brought by `missing`, if there is a way. Throws
 * ContainerStartError.
 */
export async function imageToRun(
  store: Store,
  { image: name, platform }: Pick<CreateRequest, 'image' | 'platform'>,
  missing: ((name: string) => Promise<void>) | undefined,
): Promise<ImageRow> {
  try {
    return imageOf(store, name, platform);
  } catch (error) {
    const cause = error instanceof ContainerStartError ? error.cause : undefined;
    if (!missing || name.startsWith('sha256:') || !(cause instanceof ImageNotFoundError)) {
      throw error;
    }
    await missing(cause.message.replace(/^No such image: /, ''));
    return imageOf(store, name, platform);
  }
}

/** The image to run, of those that are here. Throws ContainerStartError. */
function imageOf(store: Store, name: string, platform: Platform | undefined): ImageRow {
  try {
    return findImage(store, name, platform);
  } catch (error) {
    if (!(error instanceof ImageNotFoundError)) throw error;
    const full = error.message.replace(/^No such image: /, '');
    throw new ContainerStartError(`Unable to find image '${full}' locally`, {
      hint: error.hint ?? 'Build it, or bring it here with pull or load.',
      httpStatus: 404,
      cause: error,
    });
  }
}

/** How the image wants to be run. */
export function configOf(store: Store, image: ImageRow): ContainerConfig {
  const config = JSON.parse(store.blobs.readSync(image.id).toString('utf8')) as ImageConfig;
  return config.config ?? {};
}

/** Says so when the image is made for machines of another kind; it may run all the same. */
export function warnOfPlatform({ platform }: ImageRow, options: CallOptions): void {
  const host = hostPlatform(process.arch);
  if (platform.os === host.os && platform.architecture === host.architecture) return;
  const [asked, own] = [platform, host].map(formatPlatform);
  reporter(options.progress).warn({
    code: 'PLATFORM',
    message: `The requested image's platform (${asked}) does not match the detected host platform (${own}) and no specific platform was requested`,
  });
}
