import { setTimeout as pause } from 'node:timers/promises';
import { type Bytes, collect } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { NetError } from '../net/errors.ts';
import type { HttpClient, HttpResponse } from '../net/request.ts';
import { digestOf, encoded } from '../oci/digest.ts';
import { S3Error } from './errors.ts';
import { addressOf, type S3Place } from './place.ts';
import { queryOf, signed } from './sigv4.ts';

/** What requests to a bucket are made with. */
export interface S3Parts {
  readonly client: HttpClient;
  readonly clock: Clock;
}

/** One request. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** The bucket itself without one. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** A body that can be sent only once, with its digest in hex and its length. */
  readonly stream?: { readonly bytes: Bytes; readonly payload: string; readonly size: number };
  readonly signal?: AbortSignal | undefined;
}

const EMPTY = encoded(digestOf(''));
const ERROR_LIMIT = 64 * 1024;
/** How often a request is made that meets a passing fault, and the first pause after one. */
const TRIES = 6;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;
/** Statuses that another try may not meet. */
const PASSING = new Set([408, 409, 429, 500, 502, 503, 504]);
/** Of answers with 4xx, those that are about the moment. */
const PASSING_WORDS = new Set(['RequestTimeout', 'SlowDown', 'InternalError']);

/** Signed requests to one bucket, made again when a passing fault is in the way. */
export class S3Requests {
  /** For messages. */
  readonly label: string;
  readonly place: S3Place;
  readonly clock: Clock;
  readonly #client: HttpClient;

  constructor(place: S3Place, { client, clock }: S3Parts, label: string = `s3://${place.bucket}`) {
    this.place = place;
    this.label = label;
    this.clock = clock;
    this.#client = client;
  }

  /**
   * Makes a request, and gives what `read` makes of an answer of 2xx or of one of `expected`.
   * `read` runs again when the answer breaks off within. Throws S3Error and NetError.
   */
  async ask<T>(
    request: S3Request,
    expected: readonly number[],
    read: (response: HttpResponse) => Promise<T>,
  ): Promise<T> {
    const tries = request.stream ? 1 : TRIES;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await this.#send(request);
        const { status } = response;
        if ((status >= 200 && status < 300) || expected.includes(status)) {
          return await read(response);
        }
        throw await this.#refusal(response);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (attempt === tries || !isPassing(error)) throw error;
        await this.#pause(attempt, request.signal);
      }
    }
  }

  /** An error that names this bucket. */
  error(word: string, options: ConstructorParameters<typeof S3Error>[3] = {}): S3Error {
    return new S3Error(this.label, 0, word, options);
  }

  #send(request: S3Request): Promise<HttpResponse> {
    const { method, key, query = {}, headers = {}, body, stream, signal } = request;
    const url = addressOf(this.place, key);
    url.search = queryOf(Object.entries(query));
    const size = body?.length ?? stream?.size;
    const payload = stream?.payload ?? (body ? encoded(digestOf(body)) : EMPTY);
    const all = { ...headers, ...(size !== undefined && { 'content-length': String(size) }) };
    const { credentials, region } = this.place;
    return this.#client.request(url, {
      method,
      headers: signed(
        { method, url, headers: all, payload },
        credentials,
        region,
        this.clock.now(),
      ),
      redirects: 0,
      ...(body && { body }),
      ...(stream && { body: stream.bytes }),
      signal,
    });
  }

  async #refusal(response: HttpResponse): Promise<S3Error> {
    let text = '';
    try {
      text = (await collect(response.body, ERROR_LIMIT)).toString();
    } catch {
      // What it says is only more to tell.
    }
    return new S3Error(this.label, response.status, wordIn(text));
  }

  async #pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
    const longest = Math.min(FIRST_PAUSE * 2 ** attempt, LONGEST_PAUSE);
    const time = Math.round(longest * (0.5 + Math.random() / 2));
    await pause(time, undefined, { ...(signal && { signal }) });
  }
}

/** The word in the document of an error; empty when there is none. */
export function wordIn(text: string): string {
  return /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)?.[1] ?? '';
}

function isPassing(error: unknown): boolean {
  if (error instanceof NetError) return true;
  if (!(error instanceof S3Error)) return false;
  return PASSING.has(error.status) || PASSING_WORDS.has(error.word);
}
