/** Memory that some share: whoever wants more than is left waits. */
export class ByteBudget {
  readonly #limit: number;
  readonly #waiting: { readonly size: number; readonly start: () => void }[] = [];
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `job` when there is room for so many bytes; for more than there can be, when nobody else has any. */
  async hold<T>(size: number, job: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || !this.#fits(size)) {
      await new Promise<void>((start) => this.#waiting.push({ size, start }));
    } else {
      this.#held += size;
    }
    try {
      return await job();
    } finally {
      this.#held -= size;
      this.#admit();
    }
  }

  #fits(size: number): boolean {
    return this.#held === 0 || this.#held + size <= this.#limit;
  }

  #admit(): void {
    for (let [next] = this.#waiting; next && this.#fits(next.size); [next] = this.#waiting) {
      this.#waiting.shift();
      this.#held += next.size;
      next.start();
    }
  }
}
