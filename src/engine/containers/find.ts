import type { Store } from '../../store/store.ts';
import { ContainerNotFoundError } from './errors.ts';
import { fromRow, type Container } from './record.ts';
import { settled } from './settle.ts';

/**
 * The container that goes by a name, an ID or how that begins, as it is now. Throws
 * ContainerNotFoundError.
 */
export function findContainer(store: Store, name: string): Container {
  const row = store.read(({ containers }) => containers.find(name));
  if (!row) throw new ContainerNotFoundError(name);
  return settled(fromRow(row), store.paths.containers);
}
