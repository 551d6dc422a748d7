import { type Bytes, collect } from '../base/bytes.ts';
import { NetError } from '../net/errors.ts';
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
  /**
   * Only when there is none of this name, or when it has this entity tag. Stores that do not know
   * the condition pass over it.
   */
  readonly condition?: 'absent' | { readonly etag: string } | undefined;
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
    return this.#requests.ask({ method: 'HEAD', key }, [404], async (response) => {
      await response.discard();
      return response.status === 404 ? undefined : this.#headOf(response);
    });
  }

  /**
   * The bytes from `start` up to, not including, `end`; goes on where a connection breaks.
   * `ranges` false: asks for all of the object, since the store does not do ranges right.
   */
  async *read(key: string, start: number, end: number, ranges = true): Bytes {
    let at = start;
    let idle = 0;
    while (at < end) {
      try {
        let skip = ranges ? 0 : at;
        for await (const chunk of await this.#from(key, at, end, ranges)) {
          const wanted = chunk.subarray(skip, skip + end - at);
          skip = Math.max(skip - chunk.length, 0);
          at += wanted.length;
          if (wanted.length > 0) {
            idle = 0;
            yield wanted;
          }
          if (at === end) return;
        }
      } catch (error) {
        if (!(error instanceof NetError) || (idle += 1) > RESUMES) throw error;
        continue;
      }
      if ((idle += 1) > RESUMES) throw this.#requests.error(`${key} came cut short`);
    }
  }

  #from(key: string, at: number, end: number, ranges: boolean): Promise<Bytes> {
    const headers = { ...(ranges && { range: `bytes=${at}-${end - 1}` }) };
    return this.#requests.ask({ method: 'GET', key, headers }, [], async (response) => {
      const got = response.headers['content-range'];
      if (response.status === 206 && got?.startsWith(`bytes ${at}-${end - 1}/`)) {
        return response.body;
      }
      // One that knows no ranges sends all, which serves as well from the beginning.
      if (response.status === 200 && (!ranges || at === 0)) return response.body;
      throw this.#requests.error(`${key} came with another range`);
    });
  }

  /** Gives the entity tag; undefined when the condition is not met. */
  put(
    key: string,
    body: Uint8Array,
    { meta = {}, condition, signal }: PutOptions = {},
  ): Promise<string | undefined> {
    const headers = {
      ...Object.fromEntries(
        Object.entries(meta).map(([name, value]) => [`x-amz-meta-${name}`, value]),
      ),
      ...(condition === 'absent' && { 'if-none-match': '*' }),
      ...(typeof condition === 'object' && { 'if-match': condition.etag }),
    };
    const refused = condition === undefined ? [] : [404, 412];
    return this.#requests.ask(
      { method: 'PUT', key, headers, body, signal },
      refused,
      async (response) => {
        await response.discard();
        return refused.includes(response.status) ? undefined : (response.headers['etag'] ?? '');
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
    for (let last = after; ;) {
      const page = await this.#page(prefix, last, limit);
      // Ceph's gateway over SQLite takes small letters for large ones in prefixes, and begins with
      // the name itself where others begin after it.
      const objects = page.objects.filter(({ key }) => key.startsWith(prefix) && key !== last);
      const isMore = page.isMore || objects.length > limit;
      if (objects.length > 0 || !isMore) return { objects: objects.slice(0, limit), isMore };
      const end = page.objects.at(-1)?.key;
      if (end === undefined || end === last) {
        throw this.#requests.error(`the list of ${prefix} does not end`);
      }
      last = end;
    }
  }

  async #page(prefix: string, after: string | undefined, limit: number): Promise<ListPage> {
    const asked = Math.min(after === undefined ? limit : limit + 1, LIST_LIMIT);
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      'max-keys': String(asked),
      prefix,
      ...(after !== undefined && { 'start-after': after }),
    };
    const page = await this.#requests.ask({ method: 'GET', query }, [], async ({ body }) =>
      parseList((await collect(body, LIST_BYTES)).toString()),
    );
    const isInOrder = page?.objects.every(({ key }, at, { [at - 1]: before }) =>
      before ? key > before.key : key >= (after ?? ''),
    );
    if (page && isInOrder) return page;
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
