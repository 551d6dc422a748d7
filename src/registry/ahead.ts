import type { Bytes } from '../base/bytes.ts';
import { StaveError } from '../base/errors.ts';
import type { HttpResponse } from '../net/request.ts';
import { Patience } from './patience.ts';
import type { RegistrySettings } from './settings.ts';

/** A part of a blob that is kept before its turn comes, also for a later process. */
export interface Aside extends AsyncDisposable {
  /** How many bytes of the part are here. */
  readonly offset: number;
  write(chunk: Uint8Array): Promise<void>;
  read(): Bytes;
  discard(): Promise<void>;
}

/** What is asked for of a blob. */
export interface Wanted {
  readonly offset: number;
  /** The first byte that is not wanted; undefined wants all the rest. */
  readonly end?: number;
  /** Only if the blob still has this strong tag. */
  readonly etag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How it is asked for; nothing where all of it is wanted. */
export function rangeHeaders({ offset, end, etag }: Wanted): Record<string, string> {
  if (offset === 0 && end === undefined) return {};
  const range = `bytes=${offset}-${end === undefined ? '' : end - 1}`;
  return { range, ...(etag !== undefined && { 'if-range': etag }) };
}

/** What fetching ahead needs. */
export interface AheadOptions {
  /** Bytes of the whole blob. */
  readonly size: number;
  /** Asks for some bytes of the blob; the answer is 200 or 206, or 416 when there is no more. */
  readonly open: (wanted: Wanted) => Promise<HttpResponse>;
  /** Opens where the part called so is kept; undefined: nothing is fetched ahead. */
  readonly aside: ((part: string) => Promise<Aside>) | undefined;
  readonly settings: RegistrySettings;
  readonly signal?: AbortSignal | undefined;
  /** Connections that may still be opened for parts; shared with other blobs. */
  readonly streams?: { free: number };
}

/** Blobs of no more than this come in one piece; a part is at least half of it. */
const SPLIT = 32 * 1024 * 1024;
const PARTS = 4;

/**
 * The later parts of a large blob, fetched over connections of their own while the first one is
 * read. They wait on the disk: memory does not grow with them, and who comes after a process
 * that died finds them there. The parts of a blob follow from its size alone.
 */
export class Ahead implements AsyncDisposable {
  readonly #options: AheadOptions;
  /** Where each part begins, and the end. */
  readonly #bounds: readonly number[];
  readonly #fetches = new Map<number, Fetch>();
  #begun = false;

  constructor(options: AheadOptions) {
    this.#options = options;
    this.#bounds = boundsOf(options.aside ? options.size : 0);
  }

  /** Some of the blob could still be fetched ahead of `offset`. */
  isPossible(offset: number): boolean {
    return !this.#begun && this.#part(offset) < this.#bounds.length - 2;
  }

