import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putIndex, putRemote } from '../../test/support/remote-image.ts';
import { TestRegistry } from '../../test/support/test-registry.ts';
import { collect } from '../base/bytes.ts';
import { openConnections } from '../registry/connection.ts';
import { copyToArchive, copyToRegistry } from './copy-remote.ts';

const SETTINGS = { environment: { HOME: '/nonexistent' }, pause: 1, stall: 2000 };

/** Puts an index of two platforms and an attestation into a registry. */
function putAll(registry: TestRegistry): { index: string; amd64: string } {
  const own = putRemote(registry, 'app', 'own');
  const other = putRemote(registry, 'app', 'other', { architecture: 's390x' });
  const claim = putRemote(registry, 'app', 'claim', { architecture: 'unknown' });
  const index = putIndex(registry, 'app', 'v1', [
    { ...own, platform: { os: 'linux', architecture: 'amd64' } },
    { ...other, platform: { os: 'linux', architecture: 's390x' } },
    {
      ...claim,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    },
  ]);
  return { index, amd64: own.digest };
}

test('copyToRegistry() takes an index with all it holds to another registry', async () => {
  await using from = await TestRegistry.open();
  await using to = await TestRegistry.open();
  using connections = openConnections(SETTINGS);
  const { index, amd64 } = putAll(from);
  const what = { from: `${from.host}/app:v1` };
  assert.equal(await copyToRegistry(connections, what, `${to.host}/team/app:v2`, {}), index);
  const arrived = [...to.manifests.keys()].filter((name) => name.includes('sha256:'));
  assert.equal(arrived.length, 4);
  assert.ok(to.manifests.get('team/app/v2')!.data.equals(from.manifests.get('app/v1')!.data));
  const platform = { os: 'linux', architecture: 'amd64' };
  const alone = await copyToRegistry(connections, { ...what, platform }, `${to.host}/one`, {});
  assert.equal(alone, amd64);
});

test('copyToRegistry() within one registry moves no blob', async () => {
  await using registry = await TestRegistry.open();
  using connections = openConnections(SETTINGS);
  putAll(registry);
  const what = { from: `${registry.host}/app:v1` };
  await copyToRegistry(connections, what, `${registry.host}/other:v1`, {});
  assert.equal(registry.count(/^GET .*blobs/), 0);
  assert.ok(registry.manifests.has('other/v1'));
});

test('copyToRegistry() under another digest than asked for writes nothing', async () => {
  await using registry = await TestRegistry.open();
  using connections = openConnections(SETTINGS);
  const { index } = putAll(registry);
  const name = `${registry.host}/other@sha256:${'0'.repeat(64)}`;
  await assert.rejects(copyToRegistry(connections, { from: `${registry.host}/app:v1` }, name, {}), {
    message: `${registry.host}/app:v1 is ${index}, not sha256:${'0'.repeat(64)}`,
  });
  assert.equal(registry.count(/^(?:POST|PUT)/), 0);
});

test('copyToArchive() writes what a registry has into one file', async () => {
  await using registry = await TestRegistry.open();
  using connections = openConnections(SETTINGS);
  putAll(registry);
  const platform = { os: 'linux', architecture: 'amd64' };
  const sizes: number[] = [];
  for (const form of ['docker', 'oci'] as const) {
    const what = { from: `${registry.host}/app:v1`, ...(form === 'docker' && { platform }) };
    const bytes = await copyToArchive(connections, what, { form, name: 'name:v1' }, {});
    const archive = await collect(bytes, 1 << 24);
    assert.equal(archive.includes('manifest.json'), form === 'docker');
    assert.ok(archive.includes('v1'));
    sizes.push(archive.length >> 20);
  }
  // The large layer is the same for all platforms.
  assert.deepEqual(sizes, [1, 1]);
});
