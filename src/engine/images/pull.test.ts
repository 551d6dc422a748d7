import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsRoot, scratchImages } from '../../../test/scratch-images.ts';
import { registryHouse } from '../../../test/support/registry-house.ts';
import { putIndex, putRemote } from '../../../test/support/remote-image.ts';
import { TestRegistry } from '../../../test/support/test-registry.ts';
import type { ProgressEvent } from '../../base/progress.ts';
import { MediaType } from '../../oci/media-types.ts';

const skip = needsRoot;

test('pull() brings an image under its name and its digest, unpacked', { skip }, async () => {
  await using house = await registryHouse();
  const remote = putRemote(house.registry, 'team/app', 'v1');
  const pulled = await house.pull('team/app:v1');
  const name = `${house.registry.host}/team/app`;
  assert.equal(pulled.id, remote.id);
  assert.equal(pulled.digest, remote.digest);
  assert.equal(pulled.isNew, true);
  const image = await house.scratch.images.inspect(pulled.name);
  assert.deepEqual(image.tags, [`${name}:v1`]);
  assert.deepEqual(image.digests, [`${name}@${remote.digest}`]);
  assert.equal(image.manifest.digest, remote.digest);
  assert.equal(readFileSync(`${image.directories[1]}/etc/name`, 'utf8'), 'amd64');
});

test('pull() asks for manifests of every kind in one header', { skip }, async () => {
  await using house = await registryHouse();
  putRemote(house.registry, 'team/app', 'v1');
  const accepted: (string | undefined)[] = [];
  house.registry.fault = ({ request, kind }) => {
    if (kind === 'manifest') accepted.push(request.headers.accept);
    return false;
  };
  await house.pull('team/app:v1');
  const { ociIndex, dockerIndex, ociManifest, dockerManifest } = MediaType;
  assert.deepEqual(accepted, [
    `${[ociIndex, dockerIndex, ociManifest, dockerManifest].join(', ')}, */*`,
  ]);
});

test('pull() remembers which mirror gave an image', { skip }, async () => {
  await using mirror = await TestRegistry.open();
  putRemote(mirror, 'team/app', 'v1');
  const etc = mkdtempSync(join(tmpdir(), 'stave-etc-'));
  mkdirSync(join(etc, 'containers'));
  writeFileSync(
    join(etc, 'containers/registries.conf'),
    `[[registry]]\nlocation = "reg.invalid"\n[[registry.mirror]]\nlocation = "${mirror.host}"\n`,
  );
  try {
    await using house = await registryHouse({}, { etc });
    putRemote(house.registry, 'team/app', 'v1');
    const { images, store } = house.scratch;
    await images.pull({ name: 'reg.invalid/team/app:v1' });
    await house.pull('team/app:v1');
    const pulls = store.read(({ events }) => events.after(0));
    assert.deepEqual(
      pulls.map(({ action, attributes }) => [action, attributes['mirror']]),
      [
        ['pull', mirror.host],
        ['pull', undefined],
      ],
    );
  } finally {
    rmSync(etc, { recursive: true });
  }
});

test('pull() of what is here asks one question', { skip }, async () => {
  await using house = await registryHouse();
  putRemote(house.registry, 'team/app', 'v1');
  await house.pull('team/app:v1');
  house.registry.log.length = 0;
  const again = await house.pull('team/app:v1');
  assert.equal(again.isNew, false);
  assert.deepEqual(
    house.registry.log.filter((line) => line !== 'GET /v2/'),
    ['HEAD /v2/team/app/manifests/v1'],
  );
});

test('pull() moves a name to what the registry has now', { skip }, async () => {
  await using house = await registryHouse();
  const first = putRemote(house.registry, 'app', 'latest');
  await house.pull('app');
  const config = Buffer.from(
    JSON.stringify({ ...JSON.parse(house.registry.blobs.get(first.id)!.toString()), author: 'x' }),
  );
  const second = putRemote(house.registry, 'app', 'latest', { config });
  const pulled = await house.pull('app');
  assert.equal(pulled.isNew, true);
  assert.equal(pulled.id, second.id);
  // The layers were here.
  assert.equal(house.registry.count(/^GET .*blobs/), 4);
});

test('pull() takes the image for this machine out of an index', { skip }, async () => {
  await using house = await registryHouse();
  const { registry } = house;
  const own = putRemote(registry, 'app', 'own');
  const other = putRemote(registry, 'app', 'other', { architecture: 's390x' });
  const unknown = { ...other, platform: { os: 'unknown', architecture: 'unknown' } };
  const index = putIndex(registry, 'app', 'v1', [
    unknown,
    { ...other, platform: { os: 'linux', architecture: 's390x' } },
    { ...own, platform: { os: 'linux', architecture: 'amd64' } },
  ]);
  const amd64 = { os: 'linux', architecture: 'amd64' };
  const pulled = await house.pull('app:v1', { platform: amd64 });
  assert.equal(pulled.id, own.id);
  assert.equal(pulled.digest, index);
  const image = await house.scratch.images.inspect(pulled.name);
  assert.equal(image.manifest.digest, own.digest);
  assert.match(image.digests[0] ?? '', new RegExp(index));
  const s390x = await house.pull('app:v1', { platform: { os: 'linux', architecture: 's390x' } });
  assert.equal(s390x.id, other.id);
});

