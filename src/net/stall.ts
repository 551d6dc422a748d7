/** Watches for a peer that says nothing; the time our own side takes does not count. */
export class Stall {
  readonly #limit: number;
  #timer: NodeJS.Timeout | undefined;
  #act: () => void = () => {};
  #stopped = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get seconds(): number {
    return Math.round(this.#limit / 1000);
  }

  onStall(act: () => void): void {
    this.#act = act;
  }

  /** From now on the peer is waited for. */
  wait(): void {
    clearTimeout(this.#timer);
    // A body may still be on its way when the answer has been read.
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.#act(), this.#limit);
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
