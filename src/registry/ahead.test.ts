import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { needsRoot } from '../../test/scratch-images.ts';
import { registryHouse, type RegistryHouse } from '../../test/support/registry-house.ts';
import { noise } from '../../test/support/remote-image.ts';
import { digestOf, type TestRegistryOptions } from '../../test/support/test-registry.ts';
import { tarOf } from '../../test/tar-of.ts';
import { MediaType } from '../oci/media-types.ts';

const skip = needsRoot;
const MIB = 1024 * 1024;
const layer = tarOf([{ name: 'data', data: noise(40 * MIB) }]);

/** A registry with one image of one large layer; each connection brings some 40 MB/s. */
async function houseOf(options: TestRegistryOptions = {}): Promise<RegistryHouse> {
  const house = await registryHouse(options);
  const { registry } = house;
  const config = { os: 'linux', architecture: 'amd64' };
  const diffIds = [digestOf(layer)];
  const data = JSON.stringify({ ...config, rootfs: { type: 'layers', diff_ids: diffIds } });
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: registry.add('app', Buffer.from(data), MediaType.ociConfig),
    layers: [registry.add('app', layer, MediaType.ociLayer)],
  };
  registry.tag('app', 'v1', manifest, MediaType.ociManifest);
  registry.pace = 400 * 1024;
  return house;
}

const rangesOf = (house: RegistryHouse, ranges: string[]): void => {
  house.registry.fault = ({ request, url }) => {
    const isLayer = url.pathname.endsWith(digestOf(layer));
    if (isLayer) ranges.push(request.headers.range ?? '');
  };
};

test(
  'a large blob of a slow server comes over two connections, each byte once',
  { skip },
  async () => {
    await using house = await houseOf();
    const ranges: string[] = [];
    rangesOf(house, ranges);
    await house.pull('app:v1');
    const half = Math.floor(layer.length / 2);
    assert.deepEqual(ranges, ['', `bytes=${half}-${layer.length - 1}`]);
    assert.ok(house.registry.sent < layer.length * 1.05, `${house.registry.sent} bytes`);
    assert.deepEqual(readdirSync(`${house.scratch.root}/ingest`), []);
  },
);

test(
  'a large blob comes over one connection where the server knows no ranges',
  { skip },
  async () => {
    await using house = await houseOf({ ranges: false });
    const ranges: string[] = [];
    rangesOf(house, ranges);
    await house.pull('app:v1');
    assert.deepEqual(ranges, ['']);
  },
);

test('a large blob comes over one connection where requests are counted', { skip }, async () => {
  await using house = await houseOf();
  const ranges: string[] = [];
  rangesOf(house, ranges);
  const watch = house.registry.fault!;
  house.registry.fault = (exchange) => {
    exchange.response.setHeader('ratelimit-remaining', '99;w=21600');
    return watch(exchange);
  };
  await house.pull('app:v1');
  assert.deepEqual(ranges, ['']);
});

test('a server that answers a range with everything does no harm', { skip }, async () => {
  await using house = await houseOf();
  const { registry } = house;
  registry.fault = ({ request }) => {
    delete request.headers.range;
  };
  await house.pull('app:v1');
});

test(
  'parts whose connections break go on, and so does a pull that was stopped',
  { skip },
  async () => {
    await using house = await houseOf();
    const { registry } = house;
    const folder = `${house.scratch.root}/ingest`;
    const stop = new AbortController();
    registry.fault = ({ request, response }) => {
      if (request.headers.range !== undefined) setTimeout(() => response.destroy(), 60);
    };
    const timer = setInterval(() => {
      const sizes = readdirSync(folder).map((file) => statSync(`${folder}/${file}`).size);
      if (sizes.filter((size) => size > MIB).length === 2) stop.abort(new Error('enough'));
    }, 5);
    const name = `${registry.host}/app:v1`;
    await assert.rejects(house.scratch.images.pull({ name }, { signal: stop.signal }), /enough/);
    clearInterval(timer);
    assert.equal(readdirSync(folder).length, 2);
    registry.fault = undefined;
    await house.pull('app:v1');
    assert.ok(registry.sent < layer.length * 1.1, `${registry.sent} bytes`);
    assert.deepEqual(readdirSync(`${house.scratch.root}/ingest`), []);
  },
);
