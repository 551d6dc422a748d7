/** Bytes that are kept, and the largest body that is. */
const LIMIT = 32 * 1024 * 1024;
const BODY_LIMIT = 1024 * 1024;

/** Short contents that were used lately, by names that never mean another. */
export class RecentBodies {
  readonly #bodies = new Map<string, Uint8Array>();
  #size = 0;

  get(name: string): Uint8Array | undefined {
    const body = this.#bodies.get(name);
    if (!body) return undefined;
    this.#bodies.delete(name);
    this.#bodies.set(name, body);
    return body;
  }

  add(name: string, body: Uint8Array): void {
    if (body.length > BODY_LIMIT || this.#bodies.has(name)) return;
    this.#bodies.set(name, body);
    this.#size += body.length;
    for (const [oldest, { length }] of this.#bodies) {
      if (this.#size <= LIMIT) return;
      this.#bodies.delete(oldest);
      this.#size -= length;
    }
  }
}
