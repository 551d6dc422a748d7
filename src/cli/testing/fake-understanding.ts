import { InvalidInputError } from '../../base/errors.ts';
import type { Images } from '../../engine/engine.ts';

const none = (): Promise<never> =>
  Promise.reject(new InvalidInputError('there are no layers here'));

/** An engine in memory has no layers to look into. */
export const NO_LAYERS: Pick<Images, 'blame' | 'diff' | 'diffFile' | 'explain' | 'layers'> = {
  blame: none,
  diff: none,
  diffFile: none,
  explain: none,
  layers: none,
};
