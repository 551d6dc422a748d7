import type { Bytes } from '../base/bytes.ts';
import { elapsed } from '../base/clock.ts';
import type { CallOptions } from '../base/progress.ts';
import type { HttpResponse } from '../net/request.ts';
import { Ahead, type AheadOptions, type Wanted } from './ahead.ts';
import { Patience } from './patience.ts';

/** A new chunk of this size is progress: what failed after it starts counting anew. */
const PROGRESS = 64 * 1024;
/** One connection is judged when so many bytes and milliseconds have passed. */
const TRIAL = { bytes: 1024 * 1024, time: 250 };
/** Bytes per millisecond: a connection that brings as much needs no help. */
const FAST = 50_000;

/** What a download needs. */
export interface DownloadOptions extends Omit<AheadOptions, 'signal'> {
  /** Where to begin. */
  readonly start?: number;
  /** The beginning of the blob, where an earlier attempt left it. */
  readonly present?: Bytes | undefined;
}

/**
 * The bytes of a blob, continued where a connection broke, or where an earlier process stopped.
 * Where one connection is slow and the server knows ranges, a large blob comes over several.
 *
 * They are not checked: whoever reads them does. Ends early when the server has no more than
 * that; throws what the last try met when several in a row brought nothing.
 */
export async function* download(options: DownloadOptions, call: CallOptions): Bytes {
  const { size, start: begin = 0, present, open, settings } = options;
  const patience = new Patience(settings, call);
  await using ahead = new Ahead({ ...options, signal: call.signal });
  let offset = begin;
  for await (const chunk of present ?? nothing()) {
    yield chunk;
    offset += chunk.length;
  }
  await ahead.recover(offset);
  let etag: string | undefined;
  let fruitless = 0;
  while (offset < size) {
    for await (const chunk of ahead.take(offset)) {
      yield chunk;
      offset += chunk.length;
    }
    const start = offset;
    const end = ahead.until(offset);
    if (offset >= end) continue;
    const wanted: Wanted = { offset, etag, ...(end < size && { end }) };
    const response = await open(wanted);
    etag = strongEtag(response);
    const trial = new Trial();
    try {
      for await (const chunk of trial.of(rest(response, offset))) {
        const room = ahead.until(offset) - offset;
        // What comes after the end of the blob is for the reader to complain about.
        const piece = offset + room < size ? chunk.subarray(0, room) : chunk;
        yield piece;
        offset += piece.length;
        if (offset - start >= PROGRESS) patience.progress();
        if (piece.length === room && offset < size) break;
        if (ahead.isPossible(offset) && trial.isSlow() && takesRanges(response)) {
          await ahead.begin(offset, etag);
        }
      }
    } catch (error) {
      await patience.afterFailure(error);
      continue;
    }
    if (response.status === 416 || offset >= size) return;
    // It ended in good order, but early. Whether there is more shows when it is asked for.
    if (offset === start && (fruitless += 1) > 1) return;
  }
}

/** Finds out whether it is the network that one waits for. */
class Trial {
  readonly #began = elapsed();
  #waited = 0;
  #bytes = 0;

  async *of(body: Bytes): Bytes {
    let asked = elapsed();
    for await (const chunk of body) {
      this.#waited += elapsed() - asked;
      this.#bytes += chunk.length;
      yield chunk;
      asked = elapsed();
    }
  }

  isSlow(): boolean {
    const time = elapsed() - this.#began;
    if (this.#bytes < TRIAL.bytes || time < TRIAL.time) return false;
    return this.#waited > time / 2 && this.#bytes / time < FAST;
  }
}

/** Servers that count what they are asked are not asked more often than they have to be. */
function takesRanges({ status, headers }: HttpResponse): boolean {
  const isCounted = Object.keys(headers).some((name) => /^(?:x-)?ratelimit/.test(name));
  return (status === 206 || headers['accept-ranges'] === 'bytes') && !isCounted;
}

/** What an answer adds to what is there: servers may ignore the range, or begin it earlier. */
async function* rest(response: HttpResponse, offset: number): Bytes {
  if (response.status === 416) return response.discard();
  let at = 0;
  if (response.status === 206) {
    const begin = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
    at = begin === undefined ? offset : Number(begin);
    if (at > offset) return response.discard();
  }
  for await (const chunk of response.body) {
    const fresh = chunk.subarray(Math.max(0, offset - at));
    at += chunk.length;
    if (fresh.length > 0) yield fresh;
  }
}

function strongEtag({ headers }: HttpResponse): string | undefined {
  const { etag } = headers;
  return etag?.startsWith('"') ? etag : undefined;
}

async function* nothing(): Bytes {}
