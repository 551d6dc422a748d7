import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsRoot } from '../../../test/scratch-images.ts';
import { ServedRegistry } from '../../../test/support/served-registry.ts';
import { type RegistryHouse, registryHouse } from '../../../test/support/registry-house.ts';
import { noise, putRemote, remoteParts } from '../../../test/support/remote-image.ts';
import { digestOf } from '../../../test/support/test-registry.ts';
import { inPieces, tarOf } from '../../../test/tar-of.ts';
import { MediaType } from '../../oci/media-types.ts';
import type { Pushed } from '../engine.ts';

const skip = needsRoot;

/** Imports an image of 600 KB under a name in the registry, and pushes it. */
async function importImage(house: RegistryHouse, name: string): Promise<string> {
  const full = `${house.registry.host}/${name}`;
  const tar = tarOf([{ name: 'data', data: noise(600_000) }]);
  await house.scratch.images.import(inPieces(tar), { name: full });
  return full;
}

async function push(house: RegistryHouse, name: string): Promise<Pushed> {
  const full = await importImage(house, name);
  const [pushed] = await house.scratch.images.push({ name: full });
  return pushed!;
}

test(
  'push() sends an image that can be pulled again, and remembers its digest',
  { skip },
  async () => {
    await using house = await registryHouse({ auth: 'token' });
    const { images } = house.scratch;
    const pushed = await push(house, 'team/app:v1');
    const before = await images.inspect(pushed.name);
    assert.deepEqual(before.digests, [`${house.registry.host}/team/app@${pushed.digest}`]);
    assert.match(house.registry.manifests.get('team/app/v1')!.mediaType, /oci.image.manifest/);
    assert.deepEqual(house.registry.scopes, ['repository:team/app:pull,push']);
    await images.remove(pushed.name);
    const pulled = await house.pull('team/app:v1');
    assert.equal(pulled.id, before.id);
    assert.equal(pulled.digest, pushed.digest);
  },
);

test('push() of what is there sends nothing but the tag', { skip }, async () => {
  await using house = await registryHouse();
  const { name } = await push(house, 'team/app:v1');
  house.registry.log.length = 0;
  await house.scratch.images.push({ name });
  assert.equal(house.registry.count(/^(?:POST|PATCH|PUT .*blobs)/), 0);
  assert.equal(house.registry.count(/^PUT .*manifests\/v1/), 1);
});

test('push() sends what was pulled as it came, and mounts its layers', { skip }, async () => {
  await using house = await registryHouse();
  const remote = putRemote(house.registry, 'team/base', 'v1');
  const { name } = await house.pull('team/base:v1');
  const copy = `${house.registry.host}/other/app:v2`;
  await house.scratch.images.tag(name, copy);
  house.registry.log.length = 0;
  const [pushed] = await house.scratch.images.push({ name: copy });
  assert.equal(pushed?.digest, remote.digest);
  assert.equal(house.registry.count(/^POST .*mount=.*from=team%2Fbase/), 2);
  assert.equal(house.registry.count(/^PUT .*uploads/), 1);
});

test('push() packs layers as it is told', { skip }, async () => {
  await using house = await registryHouse();
  const name = await importImage(house, 'app:v1');
  const [pushed] = await house.scratch.images.push({ name, compression: 'zstd' });
  assert.match(house.registry.manifests.get('app/v1')!.data.toString(), /tar\+zstd/);
  const [again] = await house.scratch.images.push({ name });
  assert.notEqual(again?.digest, pushed?.digest);
  assert.doesNotMatch(house.registry.manifests.get('app/v1')!.data.toString(), /tar\+zstd/);
});

test('push() of all tags sends each', { skip }, async () => {
  await using house = await registryHouse();
  const name = await importImage(house, 'app:a');
  await house.scratch.images.tag(name, `${house.registry.host}/app:b`);
  const pushed = await house.scratch.images.push({ name: `${house.registry.host}/app`, all: true });
  assert.deepEqual(pushed.map((one) => one.name).sort(), [name, name.replace(/a$/, 'b')]);
  const { registry } = house;
  assert.ok(registry.manifests.has('app/a') && registry.manifests.has('app/b'));
  // Each blob is asked for once, however many tags there are: a config and a layer.
  assert.equal(registry.count(/^HEAD .*blobs/), 2);
});

