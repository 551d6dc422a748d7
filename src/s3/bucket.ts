import { type Bytes, collect } from '../base/bytes.ts';
import type { HttpResponse } from '../net/request.ts';
import { type ListedObject, parseList } from './list.ts';
import { addressOf } from './place.ts';
import type { S3Requests } from './requests.ts';
import { presigned } from './sigv4.ts';

/** What is known of an object without its bytes. */
export interface ObjectHead {
  /** In bytes. */
  readonly size: number;
  /** In quotes, as the store says it. */
  readonly etag: string;
  /** `x-amz-meta-` headers, by what follows that. */
  readonly meta: ReadonlyMap<string, string>;
}

/** A page of a list. */
export interface ListPage {
  readonly objects: readonly ListedObject[];
  readonly isMore: boolean;
}

/** How an object is written. */
export interface PutOptions {
  readonly meta?: Readonly<Record<string, string>>;
  /** Only when there is none of this name. Stores that do not know the condition pass over it. */
  readonly ifAbsent?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Names on a page of a list. */
export const LIST_LIMIT = 1000;
const LIST_BYTES = 16 * 1024 * 1024;
/** How often a body that broke off is asked for again without a byte between. */
const RESUMES = 5;

/** Objects in a bucket. What is missing is `undefined`; all else that goes wrong throws S3Error or NetError. */
export class Bucket {
  readonly #requests: S3Requests;

  constructor(requests: S3Requests) {
    this.#requests = requests;
  }

  /** The whole of a short object. */
  get(
    key: string,
    limit: number,
    signal?: AbortSignal,
  ): Promise<(ObjectHead & { readonly body: Buffer }) | undefined> {
    return this.#requests.ask({ method: 'GET', key, signal }, [404], async (response) => {
      if (await this.#isMissing(response)) return undefined;
      const head = this.#headOf(response);
      if (head.size > limit) throw this.#requests.error(`${key} is longer than it can be`);
      const body = await collect(response.body, limit);
      if (body.length !== head.size) throw this.#requests.error(`${key} came with another size`);
      return { ...head, body };
    });
  }

  head(key: string): Promise<ObjectHead | undefined> {
    return this.#requests.ask({ method: 'HEAD', key }, [404], async (response) =>
      (await this.#isMissing(response)) ? undefined : this.#headOf(response),
    );
  }

  /** The bytes from `start` up to, not including, `end`; goes on where a connection breaks. */
  async *read(key: string, start: number, end: number): Bytes {
    let at = start;
    let idle = 0;
    while (at < end) {
      const headers = { range: `bytes=${at}-${end - 1}` };
      const body = await this.#requests.ask(
        { method: 'GET', key, headers },
        [],
        async (response) => {
          const range = `bytes ${at}-${end - 1}/`;
          if (response.status === 206 && response.headers['content-range']?.startsWith(range)) {
            return response.body;
          }
          // One that does not know ranges sends all, which serves as well from the beginning.
          if (response.status === 200 && at === 0) return response.body;
          throw this.#requests.error(`${key} came with another range`);
        },
      );
      try {
        for await (const chunk of body) {
          const wanted = chunk.subarray(0, end - at);
          at += wanted.length;
          idle = 0;
          yield wanted;
          if (at === end) return;
        }
      } catch (error) {
        if ((idle += 1) > RESUMES) throw error;
      }
      if (at < end && (idle += 1) > RESUMES) throw this.#requests.error(`${key} came cut short`);
    }
  }

  /** False when there is one already and that is not wanted. */
  put(
    key: string,
    body: Uint8Array,
    { meta = {}, ifAbsent = false, signal }: PutOptions = {},
  ): Promise<boolean> {
    const headers = {
      ...Object.fromEntries(
        Object.entries(meta).map(([name, value]) => [`x-amz-meta-${name}`, value]),
      ),
      ...(ifAbsent && { 'if-none-match': '*' }),
    };
    const refused = ifAbsent ? [412] : [];
    return this.#requests.ask(
      { method: 'PUT', key, headers, body, signal },
      refused,
      async (response) => {
        await response.discard();
        return response.status !== 412;
      },
    );
  }

  /** True also when there was none. */
  async delete(key: string): Promise<void> {
    await this.#requests.ask({ method: 'DELETE', key }, [404], (response) => response.discard());
  }

  /** Objects whose names begin with `prefix`, in the order of their names, from after a name on. */
  async page(
    prefix: string,
    after: string | undefined,
    limit: number = LIST_LIMIT,
  ): Promise<ListPage> {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      'max-keys': String(Math.min(limit, LIST_LIMIT)),
      prefix,
      ...(after !== undefined && { 'start-after': after }),
    };
    const page = await this.#requests.ask({ method: 'GET', query }, [], async ({ body }) =>
      parseList((await collect(body, LIST_BYTES)).toString()),
    );
    const isRight = page?.objects.every(
      ({ key }, at, { [at - 1]: before }) =>
        key.startsWith(prefix) && key > (before?.key ?? after ?? ''),
    );
    if (page && isRight) return page;
    throw this.#requests.error(`what lists ${prefix} is no list, or in no order`);
  }

  /** All of them, page by page. */
  async *list(prefix: string, after?: string): AsyncGenerator<ListedObject, void> {
    for (let last = after; ;) {
      const { objects, isMore } = await this.page(prefix, last);
      yield* objects;
      if (!isMore) return;
      last = objects.at(-1)?.key;
      if (last === undefined) throw this.#requests.error(`the list of ${prefix} does not end`);
    }
  }

  /** Where anybody can GET an object for so many seconds. */
  presigned(key: string, seconds: number): string {
    const { place, clock } = this.#requests;
    const url = addressOf(place, key);
    return presigned(url, place.credentials, place.region, clock.now(), seconds).href;
  }

  async #isMissing(response: HttpResponse): Promise<boolean> {
    if (response.status !== 404) return false;
    await response.discard();
    return true;
  }

  #headOf({ headers }: HttpResponse): ObjectHead {
    const size = Number(headers['content-length'] ?? 'none');
    if (!Number.isSafeInteger(size)) throw this.#requests.error('an object has no length');
    const meta = new Map(
      Object.entries(headers).flatMap(([name, value]) =>
        name.startsWith('x-amz-meta-') ? [[name.slice('x-amz-meta-'.length), value] as const] : [],
      ),
    );
    return { size, etag: headers['etag'] ?? '', meta };
  }
}
