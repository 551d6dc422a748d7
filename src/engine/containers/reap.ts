import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../store/store.ts';
import { conclude, needsRelease, release } from './end.ts';
import { letGo } from './pause.ts';
import { isPart } from './place-volumes.ts';
import { fromRow, isUp, toRow, type Container } from './record.ts';
import { isAbandoned, isOwned, settled } from './settle.ts';
import { tell } from './tell.ts';
import { mountsBelow } from '../../sys/mount.ts';
import { removeWithContainer } from '../volumes/with-container.ts';
import { namesIn } from '../../sys/names-in.ts';

/**
 * Brings rows and directories in line with what is true after a stave was killed: containers
 * that were to go are removed, others have ended, and directories without a row go too.
 */
export function reap(store: Store): void {
  letGo(store);
  // Listed before the rows are read: a row comes before its directory, so none that is just
  // being made can look like one without a row.
  const found = namesIn(store.paths.containers);
  const trash: string[] = [];
  const directory = store.paths.containers;
  const known = store.read(({ containers }) => containers.list().map(fromRow));
  const isWrong = (container: Container): boolean =>
    settled(container, directory) !== container || isAbandoned(container, directory);
  const gone: string[] = [];
  if (known.some(isWrong)) {
    store.write((tables) => {
      const { containers } = tables;
      const now = store.clock.now().getTime();
      for (const container of containers.list().map(fromRow).filter(isWrong)) {
        const found = settled(container, directory);
        const ended = found === container ? found : conclude(tables, container, found, now);
        const row = toRow(ended);
        if (!isAbandoned(ended, directory)) continue;
        trash.push(...removeWithContainer(tables, store, container.id));
        containers.remove(container.id);
        tell(tables, 'destroy', row, now);
        gone.push(container.id);
      }
    });
  }
  empty(trash);
  const kept = new Set(known.map(({ id }) => id).filter((id) => !gone.includes(id)));
  if (found.length === 0) return;
  const mounts = mountsBelow(directory);
  for (const container of known) {
    if (gone.includes(container.id) || isIdle(container, directory)) {
      if (!needsRelease(store, container, mounts)) continue;
      release(store, container.id, container.record.settings.cgroupParent);
    }
  }
  for (const id of found.filter((one) => !kept.has(one))) {
    release(store, id);
    removeFiles(store, id);
  }
}

/** Neither does it run, nor is anybody about to start it. */
function isIdle(container: Container, directory: string): boolean {
  const { state, record } = settled(container, directory);
  return !isUp(state) && state !== 'restarting' && !isOwned(record);
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
  const known = store.read(({ containers }) => containers.get(id));
  // One that goes with its end is removed again if power loss brings it back.
  const isPassing = known !== undefined && fromRow(known).record.remove;
  const { row, trash } = store[isPassing ? 'note' : 'write']((tables) => {
    const found = tables.containers.get(id);
    const gone = options.volumes === true ? removeWithContainer(tables, store, id) : [];
    tables.containers.remove(id);
    if (found) tell(tables, 'destroy', found, store.clock.now().getTime());
    return { row: found, trash: gone };
  });
  release(store, id, row && fromRow(row).record.settings.cgroupParent);
  removeFiles(store, id);
  empty(trash);
}

function removeFiles(store: Store, id: string): void {
  // A part of a volume that could not be let go of is no file of the container.
  if (mountsBelow(store.paths.containers).some((target) => isPart(target, id))) return;
  // A mount that another process has just let go of may take a moment.
  rmSync(join(store.paths.containers, id), { recursive: true, force: true, maxRetries: 5 });
}

function empty(trash: readonly string[]): void {
  for (const path of trash) rmSync(path, { recursive: true, force: true });
}
