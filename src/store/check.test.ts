import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { scratchStore } from '../../test/scratch-store.ts';
import { startChild } from '../../test/store-child.ts';
import { chainId, digestOf, type ChainId, type Digest, type DiffId } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { encodeConfig, encodeManifest } from '../oci/write-json.ts';
import { bootId } from '../sys/boot.ts';
import type { Store } from './store.ts';

const layer = digestOf('layer') as string as DiffId;
const chain = chainId([layer]) as ChainId;

interface Added {
  readonly id: Digest;
  readonly manifest: Digest;
  readonly blob: Digest;
}

/** An image of one layer, with the blob that it came as, and a name. */
function addImage(store: Store): Added {
  const { blobs, paths } = store;
  const blob = blobs.putSync(Buffer.from('gzip'));
  const rootfs = { type: 'layers', diff_ids: [layer] } as const;
  const config = blobs.putSync(encodeConfig({ architecture: 'amd64', os: 'linux', rootfs }));
  const descriptor = { mediaType: MediaType.ociLayerGzip, ...blob };
  const manifest = blobs.putSync(
    encodeManifest({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { mediaType: MediaType.ociConfig, ...config },
      layers: [descriptor],
    }),
  );
  mkdirSync(paths.layerFs(layer), { recursive: true });
  writeFileSync(paths.layerFiles(layer), '');
  store.write(({ images, layers, blobs: rows }) => {
    const figures = { size: 1, contentSize: 1, entries: 1, writer: 0, createdAt: 1 };
    layers.put({ diffId: layer, ...figures, synced: true, bootId: bootId() });
    layers.putChain(chain, undefined, layer);
    rows.putLayerBlob({ diffId: layer, blob: descriptor });
    images.put({
      id: config.digest,
      manifest: { mediaType: MediaType.ociManifest, ...manifest },
      platform: { os: 'linux', architecture: 'amd64' },
      chain,
      storedAt: 1,
      size: 1,
      labels: {},
    });
    rows.link(config.digest, blob.digest);
    images.tag('docker.io/library/app:1', config.digest, 1);
  });
  return { id: config.digest, manifest: manifest.digest, blob: blob.digest };
}
interface Case {
  readonly damage: (store: Store, image: Added) => void;
  /** `kind what` of the problems, in order. */
  readonly finds: readonly RegExp[];
  /** Whether the image is still there after a repair. */
  readonly keeps: boolean;
}

const CASES: Readonly<Record<string, Case>> = {
  'a damaged config': {
    damage: ({ paths }, { id }) => writeFileSync(paths.blob(id), 'x'.repeat(200)),
    finds: [/^blob has 200 bytes/, /^image its config is lost/],
    keeps: false,
  },
  'a missing manifest': {
    damage: ({ paths }, { manifest }) => rmSync(paths.blob(manifest)),
    finds: [/^blob is missing/, /^image its manifest is lost \(docker.io\/library\/app:1\)/],
    keeps: false,
  },
  'a flipped bit in a blob of a layer': {
    damage: ({ paths }, { blob }) => writeFileSync(paths.blob(blob), 'gzIp'),
    finds: [/^blob is damaged/],
    keeps: true,
  },
  'a truncated blob of a layer': {
    damage: ({ paths }, { blob }) => truncateSync(paths.blob(blob), 2),
    finds: [/^blob has 2 bytes instead of 4/],
    keeps: true,
  },
  'a missing layer': {
    damage: ({ paths }) => rmSync(paths.layer(layer), { recursive: true }),
    finds: [/^layer is missing/, /^image a layer of it is lost/],
    keeps: false,
  },
  'a layer without its file table': {
    damage: ({ paths }) => rmSync(paths.layerFiles(layer)),
    finds: [/^layer .*file table/, /^image a layer/],
    keeps: false,
  },
  'a cache record without its result': {
    damage: (store) =>
      store.write(({ cache }) => {
        const gone = chainId([digestOf('gone') as string as DiffId]) as ChainId;
        const times = { createdAt: 1, usedAt: 1, took: 1 };
        cache.put({ key: 'k', place: 'p', ingredients: [], chain: gone, ...times });
      }),
    finds: [/^cache its result is gone/],
    keeps: true,
  },
  'files that belong to nothing': {
    damage: ({ paths }) => {
      writeFileSync(paths.blob(digestOf('x')), 'x');
      mkdirSync(`${paths.tmp}/0123456789abcdef`);
      mkdirSync(`${paths.layers}/x`);
    },
    finds: [/^litter belongs/, /^litter belongs/, /^litter belongs/],
    keeps: true,
  },
};

