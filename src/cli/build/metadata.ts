import { randomBytes } from 'node:crypto';
import type { BuildOutput, BuildResult } from '../../engine/build-types.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';

/**
 * What `--metadata-file` gets: keys in the order of their names, as buildx calls them. Builds
 * that only write files have no image to tell of.
 */
export function metadata(
  { id, manifest, images, names }: BuildResult,
  outputs: readonly BuildOutput[] | undefined,
): Readonly<Record<string, unknown>> {
  const isImage =
    !outputs || outputs.some(({ type }) => !['local', 'tar', 'cacheonly'].includes(type));
  const several = images.length > 1;
  const provenance = images.flatMap(({ platform, provenance: told }) => {
    const key = `buildx.build.provenance${several ? `/${formatPlatform(platform)}` : ''}`;
    return told ? [[key, told] as const] : [];
  });
  return {
    ...Object.fromEntries(provenance),
    'buildx.build.ref': `default/default/${reference()}`,
    ...(isImage && {
      ...(!several && { 'containerimage.config.digest': id }),
      'containerimage.descriptor': {
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        size: manifest.size,
      },
      'containerimage.digest': manifest.digest,
      ...(names.length > 0 && {
        'image.name': names.map((name) => formatReference(parseReference(name))).join(','),
      }),
    }),
  };
}

/** Names this build, of 25 digits and letters. */
function reference(): string {
  return BigInt(`0x${randomBytes(16).toString('hex')}`)
    .toString(36)
    .padStart(25, '0')
    .slice(0, 25);
}
