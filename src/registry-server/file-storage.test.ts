import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServedRegistry } from '../../test/support/served-registry.ts';
import { systemClock } from '../base/clock.ts';
import { digestOf, encoded } from '../oci/digest.ts';
import { RegistryDataError } from './errors.ts';
import { openFileStorage } from './file-storage.ts';

test('openFileStorage() says where nothing can be kept', () => {
  assert.throws(() => openFileStorage('/proc/x/y', systemClock), {
    code: 'REGISTRY_DATA',
    message: /^a registry cannot keep anything in \/proc\/x\/y: ENOENT/,
  });
});

/** All that clients can see of a repository. */
async function seen(registry: ServedRegistry, name: string): Promise<unknown> {
  const { text } = await registry.send('GET', `/v2/${name}/tags/list`);
  const { tags } = JSON.parse(text) as { tags: string[] };
  const means = await Promise.all(
    tags.map(async (tag) => {
      const got = await registry.send('GET', `/v2/${name}/manifests/${tag}`);
      return [tag, got.status, got.headers['docker-content-digest'], got.headers['content-type']];
    }),
  );
  const referrers = await registry.send('GET', `/v2/${name}/referrers/${digestOf('subject')}`);
  return { means, referrers: referrers.text };
}

async function filled(registry: ServedRegistry): Promise<void> {
  await registry.image('team/app', 'v1');
  await registry.image('team/app', 'v2', { annotations: { a: '2' } });
  await registry.image('team/app', 'gone', { annotations: { a: '3' } });
  await registry.send('DELETE', '/v2/team/app/manifests/gone');
  const extra = await registry.image('team/app', 'x', { annotations: { a: '4' } });
  await registry.send('DELETE', `/v2/team/app/manifests/${extra}`);
  const subject = { mediaType: 'a/b', digest: digestOf('subject'), size: 1 };
  await registry.image('team/app', 'signature', { subject });
}

test('everything is there after a restart, also when the tables are lost or damaged', async () => {
  await using registry = await ServedRegistry.open();
  await filled(registry);
  const before = await seen(registry, 'team/app');
  const database = join(registry.root, 'index.db');
  for (const harm of [
    () => undefined,
    () => rmSync(database),
    () => writeFileSync(database, 'no database'),
  ]) {
    await registry.restart(harm);
    assert.deepEqual(await seen(registry, 'team/app'), before);
  }
});

test('a change that a crash cut off in the journal is forgotten, and others go on after it', async () => {
  await using registry = await ServedRegistry.open();
  await filled(registry);
  const before = await seen(registry, 'team/app');
  const journal = join(registry.root, 'repositories/team+app/journal');
  let whole = '';
  await registry.restart(() => {
    whole = readFileSync(journal, 'utf8');
    appendFileSync(journal, '{"at":"2026-01-01T00:00:00Z","unt');
  });
  assert.equal(readFileSync(journal, 'utf8'), whole);
  assert.deepEqual(await seen(registry, 'team/app'), before);
  await registry.send('DELETE', '/v2/team/app/manifests/v1');
  await registry.restart(() => rmSync(join(registry.root, 'index.db')));
  assert.equal((await registry.send('GET', '/v2/team/app/manifests/v1')).status, 404);
});

test('tables that are behind the journal catch up', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.image('app', 'v1');
  const journal = join(registry.root, 'repositories/app/journal');
  const [line = ''] = readFileSync(journal, 'utf8').split('\n');
  const entry = JSON.stringify({ ...(JSON.parse(line) as object), tags: ['later'] });
  await registry.restart(() => appendFileSync(journal, `${entry}\nnoise\n`));
  const got = await registry.send('GET', '/v2/app/manifests/later');
  assert.equal(got.headers['docker-content-digest'], digest);
});

test('a repository whose folder is gone is gone', async () => {
  await using registry = await ServedRegistry.open();
  await registry.image('app', 'v1');
  await registry.image('other', 'v1');
  await registry.restart(() =>
    rmSync(join(registry.root, 'repositories/app'), { recursive: true }),
  );
  const { text } = await registry.send('GET', '/v2/_catalog');
  assert.deepEqual(JSON.parse(text), { repositories: ['other'] });
});

test('each repository is an OCI image layout when the registry has ended', async () => {
  await using registry = await ServedRegistry.open();
  await filled(registry);
  const folder = join(registry.root, 'repositories/team+app');
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  await registry.restart(() => {
    assert.deepEqual(read('oci-layout'), { imageLayoutVersion: '1.0.0' });
    const { manifests } = read('index.json') as {
      manifests: { digest: string; size: number; annotations?: Record<string, string> }[];
    };
    const names = manifests.map((one) => one.annotations?.['org.opencontainers.image.ref.name']);
    assert.deepEqual(names, ['signature', 'v1', 'v2', undefined]);
    for (const { digest, size } of manifests) {
      const body = readFileSync(join(folder, 'blobs', digest.replace(':', '/')));
      assert.deepEqual([digestOf(body), body.length], [digest, size]);
    }
  });
});

test('a content is on the disk once, however many repositories have it', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.blob('a', 'shared');
  await registry.blob('b', 'shared');
  const hex = encoded(digest);
  const places = [`blobs/sha256/${hex.slice(0, 2)}/${hex}`].concat(
    ['a', 'b'].map((name) => `repositories/${name}/blobs/sha256/${hex}`),
  );
  const inodes = places.map((place) => statSync(join(registry.root, place)).ino);
  assert.equal(new Set(inodes).size, 1);
});

test('a folder serves one registry at a time', async () => {
  await using registry = await ServedRegistry.open();
  assert.throws(() => openFileStorage(registry.root, systemClock), RegistryDataError);
});

test('what could be written to the journal and not to the tables is there with the next change', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.image('app', 'v1');
  const journal = join(registry.root, 'repositories/app/journal');
  const [line = ''] = readFileSync(journal, 'utf8').split('\n');
  const entry = JSON.stringify({ ...(JSON.parse(line) as object), tags: ['between'] });
  appendFileSync(journal, `${entry}\n`);
  await registry.image('app', 'v2', { annotations: { a: '2' } });
  for (const tag of ['v1', 'between']) {
    const got = await registry.send('GET', `/v2/app/manifests/${tag}`);
    assert.equal(got.headers['docker-content-digest'], digest);
  }
  assert.equal((await registry.send('GET', '/v2/app/manifests/v2')).status, 200);
});
