import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { StaveError } from '../../src/base/errors.ts';
import type { Pushed } from '../../src/engine/engine.ts';
import { needsRoot } from '../scratch-images.ts';
import { type RegistryHouse, registryHouse } from '../support/registry-house.ts';
import { noise } from '../support/remote-image.ts';
import { fail, type Fault, type TestRegistryOptions } from '../support/test-registry.ts';
import { inPieces, tarOf } from '../tar-of.ts';
import { PUSH_ROWS } from './rows.ts';

/** One way in which a registry misbehaves while an image is pushed. */
interface PushScenario {
  /** What the server does, in the name of the test. */
  readonly does: string;
  readonly must: 'ok' | RegExp;
  readonly options?: TestRegistryOptions;
  readonly fault?: Fault;
  readonly check?: (house: RegistryHouse) => void;
}

/** Imports an image of one layer of 600 KB, and pushes it. */
async function push({ registry, scratch }: RegistryHouse): Promise<Pushed> {
  const name = `${registry.host}/team/app:v1`;
  const tar = tarOf([{ name: 'data', data: noise(600_000) }]);
  await scratch.images.import(inPieces(tar), { name });
  const [pushed] = await scratch.images.push({ name });
  return pushed!;
}

const on =
  (method: string, kind: string, fault: Fault): Fault =>
  (exchange) =>
    exchange.kind === kind && exchange.request.method === method ? fault(exchange) : false;

const once = (method: string, kind: string, fault: Fault): Fault =>
  on(method, kind, (exchange) => (exchange.before === 0 ? fault(exchange) : false));

const status =
  (code: number, word: string, wait = '0'): Fault =>
  ({ response }) => {
    response.setHeader('retry-after', wait);
    fail(response, code, word, 'trouble');
    return true;
  };

/** Changes the `Location` of an upload. */
const located =
  (change: (location: string, host: string) => string): Fault =>
  ({ request, response, kind }) => {
    if (kind !== 'upload') return false;
    const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
    response.writeHead = ((code: number, headers: Record<string, string> = {}) => {
      const { location } = headers;
      const host = request.headers.host ?? '';
      return writeHead(code, location ? { ...headers, location: change(location, host) } : headers);
    }) as typeof response.writeHead;
    return false;
  };

const SCENARIOS: Readonly<Record<string, PushScenario>> = {
  'push-fine': { does: 'does everything right', must: 'ok' },
  'push-reset-once': {
    does: 'breaks the connection in the middle of a blob',
    must: 'ok',
    fault: once('PUT', 'upload', async ({ request }) => {
      let size = 0;
      for await (const chunk of request) {
        size += (chunk as Buffer).length;
        if (size > 100_000) break;
      }
      request.socket.resetAndDestroy();
      return true;
    }),
  },
  'push-503-once': {
    does: 'fails once at the beginning of an upload',
    must: 'ok',
    fault: once('POST', 'upload', status(503, 'UNKNOWN')),
  },
  'push-429-once': {
    does: 'wants a rest before an upload',
    must: 'ok',
    fault: once('POST', 'upload', status(429, 'TOOMANYREQUESTS', '1')),
  },
  'push-absolute': {
    does: 'names an absolute location with a query',
    must: 'ok',
    fault: located((path, host) => `http://${host}${path}`),
  },
  'push-relative': {
    does: 'names a path with a query as the location',
    must: 'ok',
    fault: located((path) => path),
  },
  'a location relative to the request': {
    does: 'names a location relative to what was asked',
    must: 'ok',
    fault: located((path) =>
      path.slice(path.indexOf('/blobs/uploads/') + '/blobs/uploads/'.length),
    ),
  },
  'a location that is no URL': {
    does: 'names a file as the location',
    must: /does not say where/,
    fault: located(() => 'file:///x'),
  },
  'push-session-lost': {
    does: 'forgets an upload',
    must: 'ok',
    fault: once('PUT', 'upload', status(404, 'BLOB_UPLOAD_UNKNOWN')),
  },
  'push-bad-digest-400': {
    does: 'finds every blob wrong',
    must: /digest invalid: trouble/,
    fault: on('PUT', 'upload', status(400, 'DIGEST_INVALID')),
    // What is wrong stays wrong: nothing is tried again.
    check: ({ registry }) => assert.ok(registry.count(/^PUT/) <= 2),
  },
  'push-manifest-413': {
    does: 'finds the manifest too large',
    must: /refused writing to .*: size invalid: trouble/,
    fault: on('PUT', 'manifest', status(413, 'SIZE_INVALID')),
    check: ({ registry }) => assert.equal(registry.count(/^PUT .*manifests/), 1),
  },
  'push-denied': {
    does: 'refuses uploads',
    must: /^denied: trouble$/,
    fault: on('POST', 'upload', status(403, 'DENIED')),
  },
  'push-lies-201': {
    does: 'says that it has another manifest than was sent',
    must: /expected sha256/,
    fault: on('PUT', 'manifest', ({ response }) => {
      response.writeHead(201, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end();
      return true;
    }),
  },
  'push-token-expires': {
    does: 'takes each token for three requests',
    must: 'ok',
    options: { auth: 'token', tokenUses: 3 },
  },
  'push-known': {
    does: 'has every blob',
    must: 'ok',
    fault: on('HEAD', 'blob', ({ response }) => {
      response.writeHead(200).end();
      return true;
    }),
    check: ({ registry }) => assert.equal(registry.count(/uploads/), 0),
  },
};

test('every row of faults has a scenario that ends as the row says', () => {
  assert.equal(PUSH_ROWS.size, 13);
  for (const [row, must] of PUSH_ROWS) {
    const scenario = SCENARIOS[row];
    assert.ok(scenario, `nothing shows ${row}`);
    if (must !== 'any') assert.equal(scenario.must === 'ok' ? 'ok' : 'fail', must, row);
  }
});

for (const [row, { does, must, options, fault, check }] of Object.entries(SCENARIOS)) {
  const outcome = must === 'ok' ? 'the image is there' : 'refused, and nothing can be pulled';
  test(`push, ${row}: a registry ${does}: ${outcome}`, { skip: needsRoot }, async () => {
    await using house = await registryHouse(options);
    const { registry, scratch } = house;
    registry.fault = fault;
    registry.lenient = row === 'push-known';
    if (must === 'ok') {
      const { digest } = await push(house);
      assert.ok(registry.manifests.has(`team/app/${digest}`));
      assert.ok(registry.manifests.has('team/app/v1'));
    } else {
      await assert.rejects(push(house), (error: unknown) => {
        assert.ok(error instanceof StaveError, String((error as Error).stack));
        assert.match(error.message, must);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
      assert.equal(registry.manifests.size, 0);
      // What was not pushed has no digest there.
      const [image] = await scratch.images.list({ all: true });
      assert.deepEqual(image?.digests, []);
    }
    check?.(house);
    assert.deepEqual((await scratch.store.check()).problems, []);
    for (const folder of ['tmp', 'leases', 'ingest']) {
      const left = readdirSync(`${scratch.root}/${folder}`).filter((one) => !one.startsWith('.'));
      assert.deepEqual(left, [], folder);
    }
  });
}
