import { InvalidInputError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';
import type { OutputAnnotation } from '../../engine/build-types.ts';
import { hostPlatform, parsePlatform, type Platform } from '../../oci/platform.ts';

const PLACES = ['manifest', 'index', 'manifest-descriptor', 'index-descriptor'] as const;
type Place = (typeof PLACES)[number];

/** `annotation[-place][[platform]].key` of an output with its value; undefined for other keys. */
export function annotationAttribute(key: string, value: string): OutputAnnotation | undefined {
  const match = /^annotation(?:-([a-z-]+))?(?:\[([^\]]+)\])?\.(.+)$/.exec(key);
  if (!match) return undefined;
  const [, place = 'manifest', platform, name = ''] = match;
  return annotation(placeOf(place), platform, name, value);
}

/**
 * `[type[platform],…:]key=value` of `--annotation`: one for each type, by default for the
 * manifest. Throws InvalidInputError.
 */
export function annotationsOf(text: string): OutputAnnotation[] {
  const match = /^(?:([^=:.]+(?:\[[^\]]*\])?(?:,[^=:.]+)*):)?([^=]+)=(.*)$/s.exec(text);
  if (!match) {
    throw new InvalidInputError(
      `invalid annotation ${JSON.stringify(text)}, expected [type[platform]:]key=value`,
    );
  }
  const [, types = 'manifest', key = '', value = ''] = match;
  return types.split(',').map((type) => {
    const parts = /^([^[]+)(?:\[([^\]]*)\])?$/.exec(type);
    return annotation(placeOf(parts?.[1] ?? type), parts?.[2], key, value);
  });
}

function annotation(
  place: Place,
  platform: string | undefined,
  key: string,
  value: string,
): OutputAnnotation {
  if (platform === undefined) return { place, key, value };
  const wanted: Platform = parsePlatform(platform, hostPlatform(process.arch));
  return { place, platform: wanted, key, value };
}

function placeOf(word: string): Place {
  const found = PLACES.find((place) => place === word);
  if (found) return found;
  const near = closest(word, PLACES, { max: 3 });
  throw new InvalidInputError(
    `unknown annotation type ${JSON.stringify(word)}${near === undefined ? '' : ` (did you mean ${near}?)`}`,
    { hint: `It is one of ${PLACES.join(', ')}.` },
  );
}
