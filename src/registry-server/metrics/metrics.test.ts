import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basic, withUsers } from '../../../test/support/registry-users.ts';
import { send, ServedRegistry } from '../../../test/support/served-registry.ts';
import { openSideDoor } from '../side-door.ts';
import type { RegistryStorage } from '../storage.ts';
import { family, histogram } from './exposition.ts';
import { RegistryFigures } from './registry-figures.ts';

/** A registry that counts, and the text of its figures. */
async function counting(
  figures: RegistryFigures,
): Promise<{ registry: ServedRegistry; text: () => Promise<string> }> {
  let storage: RegistryStorage | undefined;
  const text = (): Promise<string> => {
    if (!storage) throw new Error('no storage');
    return figures.text({
      storage,
      openUploads: () => 3,
      isReady: () => true,
      version: '1.2.3',
    });
  };
  const registry = await ServedRegistry.open({
    access: withUsers(),
    more: (opened) => {
      storage = opened;
      return {
        observe: figures.requests.observe,
        onConnection: figures.requests.connected,
        figures: { text, maySee: ({ name }) => name === 'alice' },
      };
    },
  });
  return { registry, text };
}

test('family() escapes what could end a line or a label', () => {
  const text = family('a_total', 'counter', 'Help.', [{ labels: { x: 'a"\\\nb' }, value: 2 }]);
  assert.equal(text, '# HELP a_total Help.\n# TYPE a_total counter\na_total{x="a\\"\\\\\\nb"} 2\n');
});

test('histogram() adds counts up to the bound of all', () => {
  const text = histogram('t', 'Help.', [1, 2], [{ labels: { r: 'x' }, counts: [2, 1, 4], sum: 9 }]);
  assert.deepEqual(text.split('\n').slice(2, -1), [
    't_bucket{r="x",le="1"} 2',
    't_bucket{r="x",le="2"} 3',
    't_bucket{r="x",le="+Inf"} 7',
    't_sum{r="x"} 9',
    't_count{r="x"} 7',
  ]);
});

test('requests are counted by route, method and status, and names of methods do not add up', async () => {
  using figures = new RegistryFigures();
  const { registry, text } = await counting(figures);
  await using _ = registry;
  const headers = basic('alice');
  await registry.send('GET', '/v2/', { headers });
  await registry.send('GET', '/v2/a/tags/list', { headers });
  await registry.send('GET', '/v2/', { headers: basic('alice', 'wrong') });
  await registry.send('GET', '/v2/');
  await registry.send('PROPFIND', '/v2/', { headers });
  const said = await text();
  const has = (line: string): void => assert.ok(said.includes(`${line}\n`), `${line}\n${said}`);
  const requests = 'stave_registry_http_requests_total';
  has(`${requests}{route="base",method="GET",status="200"} 1`);
  has(`${requests}{route="base",method="GET",status="401"} 2`);
  has(`${requests}{route="tags",method="GET",status="404"} 1`);
  has(`${requests}{route="base",method="other",status="405"} 1`);
  has('stave_registry_failed_logins_total 1');
  has('stave_registry_open_uploads 3');
  has('stave_registry_info{version="1.2.3"} 1');
  assert.match(said, /^process_resident_memory_bytes \d{7,}$/m);
  assert.match(said, /^nodejs_eventloop_lag_seconds\{quantile="0.99"\} [\d.e-]+$/m);
  const [, sent = ''] = /^stave_registry_sent_bytes_total (\d+)$/m.exec(said) ?? [];
  assert.ok(Number(sent) > 500);
});

test(
  'figures of the storage follow what is pushed',
  { skip: process.env['STAVE_TEST_S3'] !== undefined && 'about folders' },
  async () => {
    using figures = new RegistryFigures();
    let storage: RegistryStorage | undefined;
    await using registry = await ServedRegistry.open({
      more: (opened) => {
        storage = opened;
        return {};
      },
    });
    await registry.image('team/app', 'v1');
    await registry.image('team/app', 'v2');
    assert.ok(storage);
    const said = await figures.text({
      storage,
      openUploads: () => 0,
      isReady: () => true,
      version: '1',
    });
    assert.match(said, /^stave_registry_repositories 1$/m);
    assert.match(said, /^stave_registry_manifests 1$/m);
    assert.match(said, /^stave_registry_tags 2$/m);
    assert.match(said, /^stave_registry_contents 3$/m);
  },
);

test('/metrics is for those who may see it, and not there without figures', async () => {
  using figures = new RegistryFigures();
  const { registry } = await counting(figures);
  await using _ = registry;
  const status = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await registry.send('GET', '/metrics', { headers })).status;
  assert.equal(await status({}), 401);
  assert.equal(await status(basic('bob')), 403);
  const { headers, text } = await registry.send('GET', '/metrics', { headers: basic('alice') });
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(text, /^# HELP stave_registry_info /);
  await using other = await ServedRegistry.open();
  assert.equal((await other.send('GET', '/metrics')).status, 404);
});

test('an address of its own tells figures and health to everyone, and nothing else', async () => {
  let isReady = true;
  await using door = await openSideDoor({
    host: '127.0.0.1',
    port: 0,
    isReady: () => isReady,
    figures: () => Promise.resolve('a 1\n'),
    onFailure: assert.ifError,
  });
  assert.equal((await send(door.url, 'GET', '/metrics')).text, 'a 1\n');
  assert.equal((await send(door.url, 'GET', '/readyz')).status, 200);
  isReady = false;
  assert.equal((await send(door.url, 'GET', '/readyz')).status, 503);
  assert.equal((await send(door.url, 'GET', '/healthz')).status, 200);
  assert.equal((await send(door.url, 'GET', '/v2/')).status, 404);
  assert.equal((await send(door.url, 'POST', '/metrics')).status, 405);
});
