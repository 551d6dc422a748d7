import { join } from 'node:path';
import type { Store } from '../../store/store.ts';
import type { ContainerDetails } from '../container-types.ts';
import { ContainerNotFoundError } from './errors.ts';
import { summaryOf } from './list.ts';
import { fromRow, isUp } from './record.ts';
import { settled } from './settle.ts';

/**
 * What is known of one container, by its name, its ID or how that begins; with `size`, what it
 * takes on the disk. Throws ContainerNotFoundError.
 */
export async function inspectContainer(
  store: Store,
  name: string,
  options: { readonly size?: boolean } = {},
): Promise<ContainerDetails> {
  const details = store.read((tables) => {
    const row = tables.containers.find(name);
    if (!row) throw new ContainerNotFoundError(name);
    const container = settled(fromRow(row), store.paths.containers);
    const { argv, process, remove } = container.record;
    const image = tables.images.get(container.image);
    return {
      ...summaryOf(container, tables),
      argv,
      remove,
      pid: isUp(container.state) ? (process?.pid ?? 0) : 0,
      imageSize: image?.size ?? 0,
    };
  });
  const { imageSize, ...known } = details;
  if (options.size !== true) return known;
  const { spaceBelow } = await import('../system/space.ts');
  const written = spaceBelow(join(store.paths.containers, known.id, 'upper'));
  return { ...known, size: { written, whole: imageSize + written } };
}
