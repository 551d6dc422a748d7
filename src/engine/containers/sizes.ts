import { join } from 'node:path';
import type { Store } from '../../store/store.ts';
import type { ContainerSize, ContainerSummary } from '../container-types.ts';
import { spaceBelow } from '../system/space.ts';

/** What a container of this image takes on the disk. */
export function sizeOf(
  store: Store,
  { id, imageId }: Pick<ContainerSummary, 'id' | 'imageId'>,
): ContainerSize {
  const written = spaceBelow(join(store.paths.containers, id, 'upper'));
  const image = store.read(({ images }) => images.get(imageId)?.size ?? 0);
  return { written, whole: image + written };
}
