import { watch } from 'node:fs';
import { childrenOf, isAlive } from '../../runtime/process-identity.ts';
import { hasDebris, tidyContainer } from '../../runtime/tidy.ts';
import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import { mountsBelow, unmount } from '../../sys/mount.ts';
import { containerPaths } from './layout.ts';
import { monitorOf } from './monitor-of.ts';
import { displaceVolumes, isPart } from './place-volumes.ts';
import { fromRow, isUp, toRow, type Container } from './record.ts';
import { concluded, rested } from './restart-policy.ts';
import { settled } from './settle.ts';
import { tell } from './tell.ts';

const GLANCE = 5;
const LOOK = 500;

/** Writes down that a container has ended, if it has and nobody did. Returns it as it is. */
export function noteEnd(store: Store, id: string): Container | undefined {
  return store.note((tables) => {
    const row = tables.containers.get(id);
    if (!row) return undefined;
    const before = fromRow(row);
    const now = settled(before, store.paths.containers);
    if (now === before) return now;
    return conclude(tables, before, now, store.clock.now().getTime());
  });
}

/** Writes down what becomes of a container whose end nobody has written down, and tells of it. */
export function conclude(
  tables: Tables,
  before: Container,
  ended: Container,
  now: number,
): Container {
  // One that waited for its restart when the machine went down died then.
  const final = isUp(before.state) ? concluded(ended, now) : fromRow(rested(ended));
  const row = toRow(final);
  tables.containers.put(row);
  if (!isUp(before.state)) return final;
  const at = final.record.finishedAt ?? now;
  if (final.record.oomKilled === true) tell(tables, 'oom', row, at);
  tell(tables, 'die', row, at);
  return final;
}

/**
 * Resolves when a container does not run any more and its monitor has ended, with what it is
 * then; undefined when it is gone altogether. With `patience`, in milliseconds, it resolves
 * with the container as it is after that time.
 */
export async function waitForEnd(
  store: Store,
  id: string,
  options: { readonly patience?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<Container | undefined> {
  const { patience = Infinity, signal } = options;
  const begun = process.hrtime.bigint();
  // Before the first look, so that nothing is missed in between.
  using bell = new Bell(containerPaths(store.paths.containers, id).bundle, signal);
  for (;;) {
    signal?.throwIfAborted();
    const row = store.read(({ containers }) => containers.get(id));
    if (!row) return undefined;
    const container = settled(fromRow(row), store.paths.containers);
    const { monitor } = container.record;
    const isStill = isUp(container.state);
    if (!isStill && !(monitor && isAlive(monitor))) return container;
    const passed = Number(process.hrtime.bigint() - begun) / 1e6;
    if (passed >= patience) return container;
    await bell.rung(isStill ? Math.min(LOOK, patience - passed) : GLANCE);
  }
}

/** Rings when something happens in a directory. */
class Bell implements Disposable {
  readonly #watcher: ReturnType<typeof watch> | undefined;
  readonly #signal: AbortSignal | undefined;
  #rang = false;
  #wake = (): void => undefined;

  constructor(directory: string, signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#ring);
    try {
      this.#watcher = watch(directory, this.#ring).on('error', this.#ring);
    } catch {
      // It has just been removed.
    }
  }

  readonly #ring = (): void => {
    this.#rang = true;
    this.#wake();
  };

  /** Resolves when it has rung since the last time, or after some milliseconds. */
  async rung(time: number): Promise<void> {
    if (!this.#rang) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, time);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#rang = false;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#signal?.removeEventListener('abort', this.#ring);
  }
}

/** Takes away all that a container that does not run has beside its files: mounts, groups, state. */
export function release(store: Store, id: string, parent?: string): void {
  const paths = containerPaths(store.paths.containers, id);
  const monitor = monitorOf(paths);
  // It waits for a start that nobody will give. This process may be what the monitor calls.
  const children = monitor === undefined ? [] : childrenOf(monitor);
  for (const pid of children.filter((one) => one !== process.pid)) kill(pid);
  const mounts = mountsBelow(store.paths.containers);
  if (isMounted(mounts, id)) unmount(paths.merged);
  displaceVolumes(store, id, mounts);
  tidyContainer({ stateDir: store.paths.run, storeId: store.id }, id, parent);
}

/** Whether {@link release} has something to do. `mounts` are those below all containers. */
export function needsRelease(
  store: Store,
  { id, record }: Container,
  mounts: readonly string[],
): boolean {
  if (record.monitor && isAlive(record.monitor)) return false;
  return isMounted(mounts, id) || hasDebris({ stateDir: store.paths.run, storeId: store.id }, id);
}

/** The directory of all containers may be reached by a link. */
function isMounted(mounts: readonly string[], id: string): boolean {
  return mounts.some((target) => target.endsWith(`/${id}/merged`) || isPart(target, id));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
