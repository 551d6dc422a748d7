import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../store/store.ts';
import { fromRow, isAbandoned, settled, toRow } from './record.ts';
import { tell } from './tell.ts';
import { removeWithContainer } from '../volumes/with-container.ts';
import { namesIn } from '../../sys/names-in.ts';

/**
 * Brings rows and directories in line with what is true after a stave was killed: containers
 * that were to go are removed, others have ended, and directories without a row go too.
 */
export function reap(store: Store): void {
  // Listed before the rows are read: a row comes before its directory, so none that is just
  // being made can look like one without a row.
  const found = namesIn(store.paths.containers);
  const gone: string[] = [];
  const trash: string[] = [];
  const known = store.read(({ containers }) => containers.list().map(fromRow));
  if (known.some(isAbandoned)) {
    store.write((tables) => {
      const { containers } = tables;
      const now = store.clock.now().getTime();
      for (const container of containers.list().map(fromRow).filter(isAbandoned)) {
        const ended = settled(container);
        if (container.state === 'running') tell(tables, 'die', ended, now);
        if (container.record.remove) {
          trash.push(...removeWithContainer(tables, store, container.id));
          containers.remove(container.id);
          tell(tables, 'destroy', ended, now);
          gone.push(container.id);
        } else if (container.state === 'running') {
          containers.put(toRow(ended));
        }
      }
    });
  }
  empty(trash);
  const kept = new Set(known.map(({ id }) => id).filter((id) => !gone.includes(id)));
  for (const id of found) if (!kept.has(id)) removeFiles(store, id);
}

/**
 * Removes a container that does not run: its row, then its files; with `volumes` the anonymous
 * ones of them, too, that no other container has.
 */
export function removeContainer(
  store: Store,
  id: string,
  options: { readonly volumes?: boolean } = {},
): void {
  const trash = store.write((tables) => {
    const row = tables.containers.get(id);
    const gone = options.volumes === true ? removeWithContainer(tables, store, id) : [];
    tables.containers.remove(id);
    if (row) tell(tables, 'destroy', fromRow(row), store.clock.now().getTime());
    return gone;
  });
  removeFiles(store, id);
  empty(trash);
}

function removeFiles(store: Store, id: string): void {
  rmSync(join(store.paths.containers, id), { recursive: true, force: true });
}

function empty(trash: readonly string[]): void {
  for (const path of trash) rmSync(path, { recursive: true, force: true });
}
