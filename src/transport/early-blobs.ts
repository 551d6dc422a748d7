import { limiter } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { type Ends, moveBlob } from './move-blob.ts';

/**
 * Blobs that go ahead of the copy that they are part of, while others are still made. A copy that
 * is given `moved` waits for them. Leaving the scope ends what is still under way.
 */
export class EarlyBlobs implements AsyncDisposable {
  readonly moved = new Map<Digest, Promise<void>>();
  /** For whoever makes them: ends with the first failure, and when the call does. */
  readonly signal: AbortSignal;
  readonly #failed = new AbortController();
  readonly #ends: Ends;
  readonly #call: CallOptions;
  readonly #run: ReturnType<typeof limiter>;
  readonly #stop = new AbortController();

  /** `slots` blobs move at the same time. */
  constructor(ends: Ends, call: CallOptions, slots: number) {
    const outer = call.signal ? [call.signal] : [];
    this.signal = AbortSignal.any([...outer, this.#failed.signal]);
    this.#ends = ends;
    this.#call = { ...call, signal: AbortSignal.any([...outer, this.#stop.signal]) };
    this.#run = limiter(slots);
  }

  move(blob: Descriptor): void {
    if (this.moved.has(blob.digest)) return;
    const job = this.#run(() => moveBlob(blob, this.#ends, this.#call));
    job.catch((reason: unknown) => this.#failed.abort(reason));
    this.moved.set(blob.digest, job);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.moved.values());
  }
}