test('pull() says which platforms there are when none fits', { skip }, async () => {
  await using house = await registryHouse();
  const other = putRemote(house.registry, 'app', 'other', { architecture: 's390x' });
  const platforms = [
    { os: 'linux', architecture: 's390x' },
    { os: 'windows', architecture: 'amd64' },
  ];
  putIndex(
    house.registry,
    'app',
    'v1',
    platforms.map((platform) => ({ ...other, platform })),
  );
  const error = await house.refuses(
    'app:v1',
    /^no matching manifest for linux\/arm64 in the manifest list entries$/,
    { platform: { os: 'linux', architecture: 'arm64' } },
  );
  assert.equal(error.hint, 'There are: linux/s390x, windows/amd64.');
});

test('pull() of one platform where another was asked for warns', { skip }, async () => {
  await using house = await registryHouse();
  putRemote(house.registry, 'app', 'v1');
  const pulled = await house.pull('app:v1', { platform: { os: 'linux', architecture: 'arm64' } });
  assert.match(
    pulled.warning ?? '',
    /its platform \(linux\/amd64\) does not match the specified platform \(linux\/arm64\)$/,
  );
});

test('pull() asks no registry for the ID of an image', { skip }, async () => {
  using scratch = scratchImages();
  const name = `sha256:${'0'.repeat(64)}`;
  await assert.rejects(scratch.images.pull({ name }), {
    code: 'INVALID_INPUT',
    message: /is the ID/,
  });
});

test('pull() by digest gives the image that name only', { skip }, async () => {
  await using house = await registryHouse();
  const { digest } = putRemote(house.registry, 'app', 'v1');
  await house.pull(`app@${digest}`);
  const [image] = await house.scratch.images.list();
  assert.deepEqual([image?.tags, image?.digests], [[], [`${house.registry.host}/app@${digest}`]]);
});

test('pull() of all tags brings each', { skip }, async () => {
  await using house = await registryHouse();
  for (const tag of ['a', 'b']) putRemote(house.registry, 'app', tag);
  const { host } = house.registry;
  const pulled = await house.pull('app', { all: true });
  assert.equal(pulled.fullName, `${host}/app`);
  const [image] = await house.scratch.images.list();
  assert.deepEqual(image?.tags, [`${host}/app:a`, `${host}/app:b`]);
});

test('pull() takes the types of Docker, and an image without layers', { skip }, async () => {
  await using house = await registryHouse();
  const { dockerManifest, dockerConfig, dockerLayerGzip } = MediaType;
  putRemote(house.registry, 'app', 'docker', {
    type: dockerManifest,
    layers: (layers) => layers.map((layer) => ({ ...layer, mediaType: dockerLayerGzip })),
    manifest: (manifest) => ({
      ...manifest,
      mediaType: dockerManifest,
      config: { ...(manifest['config'] as object), mediaType: dockerConfig },
    }),
  });
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  );
  putRemote(house.registry, 'app', 'none', { config, layers: () => [] });
  await house.pull('app:docker');
  await house.pull('app:none');
  assert.equal((await house.scratch.images.list()).length, 2);
});

test('pull() tells of its layers below the name they belong to', { skip }, async () => {
  await using house = await registryHouse();
  putRemote(house.registry, 'team/app', 'v1');
  const events: ProgressEvent[] = [];
  const name = `${house.registry.host}/team/app:v1`;
  await house.scratch.images.pull({ name }, { progress: (event) => events.push(event) });
  const [step, ...parts] = events.filter((event) => event.type === 'begin');
  const layers = parts.filter((part) => part.kind === 'transfer');
  assert.equal(step?.title, 'v1: Pulling from team/app');
  assert.deepEqual(
    layers.map((layer) => [layer.kind, layer.parent]),
    Array.from({ length: 2 }, () => ['transfer', step?.id]),
  );
});

for (const auth of ['basic', 'token', 'anonymous'] as const) {
  test(`pull() shows who we are to a registry with ${auth}`, { skip }, async () => {
    await using house = await registryHouse({ auth });
    putRemote(house.registry, 'team/app', 'v1');
    await house.pull('team/app:v1');
    assert.equal(new Set(house.registry.scopes).size <= 1, true);
  });
}

test('pull() without credentials says so at once', { skip }, async () => {
  await using house = await registryHouse({ auth: 'basic' }, { environment: { HOME: '/none' } });
  const error = await house.refuses('team/app:v1', /: no basic auth credentials$/);
  assert.match(error.hint ?? '', /stave login 127\.0\.0\.1:\d+/);
});
