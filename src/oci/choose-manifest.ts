import type { Descriptor } from './descriptor.ts';
import { isNearer, matchesPlatform, type Platform } from './platform.ts';

/** How an entry of an index that describes another entry is marked. */
const REFERENCE_TYPE = 'vnd.docker.reference.type';

/** True for what an index holds besides images: provenance, bills of material. */
function isAttestation({ annotations, platform }: Descriptor): boolean {
  return (
    annotations?.[REFERENCE_TYPE] !== undefined ||
    (platform?.os === 'unknown' && platform.architecture === 'unknown')
  );
}

/**
 * The entry of an index that fits a platform best: the nearest variant, the first among equals,
 * a smaller relative where there is nothing better (386 on amd64, arm on arm64), and last one
 * that does not say what it is for. Undefined when nothing fits.
 */
export function chooseManifest(
  entries: readonly Descriptor[],
  wanted: Platform,
): Descriptor | undefined {
  const images = entries.filter((entry) => !isAttestation(entry));
  for (const target of [wanted, ...relatives(wanted)]) {
    let best: Descriptor | undefined;
    for (const entry of images) {
      const { platform } = entry;
      if (!platform || isBlank(platform) || !matchesPlatform(target, platform)) continue;
      if (!best?.platform || isNearer(target, platform, best.platform)) best = entry;
    }
    if (best) return best;
  }
  return images.find(({ platform }) => !platform || isBlank(platform));
}

function relatives({ os, architecture }: Platform): Platform[] {
  if (architecture === 'amd64') return [{ os, architecture: '386' }];
  if (architecture === 'arm64') return [{ os, architecture: 'arm', variant: 'v8' }];
  return [];
}

function isBlank({ os, architecture }: Platform): boolean {
  return os === '' && architecture === '';
}
