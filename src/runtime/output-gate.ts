import type { ProcessIo } from './executor.ts';
import { errorIn } from './failure.ts';

type Takers = Exclude<ProcessIo, 'inherit'>;

/** Longer than a runtime usually needs from its complaint to its log entry, in milliseconds. */
const DELAY = 50;
/** More than any complaint. */
const LIMIT = 4096;
const COMPLAINT = /^(?:\{"msg"|exec |executable file |open executable: |runc run failed: )/;
const EXEC_FAILED =
  /^exec (?:container process `.*`|\S+): (?:exec format error|no such file or directory|permission denied)$/i;

/**
 * Holds back what comes first on stderr for a moment. Runtimes write there why they could not
 * start a process: that is for our own error, not for the process's output.
 */
export class OutputGate implements Takers, Disposable {
  readonly #to: Takers;
  readonly #failing: () => boolean;
  #held: Uint8Array[] | undefined = [];
  #timer: NodeJS.Timeout | undefined;

  /** `failing` tells whether the runtime has logged an error. */
  constructor(to: Takers, failing: () => boolean) {
    this.#to = to;
    this.#failing = failing;
  }

  stdout(chunk: Uint8Array): void {
    this.open();
    this.#to.stdout(chunk);
  }

  stderr(chunk: Uint8Array): void {
    if (!this.#held) {
      this.#to.stderr(chunk);
      return;
    }
    this.#held.push(chunk);
    const text = this.#text();
    if (text.length > LIMIT) this.open();
    // On a busy machine the log entry may take its time; words like a runtime's wait for the end.
    else if (!COMPLAINT.test(text)) {
      this.#timer ??= setTimeout(() => {
        if (!this.#failing()) this.open();
      }, DELAY);
    }
  }

  /** Lets everything through from now on. */
  open(): void {
    clearTimeout(this.#timer);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const chunk of held) this.#to.stderr(chunk);
  }

  /**
   * What is held, when it is a runtime's word that it could not execute the program; that one
   * is in no log. Otherwise undefined.
   */
  complaint(): string | undefined {
    const message = errorIn(this.#text());
    return message !== undefined && EXEC_FAILED.test(message) ? message : undefined;
  }

  /** Drops what is still held. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#held = undefined;
  }

  #text(): string {
    return Buffer.concat(this.#held ?? []).toString('utf8');
  }
}
