import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync, zstdCompressSync } from 'node:zlib';
import { needsRoot } from '../../../test/scratch-images.ts';
import { registryHouse } from '../../../test/support/registry-house.ts';
import {
  putIndex,
  putRemote,
  remoteParts,
  type LooseDescriptor,
  type RemoteChange,
} from '../../../test/support/remote-image.ts';
import { digestOf, type Fault, type TestRegistry } from '../../../test/support/test-registry.ts';
import { MediaType } from '../../oci/media-types.ts';

const skip = needsRoot;
const { small, large, config } = remoteParts();

interface Lie {
  readonly must: 'ok' | RegExp;
  readonly change?: RemoteChange | ((registry: TestRegistry) => RemoteChange);
  readonly fault?: Fault;
}

/** The last layer told differently. */
const last = (other: Partial<LooseDescriptor>): RemoteChange => ({
  layers: ([first, second]) => [first!, { ...second!, ...other }],
});

/** Other bytes as the last layer, told truly. */
const bytes =
  (data: Buffer, mediaType: string = MediaType.ociLayerGzip) =>
  (registry: TestRegistry): RemoteChange => ({
    layers: ([first]) => [first!, registry.add('team/app', data, mediaType)],
  });

const withConfig = (value: unknown): RemoteChange => ({
  config: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

const diffIds = (...ids: unknown[]): RemoteChange =>
  withConfig({ ...config, rootfs: { type: 'layers', diff_ids: ids } });

const [first, second] = (config['rootfs'] as { diff_ids: string[] }).diff_ids;

const LIES: Readonly<Record<string, Lie>> = {
  'a size that is too small': { must: /longer than/, change: last({ size: large.length - 1 }) },
  'a size that is too large': { must: /ends after/, change: last({ size: large.length + 1 }) },
  'a negative size': { must: /not an integer/, change: last({ size: -1 }) },
  'a size of an exabyte': { must: /not an integer/, change: last({ size: 2 ** 60 }) },
  'a layer that is no gzip': { must: /./, change: bytes(Buffer.from('no gzip at all')) },
  'a gzip that is cut': { must: /./, change: bytes(large.subarray(0, -1000)) },
  'a wrong diff ID': { must: /unpacks to/, change: diffIds(first, digestOf(Buffer.from('x'))) },
  'a missing diff ID': { must: /2 layers, but its config speaks of 1/, change: diffIds(first) },
  'a config that is no JSON': { must: /not valid JSON/, change: withConfig('{"os":') },
  'a manifest that is cut': {
    must: /not valid JSON/,
    change: { manifest: (manifest) => Buffer.from(JSON.stringify(manifest).slice(0, -9)) },
  },
  'an empty digest': { must: /not a digest/, change: last({ digest: 'sha256:' }) },
  'a digest that climbs': {
    must: /not a digest/,
    change: last({ digest: 'sha256:../../../../tmp/stave-evil' }),
  },
  'a digest of an unknown kind': {
    must: /not a digest/,
    change: last({ digest: 'md5:d41d8cd98f00b204e9800998ecf8427e' }),
  },
  'schema 1': {
    must: /^Docker Image Format v1 and Docker Image manifest version 2, schema 1 support/,
    change: {
      manifest: () => ({ schemaVersion: 1, name: 'team/app', fsLayers: [], history: [] }),
      type: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
    },
  },
  'an artifact': {
    must: /^Encountered remote "application\/vnd.example.thing"/,
    change: {
      manifest: (manifest) => ({
        ...manifest,
        artifactType: 'application/vnd.example.thing',
        config: {
          ...(manifest['config'] as object),
          mediaType: 'application/vnd.oci.empty.v1+json',
        },
      }),
    },
  },
  'a manifest as JSON': { must: 'ok', change: { type: 'application/json' } },
  'a manifest as text': { must: 'ok', change: { type: 'text/plain; charset=utf-8' } },
  'a manifest without a media type': {
    must: 'ok',
    change: { manifest: (manifest) => ({ ...manifest, mediaType: undefined }) },
  },
  'a manifest under a false media type': {
    must: /not "application/,
    change: { type: MediaType.ociIndex },
  },
  'a layer that comes twice': {
    must: 'ok',
    change: {
      ...diffIds(first, second, first),
      layers: ([one, two]) => [one!, two!, one!],
    },
  },
  'a layer without compression': {
    must: 'ok',
    change: bytes(gunzipSync(large), MediaType.ociLayer),
  },
  'a layer with zstd': {
    must: 'ok',
    change: bytes(zstdCompressSync(gunzipSync(large)), MediaType.ociLayerZstd),
  },
  'a digest header that lies': {
    must: /expected sha256/,
    fault({ response, kind }) {
      if (kind !== 'manifest') return false;
      const setHeader = response.setHeader.bind(response);
      response.setHeader = (name, value) =>
        setHeader(name, name === 'docker-content-digest' ? digestOf(Buffer.from('x')) : value);
      return false;
    },
  },
  'no digest header': {
    must: 'ok',
    fault({ response }) {
      const setHeader = response.setHeader.bind(response);
      response.setHeader = (name, value) =>
        name === 'docker-content-digest' ? response : setHeader(name, value);
      return false;
    },
  },
  'a config of other bytes': {
    must: /expected sha256|longer|ends after/,
    fault({ response, url }) {
      if (!url.pathname.endsWith(digestOf(Buffer.from(JSON.stringify(config))))) return false;
      response.end(JSON.stringify({ ...config, os: 'linuz' }));
      return true;
    },
  },
};

for (const [what, { must, change = {}, fault }] of Object.entries(LIES)) {
  test(`pull() ${must === 'ok' ? 'takes' : 'refuses'} ${what}`, { skip }, async () => {
    await using house = await registryHouse();
    const { registry } = house;
    putRemote(registry, 'team/app', 'v1', typeof change === 'function' ? change(registry) : change);
    registry.fault = fault;
    if (must === 'ok') await house.pull('team/app:v1');
    else await house.refuses('team/app:v1', must);
    assert.equal(existsSync('/tmp/stave-evil'), false);
  });
}

test('pull() refuses a child of an index that is another one', { skip }, async () => {
  await using house = await registryHouse();
  const { registry } = house;
  const own = putRemote(registry, 'app', 'own');
  putIndex(registry, 'app', 'v1', [{ ...own, platform: { os: 'linux', architecture: 'amd64' } }]);
  const other = registry.manifests.get('app/own')!;
  registry.manifests.set(`app/${own.digest}`, {
    ...other,
    data: Buffer.from(other.data.toString().replace('2', '2 ')),
  });
  await house.refuses('app:v1', /expected sha256/);
});

test(
  'pull() refuses an index in an index in an index, and one that names itself',
  { skip },
  async () => {
    await using house = await registryHouse();
    const { registry } = house;
    let { digest, size } = putRemote(registry, 'app', 'x');
    for (let depth = 0; depth < 60; depth += 1) {
      const entry = { mediaType: MediaType.ociIndex, digest, size };
      digest = putIndex(registry, 'app', 'deep', [entry]);
      size = registry.manifests.get('app/deep')!.data.length;
    }
    await house.refuses('app:deep', /more than 8 indexes/);
    const own = digestOf(Buffer.from('itself'));
    putIndex(registry, 'app', 'self', [{ mediaType: MediaType.ociIndex, digest: own, size: 200 }]);
    registry.manifests.set(`app/${own}`, registry.manifests.get('app/self')!);
    await house.refuses('app:self', /expected sha256/);
  },
);

test('the image that the lies are about is good', { skip }, async () => {
  await using house = await registryHouse();
  putRemote(house.registry, 'team/app', 'v1');
  await house.pull('team/app:v1');
  assert.ok(small.length > 0);
});
