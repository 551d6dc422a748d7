import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { noise } from '../support/remote-image.ts';
import type { Fault } from '../support/test-registry.ts';
import {
  asksLarge,
  begin,
  cut,
  first,
  HALF,
  large,
  onLarge,
  type PullScenarios,
  rangeOf,
  inTurn,
} from './scenario.ts';

/** From now on the server knows no ranges. */
const noRanges = (): Fault => (exchange) => {
  delete exchange.request.headers.range;
  return false;
};

/** What may become of the bytes on their way. */
export const TRANSFERS: PullScenarios = {
  fine: { does: 'everything right', must: 'ok' },
  'trunc-always': {
    does: 'ends a layer half way on every try',
    must: /half-way/,
    fault: cut(Infinity, HALF, { ignoresRange: true }),
    check: (registry) => assert.ok(registry.count(/GET .*blobs/) < 12),
  },
  'trunc-once': {
    does: 'ends a layer half way once',
    must: 'ok',
    fault: cut(1, HALF),
    // How much of the first half had arrived when the connection broke, the network decides.
    check: (registry) => assert.ok(registry.sent < large.length, `${registry.sent} bytes`),
  },
  'reset-once': {
    does: 'resets the connection half way once',
    must: 'ok',
    fault: cut(1, HALF, { resets: true }),
  },
  'reset-every-128k': {
    does: 'resets the connection after each 128 KiB',
    must: 'ok',
    fault: cut(Infinity, 128 * 1024, { resets: true }),
  },
  'reset-no-range': {
    does: 'resets the connection once, and knows no ranges then',
    must: 'ok',
    fault: inTurn(cut(1, HALF, { resets: true }), noRanges),
  },
  'range-wrong-offset': {
    does: 'answers a range with one that begins at 0',
    must: 'ok',
    fault: inTurn(
      cut(1, HALF, { resets: true }),
      onLarge(({ request, response }) => {
        if (request.headers.range === undefined) return false;
        response.statusCode = 206;
        response.setHeader('content-range', `bytes 0-${large.length - 1}/${large.length}`);
        response.end(large);
        return true;
      }),
    ),
  },
  'a range beyond what was asked for': {
    does: 'answers a range with one that begins later',
    must: /./,
    fault: inTurn(
      cut(1, HALF, { resets: true }),
      onLarge(({ request, response }) => {
        const start = rangeOf(request.headers.range) + 1000;
        response.statusCode = 206;
        response.setHeader('content-range', `bytes ${start}-${large.length - 1}/${large.length}`);
        response.end(large.subarray(start));
        return true;
      }),
    ),
  },
  'wrong-bytes': {
    does: 'sends other bytes as a layer',
    must: /expected sha256/,
    fault: onLarge(({ response }) => {
      response.end(noise(large.length));
      return true;
    }),
  },
  'longer-body': {
    does: 'goes on after the end of a layer',
    must: /longer than/,
    fault: onLarge(({ response }) => {
      response.write(large);
      const more = noise(64 * 1024);
      const go = (): void => {
        if (!response.destroyed) response.write(more, go);
      };
      go();
      return true;
    }),
  },
  'slow-drip': {
    does: 'sends a layer slowly, but sends',
    must: 'ok',
    fault: onLarge(async ({ response }) => {
      response.setHeader('content-length', large.length);
      for (let at = 0; at < large.length; at += 128 * 1024) {
        response.write(large.subarray(at, at + 128 * 1024));
        await delay(100);
      }
      response.end();
      return true;
    }),
  },
  stall: {
    does: 'falls silent half way, on every try',
    must: /nothing came for/,
    fault: onLarge(async ({ request, response }) => {
      const start = rangeOf(request.headers.range);
      await begin(response, Math.max(start, HALF), start);
      return true;
    }),
    check: (registry) => assert.ok(registry.count(/GET .*blobs/) <= 6),
  },
  'no-length': {
    does: 'sends a layer in chunks without its length',
    must: 'ok',
    fault: onLarge(({ response }) => {
      response.write(large);
      response.end();
      return true;
    }),
  },
  'a cut without a length': {
    does: 'ends a layer without length half way, in good order',
    must: 'ok',
    fault: (registry) => {
      let left = 1;
      return ({ response, url }) => {
        if (!asksLarge(url, registry) || left-- <= 0) return false;
        response.end(large.subarray(0, HALF));
        return true;
      };
    },
  },
  'a first question that is cut off': {
    does: 'breaks the first connection',
    must: 'ok',
    fault: first('ping', 1, (response) => response.destroy()),
  },
};
