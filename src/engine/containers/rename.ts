import type { Store } from '../../store/store.ts';
import { ContainerConflictError } from './errors.ts';
import { findContainer } from './find.ts';
import { checkName } from './names.ts';
import { tell } from './tell.ts';
import { renameOnNetworks } from '../networks/release.ts';

/** Gives a container another name. Throws ContainerNotFoundError, ContainerConflictError. */
export async function renameContainer(store: Store, name: string, wanted: string): Promise<void> {
  const { id, name: old } = findContainer(store, name);
  const next = wanted.replace(/^\//, '');
  checkName(next);
  if (next === old) {
    throw new ContainerConflictError('Renaming a container with the same name as its current name');
  }
  store.write((tables) => {
    const { containers } = tables;
    const other = containers.list().find((row) => row.name === next);
    if (other) {
      throw new ContainerConflictError(
        `Conflict. The container name "/${next}" is already in use by container "${other.id}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    }
    const row = containers.get(id);
    if (!row) return;
    const renamed = { ...row, name: next };
    containers.put(renamed);
    tell(tables, 'rename', renamed, store.clock.now().getTime(), { oldName: `/${old}` });
  });
  await renameOnNetworks(store, id, next);
}
