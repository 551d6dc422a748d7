/** Watches for a peer that says nothing; the time our own side takes does not count. */
export class Stall {
  readonly #limit: number;
  #timer: NodeJS.Timeout | undefined;
  #act: (why: string) => void = () => {};
  #stopped = false;

  /** `limit` is in milliseconds. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  onStall(act: (why: string) => void): void {
    this.#act = act;
  }

  /** From now on the peer is waited for. */
  wait(limit = this.#limit, what = 'nothing came for'): void {
    clearTimeout(this.#timer);
    // A body may still be on its way when the answer has been read.
    if (this.#stopped) return;
    const why = `${what} ${Math.round(limit / 1000)} s`;
    this.#timer = setTimeout(() => this.#act(why), limit);
  }

  rest(): void {
    clearTimeout(this.#timer);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#act = () => {};
  }
}
