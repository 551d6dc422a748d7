import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { tarOf } from '../../../test/tar-of.ts';
import { noise, PageImages } from '../../../test/support/page-images.ts';
import { basic, bearer, withTokens, withUsers } from '../../../test/support/registry-users.ts';
import {
  filesOnly,
  ServedRegistry,
  type ServedOptions,
} from '../../../test/support/served-registry.ts';
import { putIndex, putRemote } from '../../../test/support/remote-image.ts';
import { mirrorHouse } from '../../../test/support/mirror-house.ts';
import type {
  FilePage,
  ImageAnswer,
  RepositoryPage,
  Session,
  Sizes,
  TagPage,
} from './api-types.ts';

/** Files that stand for those that the build writes. */
const page = mkdtempSync(join(tmpdir(), 'stave-page-'));
writeFileSync(join(page, 'index.html'), '<!doctype html><title>Registry</title>');
writeFileSync(join(page, 'main-1.js'), 'export {};');
after(() => rmSync(page, { recursive: true, force: true }));
const html = { accept: 'text/html,*/*;q=0.8' };

const open = (options: ServedOptions = {}): Promise<ServedRegistry> =>
  ServedRegistry.open({ page, ...options });

async function ask<T>(
  registry: ServedRegistry,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { status, text } = await registry.send('GET', path, { headers });
  assert.equal(status, 200, `${path}: ${text}`);
  return JSON.parse(text) as T;
}

