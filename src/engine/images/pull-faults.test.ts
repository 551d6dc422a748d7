import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { needsRoot } from '../../../test/scratch-images.ts';
import { registryHouse } from '../../../test/support/registry-house.ts';
import { noise, putRemote, remoteParts } from '../../../test/support/remote-image.ts';
import { fail, TestRegistry, type Fault } from '../../../test/support/test-registry.ts';

const skip = needsRoot;
const { large } = remoteParts();
const HALF = large.length / 2;

/** True for the request that asks for the large layer. */
const asksLarge = (url: URL, registry: TestRegistry): boolean =>
  registry.blobs.get(url.pathname.split('/').at(-1) ?? '')?.length === large.length;

/** Begins a body and says that it will be longer. */
function begin(response: ServerResponse, data: Buffer, upTo: number, start = 0): Promise<void> {
  response.statusCode = start > 0 ? 206 : 200;
  response.setHeader('content-length', data.length - start);
  if (start > 0) {
    response.setHeader('content-range', `bytes ${start}-${data.length - 1}/${data.length}`);
  }
  return new Promise((resolve) => {
    response.write(data.subarray(start, upTo), () => resolve());
  });
}

const rangeOf = (range: string | undefined): number =>
  Number(/=(\d+)-/.exec(range ?? '')?.[1] ?? 0);

interface Scenario {
  readonly must: 'ok' | RegExp;
  readonly fault: (registry: TestRegistry) => Fault;
  /** Milliseconds without a byte after which a pull gives up; long where that is not the question. */
  readonly stall?: number;
  /** After it went as it must. */
  readonly check?: (registry: TestRegistry) => void;
}

/** Cuts the connection of a large layer after some bytes, as often as `times`. */
const cut = (times: number, bytes: number, options: { range?: boolean } = {}) => {
  return (registry: TestRegistry): Fault => {
    let left = times;
    return async ({ request, response, url }) => {
      if (!asksLarge(url, registry) || left === 0) return false;
      left -= 1;
      const start = options.range === false ? 0 : rangeOf(request.headers.range);
      await begin(response, large, start + bytes, start);
      response.destroy();
      return true;
    };
  };
};