test(
  'push() of all tags puts those of one image together where a registry takes them so',
  { skip },
  async () => {
    await using served = await ServedRegistry.open();
    await using house = await registryHouse();
    const name = await importImage(house, 'app:a');
    const target = `${new URL(served.url).host}/app`;
    for (const tag of ['a', 'b', 'c']) await house.scratch.images.tag(name, `${target}:${tag}`);
    const notes: string[] = [];
    await house.scratch.images.push(
      { name: target, all: true },
      { progress: (event) => event.type === 'note' && notes.push(event.text) },
    );
    assert.deepEqual(
      notes.map((note) => note.replace(/digest: sha256:.*/, '')),
      ['a: ', 'b: ', 'c: '],
    );
    const { text } = await served.send('GET', '/v2/app/tags/list');
    assert.deepEqual(JSON.parse(text), { name: 'app', tags: ['a', 'b', 'c'] });
  },
);

test('push() explains a name that nothing has', { skip }, async () => {
  await using house = await registryHouse();
  const name = await importImage(house, 'lern/myapp:v1');
  const { images } = house.scratch;
  await assert.rejects(images.push({ name: name.replace('lern', 'lerm') }), {
    message: `An image does not exist locally with the tag: ${name.replace('lern', 'lerm').replace(/:v1$/, '')}`,
    hint: `Did you mean '${name}'?`,
  });
  await assert.rejects(images.push({ name: name.replace('v1', 'v2') }), {
    message: `tag does not exist: ${name.replace('v1', 'v2')}`,
  });
});

/** Brings an index of two platforms into the store, by an archive, under a name in the registry. */
async function loadIndex(house: RegistryHouse, name: string): Promise<string> {
  const { registry, scratch } = house;
  const layers = ['amd64', 's390x'].map((architecture) => remoteParts(architecture));
  const blobs = new Map<string, Buffer>();
  const keep = (data: Buffer | object): { digest: string; size: number } => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data));
    blobs.set(`blobs/${digestOf(bytes).replace(':', '/')}`, bytes);
    return { digest: digestOf(bytes), size: bytes.length };
  };
  const manifests = layers.map(({ config, small, large }) => ({
    mediaType: MediaType.ociManifest,
    ...keep({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { mediaType: MediaType.ociConfig, ...keep(config) },
      layers: [small, large].map((one) => ({ mediaType: MediaType.ociLayerGzip, ...keep(one) })),
    }),
    platform: { os: 'linux', architecture: config['architecture'] },
  }));
  const index = keep({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests });
  const full = `${registry.host}/${name}`;
  const top = {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: MediaType.ociIndex,
        ...index,
        annotations: { 'io.containerd.image.name': full },
      },
    ],
  };
  const archive = tarOf([
    { name: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', data: JSON.stringify(top) },
    ...[...blobs].map(([path, data]) => ({ name: path, data })),
  ]);
  await scratch.images.load(inPieces(archive));
  return index.digest;
}

test(
  'push() of several platforms sends the index as it came, or one of them',
  { skip },
  async () => {
    await using house = await registryHouse();
    const { registry, scratch } = house;
    const digest = await loadIndex(house, 'app:v1');
    const name = `${registry.host}/app:v1`;
    const [pushed] = await scratch.images.push({ name });
    assert.equal(pushed?.digest, digest);
    assert.match(registry.manifests.get('app/v1')!.mediaType, /index/);
    const platform = { os: 'linux', architecture: 's390x' };
    const [alone] = await scratch.images.push({ name, platform });
    assert.notEqual(alone?.digest, digest);
    assert.match(registry.manifests.get('app/v1')!.mediaType, /manifest.v1/);
  },
);

test(
  'push() asks for the right to read where it mounts from with the same token',
  { skip },
  async () => {
    await using house = await registryHouse({ auth: 'token' });
    const { registry, scratch } = house;
    putRemote(registry, 'team/base', 'v1');
    const { name } = await house.pull('team/base:v1');
    const copy = `${registry.host}/other/app:v2`;
    await scratch.images.tag(name, copy);
    registry.scopes.length = 0;
    await scratch.images.push({ name: copy });
    assert.deepEqual(registry.scopes, [
      'repository:other/app:pull,push',
      'repository:other/app:pull,push repository:team/base:pull',
    ]);
  },
);
