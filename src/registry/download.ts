import type { Bytes } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { HttpResponse } from '../net/request.ts';
import { Patience } from './patience.ts';
import type { RegistrySettings } from './settings.ts';

/** A new chunk of this size is progress: what failed after it starts counting anew. */
const PROGRESS = 64 * 1024;

/** What a download needs. */
export interface DownloadOptions {
  /** Bytes of the whole blob. */
  readonly size: number;
  /** Where to begin. */
  readonly start?: number;
  /** The beginning of the blob, where an earlier attempt left it. */
  readonly present?: Bytes | undefined;
  /** Asks for the blob from an offset on; the answer is 200 or 206, or 416 when there is no more. */
  readonly open: (offset: number, etag: string | undefined) => Promise<HttpResponse>;
  readonly settings: RegistrySettings;
}

/**
 * The bytes of a blob, continued where a connection broke, or where an earlier process stopped.
 * They are not checked: whoever reads them does. Ends early when the server has no more than
 * that; throws what the last try met when several in a row brought nothing.
 */
export async function* download(options: DownloadOptions, { signal }: CallOptions): Bytes {
  const { size, start: begin = 0, present, open, settings } = options;
  const patience = new Patience(settings, signal);
  let offset = begin;
  for await (const chunk of present ?? nothing()) {
    yield chunk;
    offset += chunk.length;
  }
  let etag: string | undefined;
  let fruitless = 0;
  while (offset < size) {
    const start = offset;
    const response = await open(offset, etag);
    etag = strongEtag(response);
    try {
      for await (const chunk of rest(response, offset)) {
        yield chunk;
        offset += chunk.length;
        if (offset - start >= PROGRESS) patience.progress();
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
