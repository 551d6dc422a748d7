import type { CallOptions } from '../base/progress.ts';
import type { HttpResponse } from '../net/request.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { Fields } from '../oci/json.ts';
import { RegistryError } from './errors.ts';
import { type Asked, refusalOf } from './faults.ts';
import { jsonAnswer } from './json-answer.ts';

const LIMIT = 10_000;

/** One change of a tag, as a registry of stave remembers it. */
export interface TagChange {
  readonly time: Date;
  readonly tag: string;
  /** `push`, `delete`, `rollback`, `retention`, `damaged`. */
  readonly what: string;
  /** Undefined where nobody signed in, or one may not know. */
  readonly who: string | undefined;
  /** What the tag meant from then on; undefined when it was removed. */
  readonly digest: Digest | undefined;
}

/** Which changes are asked for. */
export interface HistoryOptions extends CallOptions {
  /** Without one those of all tags. */
  readonly tag?: string | undefined;
  /** So many at most. */
  readonly limit: number;
}

/**
 * Asks what tags have meant, the newest change first, below the path of a repository. Throws
 * RegistryError, RemoteNotFoundError.
 */
export async function askHistory(
  path: string,
  ask: (target: string) => Promise<HttpResponse>,
  asked: Asked,
  { tag, limit }: HistoryOptions,
): Promise<readonly TagChange[]> {
  const query = new URLSearchParams({ ...(tag !== undefined && { tag }), n: String(limit) });
  const response = await ask(`${path}_stave/log?${query.toString()}`);
  if (response.status !== 200) throw await refusalOf(response, asked);
  const what = `the history of ${asked.repository}`;
  const fields = await jsonAnswer(response, what);
  return (fields.optionalList('changes', LIMIT) ?? []).map((one) => {
    const change = new Fields(one, what);
    const time = new Date(change.optionalText('time') ?? '');
    const digest = change.optionalText('digest');
    const isWrong = digest !== undefined && !isDigest(digest);
    if (isWrong || Number.isNaN(time.getTime())) throw new RegistryError(`${what} cannot be read`);
    return {
      time,
      tag: change.optionalText('tag') ?? '',
      what: change.optionalText('what') ?? '',
      who: change.optionalText('who'),
      digest,
    };
  });
}