test('the page is for browsers, and its files are kept by them', async () => {
  await using registry = await open();
  const front = await registry.send('GET', '/', { headers: html });
  assert.deepEqual([front.status, front.headers['cache-control']], [200, 'no-cache']);
  const policy = String(front.headers['content-security-policy']);
  assert.match(policy, /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const etag = String(front.headers['etag']);
  const again = await registry.send('GET', '/', { headers: { ...html, 'if-none-match': etag } });
  assert.deepEqual([again.status, again.text], [304, '']);
  assert.equal((await registry.send('GET', '/')).status, 404);
  const zipped = { 'accept-encoding': 'br, gzip' };
  const script = await registry.send('GET', '/page/main-1.js', { headers: zipped });
  assert.match(String(script.headers['cache-control']), /immutable/);
  assert.equal(gunzipSync(script.body).toString(), 'export {};');
  for (const path of ['/page/', '/page/../index.html', '/page/none.js', '/page/__proto__']) {
    assert.equal((await registry.send('GET', path)).status, 404, path);
  }
  assert.equal((await registry.send('POST', '/')).status, 405);
});

test('without the page its addresses are none', async () => {
  await using registry = await ServedRegistry.open();
  for (const path of ['/', '/api/session', '/api/repositories', '/page/main-1.js']) {
    const { status } = await registry.send('GET', path, { headers: html });
    assert.deepEqual([path, status], [path, 404]);
  }
});

test('repositories are searched and come in pages', async () => {
  await using registry = await open();
  for (const name of ['a/one', 'a/two', 'b/one', 'c']) await registry.image(name, 'v1');
  const names = async (query: string): Promise<unknown> => {
    const { repositories, next } = await ask<RepositoryPage>(registry, `/api/repositories${query}`);
    return [repositories.map(({ name }) => name), next];
  };
  assert.deepEqual(await names(''), [['a/one', 'a/two', 'b/one', 'c'], undefined]);
  assert.deepEqual(await names('?q=ONE'), [['a/one', 'b/one'], undefined]);
  assert.deepEqual(await names('?n=2'), [['a/one', 'a/two'], 'a/two']);
  assert.deepEqual(await names('?n=2&last=a/two'), [['b/one', 'c'], undefined]);
  assert.equal((await registry.send('GET', '/api/repositories?n=x')).status, 400);
});

test('tags come with sizes and platforms, attestations with the image that they are about', async () => {
  await using registry = await open();
  const images = new PageImages(registry);
  const steps = [{ by: 'COPY a /', files: [{ name: 'a', data: noise(1000) }] }];
  const entries = [];
  for (const architecture of ['amd64', 'arm64']) {
    const entry = await images.image('app', undefined, { steps, architecture });
    entries.push({ architecture, entry });
  }
  const index = await images.index('app', 'v1', entries);
  await images.image('app', 'V2', { steps });
  const { tags, total } = await ask<TagPage>(registry, '/api/tags/app?q=v');
  assert.deepEqual(
    tags.map(({ tag, kind, platforms }) => [tag, kind, platforms]),
    [
      ['V2', 'image', ['linux/amd64']],
      ['v1', 'index', ['linux/amd64', 'linux/arm64']],
    ],
  );
  assert.equal(total, 2);
  assert.ok((tags[1]?.size ?? 0) > 1000);
  const answer = await ask<ImageAnswer>(registry, '/api/images/app/v1');
  assert.equal(answer.digest, index.digest);
  assert.deepEqual(
    answer.platforms.map(({ platform, attestations }) => [
      platform,
      attestations.flatMap(({ predicates }) => predicates),
    ]),
    ['linux/amd64', 'linux/arm64'].map((platform) => [
      platform,
      ['https://spdx.dev/Document', 'https://slsa.dev/provenance/v1'],
    ]),
  );
  const more = await ask<TagPage>(registry, '/api/tags/app?n=1');
  assert.deepEqual([more.tags.length, more.next], [1, 1]);
  assert.equal((await registry.send('GET', '/api/tags/none')).status, 404);
});

test('the last changed tag comes first when that is wanted', { skip: filesOnly }, async () => {
  await using registry = await open();
  for (const tag of ['a', 'c', 'b', 'a'])
    await registry.image('app', tag, { annotations: { tag } });
  await registry.image('app', 'a', { annotations: { again: 'yes' } });
  const { tags } = await ask<TagPage>(registry, '/api/tags/app?sort=newest');
  assert.deepEqual(
    tags.map(({ tag }) => tag),
    ['a', 'b', 'c'],
  );
});

test('sizes count each blob once, and name those that several images need', async () => {
  await using registry = await open();
  const images = new PageImages(registry);
  const base = { by: 'ADD base /', files: [{ name: 'base', data: noise(5000) }] };
  const own = (seed: number) => ({ by: 'COPY', files: [{ name: 'own', data: noise(3000, seed) }] });
  await images.image('app', 'one', { steps: [base, own(1)] });
  await images.image('app', 'two', { steps: [base, own(2)] });
  const sizes = await ask<Sizes>(registry, '/api/sizes/app');
  const { image } = await ask<ImageAnswer>(registry, '/api/images/app/one');
  const [layer] = image?.layers ?? [];
  assert.deepEqual(sizes.shared, { [layer?.digest ?? '']: 2 });
  assert.deepEqual([sizes.images, sizes.apart - sizes.stored], [2, layer?.size]);
});

test('files of a layer are listed and found, gzipped or with zstd', async () => {
  await using registry = await open();
  const images = new PageImages(registry);
  const files = [
    { name: 'etc/app.conf', data: 'x' },
    { name: 'usr/bin/app', data: noise(500), mode: 0o755 },
  ];
  for (const zstd of [false, true]) {
    await images.image('app', 'v1', { steps: [{ by: 'COPY', files }], zstd });
    const { image } = await ask<ImageAnswer>(registry, '/api/images/app/v1');
    const path = `/api/files/app/${image?.layers[0]?.digest ?? ''}`;
    const root = await ask<FilePage>(registry, path);
    assert.deepEqual(
      root.files.map(({ name, kind, size }) => [name, kind, size]),
      [
        ['etc', 'directory', 1],
        ['usr', 'directory', 500],
      ],
    );
    const found = await ask<FilePage>(registry, `${path}?q=bin/app`);
    assert.deepEqual(
      found.files.map(({ name, mode }) => [name, mode]),
      [['usr/bin/app', '755']],
    );
  }
});

test('what is no layer, or a bad one, is said to be so', async () => {
  await using registry = await open();
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [Buffer.from('no tar at all'), /./],
    [gzipSync(Buffer.alloc(2000, 'x')), /./],
    [gzipSync(tarOf([{ name: 'a', data: noise(9000) }])).subarray(0, 5000), /ends too early/],
  ];
  for (const [body, why] of cases) {
    const digest = await registry.blob('app', body);
    const { entries, cut } = await ask<FilePage>(registry, `/api/files/app/${digest}`);
    assert.ok(entries <= 1);
    assert.match(cut ?? '', why);
  }
  const none = `/api/files/app/sha256:${'0'.repeat(64)}`;
  assert.equal((await registry.send('GET', none)).status, 404);
  assert.deepEqual(registry.failures, []);
});

test('documents that are no image are shown as what they are', async () => {
  await using registry = await open();
  const images = new PageImages(registry);
  const config = await images.blob('app', 'not json', 'application/vnd.oci.image.config.v1+json');
  await images.document('app', 'broken', { config, layers: [] });
  const other = 'application/vnd.example.thing+json';
  await images.document('app', 'thing', { some: 'thing' }, other);
  const broken = await ask<ImageAnswer>(registry, '/api/images/app/broken');
  assert.deepEqual([broken.kind, broken.image?.history], ['image', []]);
  const thing = await ask<ImageAnswer>(registry, '/api/images/app/thing');
  assert.deepEqual([thing.kind, thing.artifactType], ['artifact', other]);
  assert.equal((await ask<TagPage>(registry, '/api/tags/app')).total, 2);
});

