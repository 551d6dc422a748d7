import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsRoot, scratchImages } from '../../../test/scratch-images.ts';
import { registryHouse } from '../../../test/support/registry-house.ts';
import { type LooseDescriptor, putIndex, putRemote } from '../../../test/support/remote-image.ts';
import { digestOf, TestRegistry } from '../../../test/support/test-registry.ts';
import { collect, once } from '../../base/bytes.ts';
import type { ProgressEvent } from '../../base/progress.ts';
import { MediaType } from '../../oci/media-types.ts';

const skip = needsRoot;
const LIMIT = 64 * 1024 * 1024;
const platform = (architecture: string, os = 'linux'): { platform: object } => ({
  platform: { os, architecture },
});

/** A claim about an image, as BuildKit attaches it. */
function putClaim(registry: TestRegistry, about: string): LooseDescriptor {
  const layer = registry.add('app', Buffer.from('{"_type":"x"}'), MediaType.inToto);
  const config = registry.add('app', Buffer.from('{}'), MediaType.ociConfig);
  const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [layer] };
  const data = Buffer.from(JSON.stringify(manifest));
  const digest = registry.tag('app', 'claim', data, MediaType.ociManifest);
  return {
    mediaType: MediaType.ociManifest,
    digest,
    size: data.length,
    ...platform('unknown', 'unknown'),
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': about,
    },
  };
}

interface Put {
  readonly index: string;
  readonly own: LooseDescriptor;
  readonly other: LooseDescriptor;
}

function putAll(registry: TestRegistry, more: readonly object[] = []): Put {
  const own = putRemote(registry, 'app', 'own');
  const other = putRemote(registry, 'app', 'other', { architecture: 's390x' });
  const claim = putClaim(registry, own.digest);
  const index = putIndex(registry, 'app', 'v1', [
    { ...own, ...platform('amd64') },
    { ...other, ...platform('s390x') },
    claim,
    ...more,
  ]);
  return { index, own, other };
}

test('an index keeps its digest from pull over save and load to push', { skip }, async () => {
  await using at = await registryHouse();
  const { registry, scratch } = at;
  const { index } = putAll(registry);
  const pulled = await at.pull('app:v1', { allPlatforms: true });
  assert.equal(pulled.digest, index);
  const name = `${registry.host}/app:v1`;
  const [tree] = await scratch.images.listTrees();
  assert.equal(tree?.id, index);
  const archive = await collect(await scratch.images.save([name]), LIMIT);

  using second = scratchImages({ pause: 1, environment: { HOME: '/nonexistent' } });
  assert.deepEqual(await second.images.load(once(archive)), [{ id: index, names: [name] }]);
  await second.images.tag(name, `${registry.host}/back:v2`);
  const [pushed] = await second.images.push({ name: `${registry.host}/back:v2` });
  assert.equal(pushed?.digest, index);
  assert.ok(registry.manifests.get('back/v2')!.data.equals(registry.manifests.get('app/v1')!.data));
});

test('a claim is kept with its index, and is no platform of it', { skip }, async () => {
  await using at = await registryHouse();
  const { own } = putAll(at.registry);
  await at.pull('app:v1', { allPlatforms: true });
  const name = `${at.registry.host}/app:v1`;
  const { index } = await at.scratch.images.inspect(name);
  assert.deepEqual(
    index?.entries.map(({ kind, available, about }) => [kind, available, about]),
    [
      ['image', true, undefined],
      ['image', true, undefined],
      ['attestation', true, own.digest],
    ],
  );
  const [image, ...others] = await at.scratch.images.list();
  assert.deepEqual([image?.platform.architecture, others.length], ['amd64', 0]);
});

test(
  'pull() of all platforms again asks for nothing, and after one platform for the rest',
  { skip },
  async () => {
    await using at = await registryHouse();
    putAll(at.registry);
    assert.equal((await at.pull('app:v1')).isNew, true);
    assert.equal((await at.pull('app:v1', { allPlatforms: true })).isNew, true);
    const before = at.registry.count(/^GET .*(?:manifests|blobs)/);
    assert.equal((await at.pull('app:v1', { allPlatforms: true })).isNew, false);
    assert.equal((await at.pull('app:v1')).isNew, false);
    assert.equal(at.registry.count(/^GET .*(?:manifests|blobs)/), before);
    const { index } = await at.scratch.images.inspect(`${at.registry.host}/app:v1`);
    assert.equal(index?.entries.length, 3);
  },
);

test(
  'pull() of all platforms leaves those of other systems, and a push brings them along',
  { skip },
  async () => {
    await using at = await registryHouse();
    const { registry, scratch } = at;
    const windows = putRemote(registry, 'app', 'windows', { architecture: 'arm64' });
    const { index } = putAll(registry, [{ ...windows, ...platform('arm64', 'windows') }]);
    const { host } = registry;
    const events: ProgressEvent[] = [];
    const call = { progress: (event: ProgressEvent): void => void events.push(event) };
    const warnings = (): string[] =>
      events.splice(0).flatMap((event) => (event.type === 'warning' ? event.message : []));
    await scratch.images.pull({ name: `${host}/app:v1`, allPlatforms: true }, call);
    assert.deepEqual(warnings(), [
      `${host}/app:v1 is pulled without what cannot be kept here: windows/arm64`,
    ]);
    await scratch.images.tag(`${host}/app:v1`, `${host}/team/copy:v1`);
    const [pushed] = await scratch.images.push({ name: `${host}/team/copy:v1` }, call);
    const mounted = events.flatMap((event) => (event.type === 'end' ? (event.from ?? []) : []));
    assert.deepEqual([...new Set(mounted)], ['app']);
    assert.deepEqual(warnings(), []);
    assert.equal(pushed?.digest, index);
    assert.ok(registry.manifests.has(`team/copy/${windows.digest}`));

    // Another registry cannot have it of the first one: what is here goes, and the rest is named.
    await using other = await TestRegistry.open();
    await scratch.images.tag(`${host}/app:v1`, `${other.host}/app:v1`);
    const [alone] = await scratch.images.push({ name: `${other.host}/app:v1` }, call);
    assert.deepEqual(warnings(), [
      `${other.host}/app:v1 is pushed without what is not here: windows/arm64`,
    ]);
    const sent = JSON.parse(other.manifests.get('app/v1')!.data.toString()) as {
      manifests: LooseDescriptor[];
    };
    assert.equal(sent.manifests.length, 3);
    assert.equal(alone?.digest, digestOf(other.manifests.get('app/v1')!.data));
  },
);

test('pull() of all platforms where none is for Linux keeps nothing', async () => {
  await using at = await registryHouse();
  const windows = putRemote(at.registry, 'app', 'windows');
  putIndex(at.registry, 'app', 'v1', [{ ...windows, ...platform('amd64', 'windows') }]);
  await at.refuses('app:v1', /has no image for linux$/, { allPlatforms: true });
});
