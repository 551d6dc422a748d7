import { collect } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import { chooseManifest } from '../oci/choose-manifest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import { parseIndex } from '../oci/parse-manifest.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import { verified } from '../oci/verified.ts';
import { isIndex } from './children.ts';
import { InvalidArchiveError, UnsupportedImageError } from './errors.ts';
import type { Source } from './transport.ts';

/** Indexes inside indexes. */
const DEPTH = 8;

/** A node's bytes, checked. Throws InvalidArchiveError for a document that is too large. */
export async function documentOf(
  source: Source,
  node: Descriptor,
  call: CallOptions = {},
): Promise<Buffer> {
  if (node.size > DOCUMENT_LIMIT) {
    throw new InvalidArchiveError(`${source.label} has a manifest of ${node.size} bytes`);
  }
  return collect(verified(await source.fetch(node, call), node, source.label), DOCUMENT_LIMIT);
}

/**
 * The same place, but of an index the one image that fits a platform best. What is no index
 * stays as it is. Throws UnsupportedImageError when nothing fits.
 */
export async function chosenSource(
  source: Source,
  platform: Platform,
  call: CallOptions = {},
): Promise<Source> {
  let root = await source.root(call);
  for (let depth = 0; isIndex(root); depth += 1) {
    if (depth >= DEPTH) throw new UnsupportedImageError('the image lies in too many indexes');
    const { manifests } = parseIndex(await documentOf(source, root, call), root.mediaType);
    const found = chooseManifest(manifests, platform);
    if (!found) throw noneFits(manifests, platform);
    root = { mediaType: found.mediaType, digest: found.digest, size: found.size };
  }
  return rooted(source, root);
}

/** The same place with another root. */
export function rooted(source: Source, root: Descriptor): Source {
  return {
    label: source.label,
    root: () => Promise.resolve(root),
    fetch: (node, call) => source.fetch(node, call),
    ...(source.pour && { pour: (...pour) => source.pour!(...pour) }),
    ...(source.place && { place: source.place }),
  };
}

function noneFits(entries: readonly Descriptor[], platform: Platform): UnsupportedImageError {
  const offered = entries.flatMap((entry) =>
    entry.platform && entry.platform.os !== 'unknown' ? [formatPlatform(entry.platform)] : [],
  );
  return new UnsupportedImageError(
    `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`,
    { hint: offered.length > 0 ? `There are: ${[...new Set(offered)].join(', ')}.` : undefined },
  );
}