for (const [name, { damage, finds, keeps }] of Object.entries(CASES)) {
  test(`check() finds ${name}, and mends it when asked to`, async () => {
    using scratch = scratchStore();
    const { store } = scratch;
    const image = addImage(store);
    damage(store, image);

    const { problems } = await store.check();

    const said = problems.map(({ kind, what }) => `${kind} ${what}`);
    assert.equal(said.length, finds.length, said.join('\n'));
    said.forEach((text, at) => assert.match(text, finds[at] ?? /^$/));
    assert.ok(problems.every((problem) => !problem.repaired));

    const mended = await store.check({ repair: true });
    assert.ok(mended.problems.length >= finds.length);
    assert.ok(mended.problems.every((problem) => problem.repaired));
    assert.deepEqual((await store.check()).problems, []);
    const still = store.read(({ images }) => images.get(image.id)) !== undefined;
    assert.equal(still, keeps);
  });
}

test('check() of a whole store counts and finds nothing', async () => {
  using scratch = scratchStore();
  addImage(scratch.store);
  assert.deepEqual(await scratch.store.check(), { images: 1, blobs: 3, layers: 1, problems: [] });
});

test('check() lets the owner of layers verify them, unless it is to be quick', async () => {
  using scratch = scratchStore();
  addImage(scratch.store);
  const verifyLayer = async (diffId: DiffId): Promise<string> => `${diffId} differs`;
  const quick = await scratch.store.check({ quick: true, verifyLayer });
  assert.deepEqual(quick.problems, []);
  const { problems } = await scratch.store.check({ verifyLayer });
  assert.deepEqual(
    problems.map(({ kind, what }) => [kind, what]),
    [
      ['layer', `${layer} differs`],
      ['image', 'a layer of it is lost (docker.io/library/app:1)'],
    ],
  );
});

test('check() reports a damaged database instead of failing', async () => {
  using scratch = scratchStore();
  const { paths } = scratch.store;
  scratch.store[Symbol.dispose]();
  writeFileSync(paths.database, 'x'.repeat(10_000));
  const { problems } = await scratch.store.check({ repair: true });
  assert.deepEqual(
    problems.map(({ kind, repaired }) => [kind, repaired]),
    [['store', false]],
  );
});

test('check() stops when told to', async () => {
  using scratch = scratchStore();
  addImage(scratch.store);
  await assert.rejects(scratch.store.check({ signal: AbortSignal.abort() }), {
    name: 'AbortError',
  });
});

test('what a killed process was about to store is removed without being called a problem', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const child = startChild(
    scratch.root,
    `import { mkdirSync, writeFileSync } from 'node:fs';
     const store = openStore(root);
     const lease = store.lease('build');
     mkdirSync(lease.directory + '/draft/fs', { recursive: true });
     lease.hold('layer', '${layer}');
     mkdirSync(store.paths.layerFs('${layer}'), { recursive: true });
     lease.hold('blob', '${digestOf('x')}');
     writeFileSync(store.paths.blob('${digestOf('x')}'), 'x');
     say('ready');
     await forever();`,
  );
  await child.said('ready');
  assert.deepEqual((await store.check()).problems, []);
  assert.equal(readdirSync(store.paths.layers).length, 1);

  await child.kill();

  assert.deepEqual((await store.check()).problems, []);
  for (const directory of [store.paths.layers, store.paths.tmp, `${store.paths.blobs}/sha256`]) {
    assert.deepEqual(readdirSync(directory), []);
  }
});
