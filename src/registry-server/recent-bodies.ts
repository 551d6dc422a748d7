import type { Digest } from '../oci/digest.ts';

/** Bytes that are kept, and the largest body that is. */
const LIMIT = 32 * 1024 * 1024;
const BODY_LIMIT = 1024 * 1024;

/** Bodies of manifests that were used lately. */
export class RecentBodies {
  readonly #bodies = new Map<Digest, Uint8Array>();
  #size = 0;

  get(digest: Digest): Uint8Array | undefined {
    const body = this.#bodies.get(digest);
    if (!body) return undefined;
    this.#bodies.delete(digest);
    this.#bodies.set(digest, body);
    return body;
  }

  add(digest: Digest, body: Uint8Array): void {
    if (body.length > BODY_LIMIT || this.#bodies.has(digest)) return;
    this.#bodies.set(digest, body);
    this.#size += body.length;
    for (const [oldest, { length }] of this.#bodies) {
      if (this.#size <= LIMIT) return;
      this.#bodies.delete(oldest);
      this.#size -= length;
    }
  }
}
