import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { identify } from '../../runtime/process-identity.ts';
import type { CreateRequest } from '../create-request.ts';
import type { ContainerParts } from './parts.ts';
import { removeContainer } from './reap.ts';
import { fromRow, toRow, type Container, type ContainerRecord } from './record.ts';
import { tell } from './tell.ts';

/** What a shell adds to the number of a signal that ended a process. */
export const SIGNALLED = 128;

/**
 * Keeps the row up to date. At the end it takes the container away when it was to go, or was
 * never started.
 */
export class Ending implements Disposable {
  readonly #parts: ContainerParts;
  readonly #request: CreateRequest;
  readonly #id: string;
  #state: Container['state'] = 'created';

  constructor(parts: ContainerParts, request: CreateRequest, id: string) {
    this.#parts = parts;
    this.#request = request;
    this.#id = id;
  }

  started(pid: number): void {
    const process = identify(pid);
    this.#update('running', { startedAt: this.#now(), ...(process && { process }) });
  }

  finished(exitCode: number): void {
    this.#update('exited', { exitCode, finishedAt: this.#now() });
  }

  /** A runtime that complains was started, but nothing of the container was. */
  failed(): void {
    this.#state = 'created';
  }

  [Symbol.dispose](): void {
    const { cidfile, remove } = this.#request;
    if (this.#state === 'created' && cidfile !== undefined) rmSync(cidfile, { force: true });
    if (this.#state === 'running') this.finished(SIGNALLED + constants.signals.SIGKILL);
    const { store } = this.#parts;
    const row = store.read(({ containers }) => containers.get(this.#id));
    if (this.#state === 'created' || remove === true || !row) {
      removeContainer(store, this.#id, { volumes: true });
    }
  }

  #now(): number {
    return this.#parts.clock.now().getTime();
  }

  /** Somebody may have removed the row meanwhile: then there is nothing to be kept up to date. */
  #update(state: Container['state'], change: Partial<ContainerRecord>): void {
    this.#state = state;
    this.#parts.store.note((tables) => {
      const row = tables.containers.get(this.#id);
      if (!row) return;
      const { record, ...rest } = fromRow(row);
      const container = { ...rest, state, record: { ...record, ...change } };
      tables.containers.put(toRow(container));
      tell(tables, state === 'running' ? 'start' : 'die', toRow(container), this.#now());
    });
  }
}