  /** Fetches the parts that follow the one at `offset`. */
  async begin(offset: number, etag: string | undefined): Promise<void> {
    this.#begun = true;
    const { aside, streams = { free: PARTS } } = this.#options;
    for (let part = this.#part(offset) + 1; part < this.#bounds.length - 1; part += 1) {
      if (!aside || this.#fetches.has(part) || streams.free === 0) continue;
      streams.free -= 1;
      const [start = 0, end = 0] = this.#bounds.slice(part);
      const kept = await aside(this.#name(part));
      this.#fetches.set(part, new Fetch({ start, end, etag, aside: kept }, this.#options));
    }
  }

  /** Takes up what an earlier process fetched ahead, when it did. */
  async recover(offset: number): Promise<void> {
    const { aside } = this.#options;
    if (this.#bounds.length === 2) return;
    for (let part = this.#part(offset); part < this.#bounds.length - 1; part += 1) {
      const [start = 0, end = 0] = this.#bounds.slice(part);
      const kept = await aside?.(this.#name(part));
      if (!kept) continue;
      if (kept.offset === 0) await kept[Symbol.asyncDispose]();
      else this.#fetches.set(part, new Fetch({ start, end, aside: kept }, undefined));
    }
  }

  /** Where the stretch ends that begins at `offset` and nobody else fetches. */
  until(offset: number): number {
    const { size } = this.#options;
    for (let part = this.#part(offset) + 1; part < this.#bounds.length - 1; part += 1) {
      if (this.#fetches.has(part)) return this.#bounds[part] ?? size;
    }
    return size;
  }

  /** What was fetched of the part at `offset`, from there on; then the rest as it comes. */
  async *take(offset: number): Bytes {
    const part = this.#part(offset);
    const fetch = this.#fetches.get(part);
    if (!fetch) return;
    try {
      yield* fetch.taken(offset);
      this.#fetches.delete(part);
      await fetch.discard();
    } finally {
      await fetch[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const fetch of this.#fetches.values()) await fetch[Symbol.asyncDispose]();
  }

  #part(offset: number): number {
    const next = this.#bounds.findIndex((bound) => bound > offset);
    return next < 0 ? this.#bounds.length - 1 : next - 1;
  }

  #name(part: number): string {
    return `${part} of ${this.#bounds.length - 1}`;
  }
}

/** Parts of equal size: two for a little more than 32 MiB, four from 64 MiB on. */
function boundsOf(size: number): readonly number[] {
  if (size <= SPLIT) return [0, size];
  const count = Math.min(PARTS, Math.max(2, Math.floor(size / (SPLIT / 2))));
  return Array.from({ length: count + 1 }, (_, at) => Math.floor((size / count) * at));
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly etag?: string | undefined;
  readonly aside: Aside;
}

/** One part under way. */
class Fetch implements AsyncDisposable {
  readonly #part: Part;
  readonly #streams: { free: number };
  readonly #done: Promise<void>;
  #stop = false;
  readonly #abort = new AbortController();
  #live: AsyncIterator<Uint8Array> | undefined;
  #failure: { readonly reason: unknown } | undefined;

  /** Without options nothing is fetched: what is there is all there is. */
  constructor(part: Part, options: AheadOptions | undefined) {
    this.#part = part;
    this.#streams = options?.streams ?? { free: 0 };
    this.#done = options ? this.#run(options) : Promise.resolve();
  }

  get #missing(): number {
    return this.#part.end - this.#part.start - this.#part.aside.offset;
  }

  async *taken(offset: number): Bytes {
    this.#stop = true;
    await this.#done;
    if (this.#failure) throw this.#failure.reason;
    const { aside, start } = this.#part;
    let skip = offset - start;
    for await (const chunk of aside.read()) {
      if (skip < chunk.length) yield chunk.subarray(Math.max(0, skip));
      skip = Math.max(0, skip - chunk.length);
    }
    if (skip > 0 || !this.#live) return;
    let left = this.#missing;
    while (left > 0) {
      // What breaks here goes on like any other break.
      const next = await this.#live.next().catch((error: unknown) => {
        if (error instanceof StaveError) return undefined;
        throw error;
      });
      if (!next || next.done === true) return;
      yield next.value.subarray(0, left);
      left -= next.value.length;
    }
  }

  async discard(): Promise<void> {
    await this.#part.aside.discard();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop = true;
    this.#abort.abort();
    await this.#live?.return?.();
    await this.#done;
    await this.#part.aside[Symbol.asyncDispose]();
  }

  async #run({ open, settings, signal: outer }: AheadOptions): Promise<void> {
    const signal = AbortSignal.any([this.#abort.signal, ...(outer ? [outer] : [])]);
    const patience = new Patience(settings, { signal });
    const { start, end, etag, aside } = this.#part;
    try {
      while (!this.#stop && this.#missing > 0) {
        const from = start + aside.offset;
        const response = await open({ offset: from, end, etag, signal });
        const begins = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
        if (response.status !== 206 || Number(begins ?? NaN) !== from) {
          return await response.discard();
        }
        await this.#receive(response).catch((error: unknown) => {
          if (start + aside.offset > from) patience.progress();
          return patience.afterFailure(error);
        });
      }
    } catch (error) {
      // Whoever comes to this part asks for it again, and meets what is wrong.
      const isPassing = error instanceof StaveError && error.code !== 'DISK_FULL';
      if (!isPassing && !this.#abort.signal.aborted) this.#failure = { reason: error };
    } finally {
      this.#streams.free += 1;
    }
  }

  async #receive(response: HttpResponse): Promise<void> {
    const live = response.body[Symbol.asyncIterator]();
    while (this.#missing > 0) {
      const next = await live.next();
      if (next.done === true) return;
      await this.#part.aside.write(next.value.subarray(0, this.#missing));
      if (this.#stop) {
        this.#live = live;
        return;
      }
    }
    await live.return?.();
  }
}
