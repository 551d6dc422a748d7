import type { DiffId } from '../../oci/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { modeFindings, toolFindings, userFindings, type Looked } from './contents.ts';
import { programFindings, type ResultFinding } from './programs.ts';

/** Everything that is wrong with an image, whoever made it. */
export function imageFindings(
  config: NonNullable<ImageConfig['config']>,
  layers: readonly DiffId[],
  how: Pick<Looked, 'inherited' | 'several'>,
  snapshotter: Snapshotter,
): ResultFinding[] {
  const view = snapshotter.view(layers);
  const below = snapshotter.view(layers.slice(0, how.inherited ?? 0));
  const looked = { config, layers, view, below, snapshotter, ...how };
  return [
    ...programFindings(config, view),
    ...userFindings(looked),
    ...toolFindings(looked),
    ...modeFindings(looked),
  ];
}