/** Answers the first requests of a kind with a status. */
const first =
  (kind: string, times: number, answer: (response: ServerResponse) => void) =>
  (): Fault =>
  ({ response, kind: own, before }) => {
    if (own !== kind || before >= times) return false;
    answer(response);
    return true;
  };

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    fail(response, code, code === 429 ? 'TOOMANYREQUESTS' : 'UNKNOWN', 'trouble');
  };

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a layer that always ends half way': {
    must: /half-way/,
    fault: cut(Infinity, HALF, { range: false }),
  },
  'a layer that ends half way once': {
    must: 'ok',
    fault: cut(1, HALF),
    // How much of the first half had arrived when the connection broke, the network decides.
    check: (registry) => assert.ok(registry.sent < large.length, `${registry.sent} bytes`),
  },
  'a connection that breaks every 128 KiB': { must: 'ok', fault: cut(Infinity, 128 * 1024) },
  'a break, and a server without ranges': {
    must: 'ok',
    fault: (registry) => {
      const once = cut(1, HALF)(registry);
      return async (exchange) => {
        if (await once(exchange)) return true;
        delete exchange.request.headers.range;
        return false;
      };
    },
  },
  'a break, and a range that begins elsewhere': {
    must: 'ok',
    fault: (registry) => {
      const once = cut(1, HALF)(registry);
      return async (exchange) => {
        if (await once(exchange)) return true;
        const { request, response, url } = exchange;
        if (!asksLarge(url, registry) || request.headers.range === undefined) return false;
        response.statusCode = 206;
        response.setHeader('content-range', `bytes 0-${large.length - 1}/${large.length}`);
        response.end(large);
        return true;
      };
    },
  },
  'a layer without a length, cut in good order': {
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
  'a layer without a length': {
    must: 'ok',
    fault:
      (registry) =>
      ({ response, url }) => {
        if (!asksLarge(url, registry)) return false;
        response.write(large);
        response.end();
        return true;
      },
  },
  'a layer that stops on every try': {
    must: /nothing came for/,
    stall: 200,
    fault:
      (registry) =>
      async ({ request, response, url }) => {
        if (!asksLarge(url, registry)) return false;
        const start = rangeOf(request.headers.range);
        await begin(response, large, Math.max(start, HALF), start);
        return true;
      },
  },
  'a layer that takes longer as a whole than a pull waits for a byte': {
    must: 'ok',
    stall: 1000,
    fault:
      (registry) =>
      async ({ response, url }) => {
        if (!asksLarge(url, registry)) return false;
        response.setHeader('content-length', large.length);
        for (let at = 0; at < large.length; at += 128 * 1024) {
          response.write(large.subarray(at, at + 128 * 1024));
          await new Promise((resolve) => setTimeout(resolve, 150));
        }
        response.end();
        return true;
      },
  },
  'a layer that does not end': {
    must: /longer than/,
    fault:
      (registry) =>
      ({ response, url }) => {
        if (!asksLarge(url, registry)) return false;
        response.write(large);
        const more = noise(64 * 1024);
        const go = (): void => {
          if (!response.destroyed) response.write(more, go);
        };
        go();
        return true;
      },
  },
  'a layer of other bytes': {
    must: /expected sha256/,
    fault:
      (registry) =>
      ({ response, url }) => {
        if (!asksLarge(url, registry)) return false;
        response.end(noise(large.length));
        return true;
      },
  },
  'a manifest that fails twice': { must: 'ok', fault: first('manifest', 2, status(500)) },
  'a manifest that always fails': { must: /trouble/, fault: first('manifest', 99, status(500)) },
  'a layer that fails twice': { must: 'ok', fault: first('blob', 2, status(503)) },
  'a manifest with a rest to be waited for': {
    must: 'ok',
    fault: first('manifest', 1, status(429, { 'retry-after': '1' })),
  },
  'a layer with a rest to be waited for': {
    must: 'ok',
    fault: first('blob', 1, status(429, { 'retry-after': '1' })),
  },
  'too many requests, for ever': {
    must: /^toomanyrequests: .* for 0 seconds/,
    fault: first('manifest', 99, status(429, { 'retry-after': '0' })),
    check: (registry) => assert.ok(registry.count(/manifests/) <= 5),
  },
  'too many requests, until tomorrow': {
    must: /^toomanyrequests: .* for 24 hours/,
    fault: first('manifest', 99, status(429, { 'retry-after': '86400', 'ratelimit-limit': '100' })),
    check: (registry) => assert.equal(registry.count(/manifests/), 1),
  },
  'a redirect to itself': {
    must: /redirects more than 10 times/,
    fault:
      () =>
      ({ response, url, kind }) => {
        if (kind !== 'blob') return false;
        response.writeHead(307, { location: url.pathname }).end();
        return true;
      },
  },
  'a redirect to a file': {
    must: /redirects to what is no http/,
    fault: first('blob', 99, (response) =>
      response.writeHead(307, { location: 'file:///etc/passwd' }).end(),
    ),
  },
  'a missing layer': {
    must: /blob unknown/,
    fault:
      (registry) =>
      ({ response, url }) => {
        if (!asksLarge(url, registry)) return false;
        fail(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
        return true;
      },
  },
  'a refusal': {
    must: /^pull access denied for .*: denied: ask bob$/,
    fault: first('manifest', 99, (response) => fail(response, 403, 'DENIED', 'ask bob')),
  },
  'a web page in place of a manifest': {
    must: /not valid JSON/,
    fault: first('manifest', 99, (response) =>
      response.setHeader('content-type', 'text/html').end('<html>Log in'),
    ),
  },
  'a manifest of 40 MiB': {
    must: /larger than/,
    fault: first('manifest', 99, (response) => response.end(Buffer.alloc(40 * 1024 * 1024, 0x20))),
  },
  'a manifest that does not end': {
    must: /larger than/,
    fault: first('manifest', 99, (response) => {
      const go = (): void => {
        if (!response.destroyed) response.write(' '.repeat(65_536), go);
      };
      go();
    }),
  },
  'a first question that is cut off': {
    must: 'ok',
    fault: first('ping', 1, (response) => response.destroy()),
  },
  'a registry without HEAD': {
    must: 'ok',
    fault:
      () =>
      ({ request, response }) => {
        if (request.method !== 'HEAD') return false;
        response.writeHead(405).end();
        return true;
      },
  },
};

for (const [what, { must, fault, stall, check }] of Object.entries(SCENARIOS)) {
  test(`pull() ${must === 'ok' ? 'survives' : 'gives up on'} ${what}`, { skip }, async () => {
    await using house = await registryHouse({}, stall === undefined ? {} : { stall });
    const { registry } = house;
    const remote = putRemote(registry, 'team/app', 'v1');
    registry.fault = fault(registry);
    if (must === 'ok') assert.equal((await house.pull('team/app:v1')).id, remote.id);
    else await house.refuses('team/app:v1', must);
    check?.(registry);
  });
}

test('pull() goes on where an earlier process was stopped', { skip }, async () => {
  await using house = await registryHouse();
  const { registry } = house;
  const remote = putRemote(registry, 'team/app', 'v1');
  registry.fault = cut(Infinity, HALF, { range: false })(registry);
  await house.refuses('team/app:v1', /half-way/);
  registry.fault = undefined;
  registry.sent = 0;
  assert.equal((await house.pull('team/app:v1')).id, remote.id);
  assert.ok(registry.sent < large.length - HALF + 4096, `${registry.sent} bytes`);
});

test('pull() asks another host for a layer without what speaks of us', { skip }, async () => {
  const seen: (string | undefined)[] = [];
  await using house = await registryHouse({ auth: 'token' });
  const { registry } = house;
  await using store = await TestRegistry.open({
    fault({ request, response, url }) {
      seen.push(request.headers.authorization);
      const data = registry.blobs.get(url.searchParams.get('blob') ?? '');
      response.end(data);
      return true;
    },
  });
  putRemote(registry, 'team/app', 'v1');
  registry.fault = ({ request, response, url, kind }) => {
    if (kind !== 'blob' || request.headers.authorization === undefined) return false;
    const digest = url.pathname.split('/').at(-1);
    response.writeHead(307, { location: `http://${store.host}/x?blob=${digest}` }).end();
    return true;
  };
  await house.pull('team/app:v1');
  assert.deepEqual(seen, [undefined, undefined, undefined]);
});

test('pull() shows a warning of the registry once', { skip }, async () => {
  await using house = await registryHouse();
  putRemote(house.registry, 'team/app', 'v1');
  house.registry.fault = ({ response }) => {
    response.setHeader('warning', '299 - "this \\"tag\\" is old"');
    return false;
  };
  const warnings: string[] = [];
  await house.scratch.images.pull(
    { name: `${house.registry.host}/team/app:v1` },
    { progress: (event) => event.type === 'warning' && warnings.push(event.message) },
  );
  assert.deepEqual(warnings, [`${house.registry.host}: this "tag" is old`]);
});
