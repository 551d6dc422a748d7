/** Runs the jobs of one key after another, in the order in which they came. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  async take<T>(key: string, job: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last.set(key, promise);
    await before;
    try {
      return await job();
    } finally {
      if (this.#last.get(key) === promise) this.#last.delete(key);
      resolve();
    }
  }
}
