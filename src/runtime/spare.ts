import { follow, OWN_PROCESSES, start, type Launch, type Started } from './launch.ts';
import type { ExitStatus } from './executor.ts';

/**
 * Comes before the runtime: it waits to be told which bundle. What it reads is an id that was
 * made here and has been checked; no text from outside passes through the shell.
 */
const WAIT =
  'read -r id <&3 && exec 3<&- && exec "$@" --log "$0/$id/log" run --bundle "$0/$id" "$id"';

/** What a {@link Spare} is made of. */
export interface SpareParts {
  /** The runtime with its options, all but the log. */
  readonly runtime: readonly string[];
  /** Where the bundles are: mounts that are made below it are seen by those who were there before. */
  readonly bundles: string;
  /** A directory to make pipes in. */
  readonly scratch: string;
}

/**
 * The processes around a runtime, started before they are needed: while one process runs, the
 * namespaces for the next are made. They die with this process like all others. It does not
 * keep this process from ending.
 */
export class Spare implements AsyncDisposable {
  readonly #started: Started;
  #isAlive = true;

  constructor({ runtime, bundles, scratch }: SpareParts) {
    this.#started = start({
      argv: [...OWN_PROCESSES, '/bin/sh', '-c', WAIT, bundles, ...runtime],
      io: NOBODY,
      scratch,
      input: 'door',
    });
    const { child, ended, door } = this.#started;
    const gone = (): void => {
      this.#isAlive = false;
    };
    ended.then(gone, gone);
    // It may end before it is spoken to.
    door?.on('error', gone);
    door?.unref();
    child.unref();
  }

  /** Not so once somebody has killed it. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Runs the process whose bundle is called `id`; once. */
  run(id: string, options: Pick<Launch, 'io' | 'signal' | 'started'>): Promise<ExitStatus> {
    const { child, door } = this.#started;
    child.ref();
    door?.end(`${id}\n`);
    return follow(this.#started, options);
  }

  /** For one that was not needed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { child, ended, outputs, door } = this.#started;
    child.ref();
    door?.destroy();
    await Promise.allSettled([ended]);
    for (const output of outputs) output[Symbol.dispose]();
  }
}

const NOBODY = { stdout: (): void => undefined, stderr: (): void => undefined };