test('what cosign attaches by tags is found, and is no image', async () => {
  await using registry = await open();
  const images = new PageImages(registry);
  const { digest } = await images.image('app', 'v1', { steps: [] });
  const type = 'application/vnd.dev.cosign.simplesigning.v1+json';
  const tag = `${digest.replace(':', '-')}.sig`;
  const config = await images.blob('app', '{}', 'application/vnd.oci.image.config.v1+json');
  await images.document('app', tag, { config, layers: [await images.blob('app', '{}', type)] });
  const { attached } = await ask<ImageAnswer>(registry, '/api/images/app/v1');
  assert.deepEqual(attached, [{ tag, kind: 'signature' }]);
  const { kind, artifactType } = await ask<ImageAnswer>(registry, `/api/images/app/${tag}`);
  assert.deepEqual([kind, artifactType], ['artifact', type]);
});

test('the page shows what the caller may see, and asks for passwords in its own words', async () => {
  const rules = [
    'alice:**:all',
    'alice:team/**:all',
    'bob:team/**:pull',
    'alice:public/**:all',
    'anonymous:public/**:pull',
  ];
  for (const access of [withUsers({ rules }), withTokens({ rules })]) {
    await using registry = await open({ access });
    const alice = new PageImages(registry, basic('alice'));
    for (const name of ['public/a', 'secret/a', 'team/a']) {
      await alice.image(name, 'v1', { steps: [] });
    }
    const seen = async (headers = {}): Promise<readonly string[]> =>
      (await ask<RepositoryPage>(registry, '/api/repositories', headers)).repositories.map(
        ({ name }) => name,
      );
    assert.deepEqual(await seen(), ['public/a']);
    assert.deepEqual(await seen(basic('bob')), ['public/a', 'team/a']);
    for (const path of [
      'tags/secret/a',
      'sizes/secret/a',
      'images/secret/a/v1',
      'images/none/v1',
    ]) {
      const { status } = await registry.send('GET', `/api/${path}`, { headers: basic('bob') });
      assert.deepEqual([path, status], [path, 403]);
    }
    const image = await ask<ImageAnswer>(registry, '/api/images/team/a/v1', basic('bob'));
    assert.equal(image.mayDelete, false);
    const sizes = await ask<Sizes>(registry, '/api/sizes/team/a', basic('bob'));
    assert.equal(sizes.elsewhere, undefined);
    const wrong = { ...basic('bob', 'wrong'), 'x-stave-page': '1' };
    for (const path of ['/api/session', '/v2/team/a/tags/list']) {
      const { status, headers } = await registry.send('GET', path, { headers: wrong });
      assert.equal(status, 401);
      assert.match(String(headers['www-authenticate']), /^X-(?:Basic|Bearer) /);
    }
    const { headers } = await registry.send('GET', '/v2/');
    assert.match(String(headers['www-authenticate']), /^(?:Basic|Bearer) /);
  }
});

test('of a mirror the page shows what is here, and asks nobody', async () => {
  await using house = await mirrorHouse({}, {}, { page });
  const { upstream, mirror: registry } = house;
  const child = putRemote(upstream, 'app', 'amd64');
  putIndex(upstream, 'app', 'v1', [
    child,
    putRemote(upstream, 'app', 'arm64', { architecture: 'arm64' }),
  ]);
  assert.equal((await registry.send('GET', '/api/tags/hub/app')).status, 404);
  assert.deepEqual(upstream.log, []);
  await registry.send('GET', '/v2/hub/app/manifests/v1');
  await registry.send('GET', `/v2/hub/app/manifests/${child.digest}`);
  const asked = upstream.log.length;
  const { tags } = await ask<TagPage>(registry, '/api/tags/hub/app');
  assert.deepEqual(
    tags.map(({ tag }) => tag),
    ['v1'],
  );
  const { platforms } = await ask<ImageAnswer>(registry, '/api/images/hub/app/v1');
  assert.deepEqual(
    platforms.map(({ size }) => size !== undefined),
    [true, false],
  );
  assert.equal(upstream.log.length, asked);
});

test('the session says who asks and how to sign in', async () => {
  await using closed = await open({ access: withUsers() });
  const stranger = await ask<Session>(closed, '/api/session');
  assert.deepEqual([stranger.user, stranger.login], [null, { kind: 'password' }]);
  assert.equal((await ask<Session>(closed, '/api/session', basic('bob'))).user, 'bob');
  await using tokens = await open({ access: withTokens() });
  const { login } = await ask<Session>(tokens, '/api/session');
  assert.deepEqual(login, { kind: 'token', service: 'registry' });
  const { status } = await tokens.send('GET', '/api/session', { headers: bearer('none') });
  assert.equal(status, 401);
  await using free = await open({ readOnly: true });
  const { user, login: none, readOnly } = await ask<Session>(free, '/api/session');
  assert.deepEqual([user, none, readOnly], [null, { kind: 'none' }, true]);
});
