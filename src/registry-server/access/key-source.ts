import type { Clock } from '../../base/clock.ts';
import { InvalidInputError } from '../../base/errors.ts';
import type { TokenKey } from './jwt.ts';
import { parseTokenKeys } from './token-keys.ts';
import { WatchedFile } from './watched-file.ts';

/** Where the public keys of a token service come from. */
export interface KeySource {
  /** Those that are known. */
  readonly keys: readonly TokenKey[];
  /** Asks again because a token names a key that is not known, or nothing is known yet. */
  refresh(): Promise<void>;
}

/** How long fetched keys are good, how often they are asked for at most; in milliseconds. */
const GOOD_FOR = 10 * 60_000;
const AT_MOST_EVERY = 30_000;
const SET_LIMIT = 1024 * 1024;

/** Keys from a file, which is read again when it has changed. Throws InvalidInputError. */
export function keysOfFile(
  path: string,
  clock: Clock,
  onFailure: (error: unknown) => void,
): KeySource {
  const file = new WatchedFile(path, (text) => parseTokenKeys(text, path), clock, onFailure);
  return {
    get keys() {
      return file.value;
    },
    async refresh() {
      file.look();
    },
  };
}

/** Keys from a URL. What was fetched stays good while the other side is away. */
export function keysOfUrl(
  url: string,
  clock: Clock,
  onFailure: (error: unknown) => void,
): KeySource {
  let keys: readonly TokenKey[] = [];
  let fetched = -Infinity;
  let running: Promise<void> | undefined;
  const now = (): number => clock.now().getTime();
  const refresh = (): Promise<void> => {
    if (running) return running;
    if (now() - fetched < AT_MOST_EVERY) return Promise.resolve();
    fetched = now();
    running = fetchKeys(url)
      .then((found) => {
        keys = found;
      }, onFailure)
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  return {
    get keys() {
      if (now() - fetched > GOOD_FOR) void refresh();
      return keys;
    },
    refresh,
  };
}

async function fetchKeys(url: string): Promise<readonly TokenKey[]> {
  const { openClient } = await import('../../net/request.ts');
  using client = openClient();
  const response = await client.request(url);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > SET_LIMIT) throw new InvalidInputError(`${url} gave more than ${SET_LIMIT} bytes`);
    chunks.push(chunk);
  }
  if (response.status !== 200) throw new InvalidInputError(`${url} answered ${response.status}`);
  return parseTokenKeys(Buffer.concat(chunks).toString('utf8'), url);
}
