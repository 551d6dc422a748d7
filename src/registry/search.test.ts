import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { putRemote } from '../../test/support/remote-image.ts';
import {
  type Exchange,
  TestRegistry,
  type TestRegistryOptions,
} from '../../test/support/test-registry.ts';
import { openConnections } from './connection.ts';
import { type Found, search } from './search.ts';

const answer = (
  { response }: Exchange,
  json: unknown,
  headers: Record<string, string> = {},
): true => {
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(json));
  return true;
};

const refuse = ({ response }: Exchange, status: number): true => {
  response.writeHead(status).end();
  return true;
};

async function look(
  options: TestRegistryOptions,
  term: string,
  limit = 25,
): Promise<{ found: Found[]; host: string }> {
  await using registry = await TestRegistry.open(options);
  for (const name of ['team/app', 'team/api', 'web']) putRemote(registry, name, 'v1');
  using connections = openConnections({ environment: {}, pause: 1, stall: 2000 });
  const { host } = registry;
  return { found: await search(connections, { registry: host, term, limit }), host };
}

/** A catalogue in two pages. */
const catalogue = (exchange: Exchange): boolean => {
  const { url } = exchange;
  if (url.pathname !== '/v2/_catalog') return false;
  if (url.searchParams.has('last')) return answer(exchange, { repositories: ['team/app', 'web'] });
  return answer(
    exchange,
    { repositories: ['app', 'team/api'] },
    { link: '</v2/_catalog?last=team%2Fapi&n=2>; rel="next"' },
  );
};

test('search() looks through all pages of a catalogue', async () => {
  const { found, host } = await look({ fault: catalogue }, 'App');
  assert.deepEqual(
    found.map(({ name }) => name),
    [`${host}/app`, `${host}/team/app`],
  );
});

test('search() ends at its limit', async () => {
  const { found } = await look({ fault: catalogue }, 'a', 2);
  assert.equal(found.length, 2);
});

test('search() asks a registry without a catalogue in the old way', async () => {
  const { found, host } = await look(
    {
      fault: (exchange) => {
        const { pathname, searchParams } = exchange.url;
        if (pathname === '/v2/_catalog') return refuse(exchange, 401);
        if (pathname !== '/v1/search') return false;
        assert.equal(searchParams.get('q'), 'app');
        const one = {
          name: 'library/app',
          description: 'An app',
          star_count: 7,
          is_official: true,
        };
        return answer(exchange, { num_results: 1, results: [one, { name: 'x/app' }] });
      },
    },
    'app',
  );
  assert.deepEqual(found, [
    { name: `${host}/app`, description: 'An app', stars: 7, official: true },
    { name: `${host}/x/app`, description: '', stars: 0, official: false },
  ]);
});

test('search() says that a registry offers neither', async () => {
  const fault = (exchange: Exchange): boolean =>
    /_catalog|search/.test(exchange.url.pathname) && refuse(exchange, 404);
  await assert.rejects(look({ fault }, 'app'), /offers neither a search nor a catalogue/);
});

test('search() says that it is not allowed', async () => {
  const fault = (exchange: Exchange): boolean =>
    (/_catalog/.test(exchange.url.pathname) && refuse(exchange, 403)) ||
    (/search/.test(exchange.url.pathname) && refuse(exchange, 404));
  await assert.rejects(look({ fault }, 'app'), /does not let us search: status 403/);
});

test('search() does not follow a catalogue without end', async () => {
  const fault = (exchange: Exchange): boolean =>
    /_catalog/.test(exchange.url.pathname) &&
    answer(exchange, { repositories: [] }, { link: `<${exchange.url.pathname}?n=1000>; rel=next` });
  await assert.rejects(look({ fault }, 'app'), /neither|without end/);
});

test('search() asks for the right to read the catalogue and for no other', async () => {
  await using registry = await TestRegistry.open({ auth: 'token' });
  const auth = Buffer.from('alice:s3cret').toString('base64');
  const environment = {
    DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [registry.host]: { auth } } }),
  };
  registry.fault = (exchange) =>
    exchange.url.pathname === '/v2/_catalog' && registry.scopes.length > 0
      ? answer(exchange, { repositories: ['team/app'] })
      : false;
  using connections = openConnections({ environment, pause: 1, stall: 2000 });
  const found = await search(connections, { registry: registry.host, term: 'app', limit: 5 });
  assert.equal(found.length, 1);
  assert.deepEqual(registry.scopes, ['registry:catalog:*']);
});

test('search() obeys what registries.conf says of a registry', async (t) => {
  const etc = mkdtempSync(join(tmpdir(), 'stave-etc-'));
  t.after(() => rmSync(etc, { recursive: true }));
  mkdirSync(join(etc, 'containers'));
  writeFileSync(
    join(etc, 'containers/registries.conf'),
    '[[registry]]\nlocation = "blocked.invalid"\nblocked = true\n' +
      '[[registry]]\nlocation = "plain.invalid"\ninsecure = true\n',
  );
  using connections = openConnections({ etc, environment: { HOME: '/nonexistent' }, tries: 1 });
  const look = (registry: string): Promise<unknown> =>
    search(connections, { registry, term: 'app', limit: 5 });
  await assert.rejects(look('blocked.invalid'), { code: 'REGISTRY_CONFIG', message: /is blocked/ });
  await assert.rejects(look('plain.invalid'), { code: 'NETWORK' });
  assert.deepEqual(connections.settings.insecure, ['plain.invalid']);
});
