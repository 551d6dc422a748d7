import type { ServerResponse } from 'node:http';
import type { RegistrySettings } from '../../src/registry/settings.ts';
import type { RegistryHouse } from '../support/registry-house.ts';
import { putRemote, remoteParts } from '../support/remote-image.ts';
import {
  fail,
  type Fault,
  type TestRegistry,
  type TestRegistryOptions,
} from '../support/test-registry.ts';

/** One way in which a registry misbehaves while an image is pulled. */
export interface PullScenario {
  /** What the server does, in the name of the test. */
  readonly does: string;
  /** `ok`, or what the message says. */
  readonly must: 'ok' | RegExp;
  readonly options?: TestRegistryOptions;
  readonly settings?: RegistrySettings;
  /** Puts `team/app:v1` into the registry; the image of two layers unless given. */
  readonly put?: (registry: TestRegistry) => void;
  readonly fault?: (registry: TestRegistry) => Fault;
  /** After it went as it must. */
  readonly check?: (registry: TestRegistry, house: RegistryHouse) => Promise<void> | void;
}

/** By row, or by a word of ours for what is in no row. */
export type PullScenarios = Readonly<Record<string, PullScenario>>;

/** The layer of 1 MiB of the image, and the other one. */
export const { large, small, config } = remoteParts();
/** Its middle. */
export const HALF = Math.floor(large.length / 2);

/** The image as it should be. */
export const putGood = (registry: TestRegistry): void => void putRemote(registry, 'team/app', 'v1');

/** True for the request that asks for the large layer. */
export const asksLarge = (url: URL, registry: TestRegistry): boolean =>
  registry.blobs.get(url.pathname.split('/').at(-1) ?? '')?.length === large.length;

/** Answers what is asked of the large layer. */
export const onLarge =
  (answer: Fault) =>
  (registry: TestRegistry): Fault =>
  (exchange) =>
    asksLarge(exchange.url, registry) ? answer(exchange) : false;

/** Begins a body and says that it will be longer. */
export function begin(response: ServerResponse, upTo: number, start = 0): Promise<void> {
  response.statusCode = start > 0 ? 206 : 200;
  response.setHeader('content-length', large.length - start);
  if (start > 0) {
    response.setHeader('content-range', `bytes ${start}-${large.length - 1}/${large.length}`);
  }
  return new Promise((resolve) => {
    response.write(large.subarray(start, upTo), () => resolve());
  });
}

/** The first byte that a range asks for. */
export const rangeOf = (range: string | undefined): number =>
  Number(/=(\d+)-/.exec(range ?? '')?.[1] ?? 0);

/** Breaks the connection of the large layer after some bytes, as often as `times`. */
export const cut =
  (
    times: number,
    bytes: number,
    { ignoresRange = false, resets = false }: { ignoresRange?: boolean; resets?: boolean } = {},
  ) =>
  (registry: TestRegistry): Fault => {
    let left = times;
    return async ({ request, response, url }) => {
      if (!asksLarge(url, registry) || left === 0) return false;
      left -= 1;
      const start = ignoresRange ? 0 : rangeOf(request.headers.range);
      await begin(response, start + bytes, start);
      if (resets) request.socket.resetAndDestroy();
      else response.destroy();
      return true;
    };
  };

/** One fault, and another one for what it lets through. */
export const inTurn =
  (first: (registry: TestRegistry) => Fault, second: (registry: TestRegistry) => Fault) =>
  (registry: TestRegistry): Fault => {
    const [one, two] = [first(registry), second(registry)];
    return async (exchange) => (await one(exchange)) === true || (await two(exchange)) === true;
  };

/** Answers the first requests of a kind. */
export const first =
  (kind: string, times: number, answer: (response: ServerResponse) => void) =>
  (): Fault =>
  ({ response, kind: own, before }) => {
    if (own !== kind || before >= times) return false;
    answer(response);
    return true;
  };

/** Refuses with a status. */
export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}, word = 'UNKNOWN') =>
  (response: ServerResponse): void => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    fail(response, code, code === 429 ? 'TOOMANYREQUESTS' : word, 'trouble');
  };
