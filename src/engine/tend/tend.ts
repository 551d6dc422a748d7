import { databaseChanges } from '../../store/database-changes.ts';
import type { Store } from '../../store/store.ts';
import { afterExit } from '../containers/after-exit.ts';
import type { ContainerParts } from '../containers/parts.ts';
import { fromRow, isUp, type Container } from '../containers/record.ts';
import { reap } from '../containers/reap.ts';
import { isOwned, settled } from '../containers/settle.ts';
import { isAlive } from '../../runtime/process-identity.ts';
import { sweepNetworks } from '../networks/release.ts';
import { checkHealth } from './check-health.ts';
import { healthCheckOf, nextCheck } from './health.ts';
import { logRotation } from './log-options.ts';
import { hasEndedUnseen, isUnmonitored } from './needs.ts';
import { restartDue } from './restart-due.ts';
import { rotateLog } from './rotate-log.ts';
import { takeSeat } from './seat.ts';
import { isNeeded } from './summon.ts';

/** Milliseconds between two looks at logs and at what runs without a monitor. */
const LOOK = 1000;
/** So long a restart waits for the exit command of the life before. */
const GLANCE = 20;
/** So long it stays when there is nothing to do: often the next container comes soon. */
const LINGER = 1000;

/**
 * Does for the containers of a store what needs somebody who stays: health checks, restarts
 * after a while, rotation of logs, and the end of what ran without a monitor. Ends when there
 * is nothing to do, and at once when another process is at it.
 */
export async function tend(parts: ContainerParts): Promise<void> {
  const { store } = parts;
  using seat = await takeSeat(store);
  if (!seat) return;
  using changes = new Changes(store);
  const jobs = new Jobs(changes);
  reap(store);
  await sweepNetworks(store);
  for (;;) {
    const wait = lookAtAll(parts, jobs);
    if (wait !== undefined) {
      await changes.next(wait);
      continue;
    }
    await changes.next(LINGER);
    if (isNeeded(store)) continue;
    // Whoever needs something from now on starts another one; who did before is seen here.
    seat.leave();
    if (!isNeeded(store)) return;
    seat.take();
  }
}

/** Starts what is due. Returns milliseconds until something is; undefined when nothing will be. */
function lookAtAll(parts: ContainerParts, jobs: Jobs): number | undefined {
  const { store } = parts;
  const all = store.read(({ containers }) => containers.list().map(fromRow));
  let wait: number | undefined;
  for (const container of all) {
    if (jobs.has(container.id)) {
      wait = Math.min(wait ?? LOOK, LOOK);
      continue;
    }
    const due = dueOf(parts, container);
    if (due.job && due.in <= 0) jobs.start(container.id, due.job);
    if (due.in !== Infinity) wait = Math.min(wait ?? Infinity, Math.max(due.in, GLANCE));
  }
  return wait;
}

/** What is to be done for a container next, and in how many milliseconds. */
interface Due {
  readonly in: number;
  readonly job?: () => Promise<void>;
}

function dueOf(parts: ContainerParts, row: Container): Due {
  const { store, clock } = parts;
  const directory = store.paths.containers;
  const now = clock.now().getTime();
  if (hasEndedUnseen(row, directory)) return { in: 0, job: () => tidy(parts, row.id) };
  const container = settled(row, directory);
  const { state, record } = container;
  if (state === 'restarting') {
    if (isOwned(record)) return { in: LOOK };
    // Its exit command must be through.
    if (record.monitor && isAlive(record.monitor)) return { in: GLANCE };
    return { in: (record.restartAt ?? 0) - now, job: () => restartDue(parts, row.id) };
  }
  if (!isUp(state)) return { in: Infinity };
  const rotation = logRotation(record.settings);
  if (rotation) rotateLog(directory, container.id, rotation);
  const often = rotation || isUnmonitored(container) ? LOOK : Infinity;
  const check = healthCheckOf(record.config);
  // One that is paused could not answer.
  if (!check || state === 'paused') return { in: often };
  const due = nextCheck(check, record, now) - now;
  if (due <= 0) return { in: 0, job: () => checkHealth(parts, container, check) };
  return { in: Math.min(due, often) };
}

async function tidy(parts: ContainerParts, id: string): Promise<void> {
  await afterExit(parts, id);
  reap(parts.store);
}

/** What is being done, one thing at a time for each container. */
class Jobs {
  readonly #running = new Set<string>();
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  has(id: string): boolean {
    return this.#running.has(id);
  }

  start(id: string, job: () => Promise<void>): void {
    this.#running.add(id);
    const done = (): void => {
      this.#running.delete(id);
      this.#changes.ring();
    };
    // What fails for one container must not end what is done for others; it is tried again.
    job().then(done, () => setTimeout(done, LOOK));
  }
}

/** Rings when somebody writes to the store. */
class Changes implements Disposable {
  readonly #stop = new AbortController();
  #rang = false;
  #wake = (): void => undefined;

  constructor(store: Store) {
    void this.#listen(store);
  }

  async #listen(store: Store): Promise<void> {
    for await (const _ of databaseChanges(store.paths, this.#stop.signal)) this.ring();
  }

  readonly ring = (): void => {
    this.#rang = true;
    this.#wake();
  };

  /** Resolves when something was written since the last time, or after some milliseconds. */
  async next(time: number): Promise<void> {
    if (!this.#rang) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, time);
      });
      clearTimeout(timer);
    }
    this.#rang = false;
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}
