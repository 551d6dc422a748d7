import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { scratchStore, type ScratchStore } from '../../test/scratch-store.ts';
import { startChild } from '../../test/store-child.ts';
import { isErrno } from '../base/errors.ts';
import { chainId, digestOf, type ChainId, type Digest, type DiffId } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { bootId } from '../sys/boot.ts';
import { openStore } from './open-store.ts';
import type { Lease, Store } from './store.ts';

const diff = (text: string): DiffId => digestOf(`layer ${text}`) as string as DiffId;
const chainOf = (...names: string[]): ChainId => chainId(names.map(diff)) as ChainId;

/** A stack of layers with a file each; what a build leaves before it names an image. */
function addStack(store: Store, names: readonly string[], writer = 1): ChainId {
  store.write(({ layers }) =>
    names.forEach((name, at) => {
      const diffId = diff(name);
      mkdirSync(store.paths.layerFs(diffId), { recursive: true });
      writeFileSync(`${store.paths.layerFs(diffId)}/file`, name.repeat(10_000));
      const figures = { size: 1, contentSize: 1, entries: 1, writer, createdAt: 1 };
      layers.put({ diffId, ...figures, synced: true, bootId: bootId() });
      const below = at === 0 ? undefined : chainOf(...names.slice(0, at));
      layers.putChain(chainOf(...names.slice(0, at + 1)), below, diffId);
    }),
  );
  return chainOf(...names);
}

/** An image over a stack; returns its ID. */
function addImage(store: Store, names: readonly string[]): Digest {
  const chain = addStack(store, names);
  const config = store.blobs.putSync(Buffer.from(`config ${names.join()}`));
  const manifest = store.blobs.putSync(Buffer.from(`manifest ${names.join()}`));
  store.write(({ images }) =>
    images.put({
      id: config.digest,
      manifest: { mediaType: MediaType.ociManifest, ...manifest },
      platform: { os: 'linux', architecture: 'amd64' },
      chain,
      storedAt: 1,
      size: 1,
      labels: {},
    }),
  );
  return config.digest;
}

const layersIn = ({ store }: ScratchStore): number => readdirSync(store.paths.layers).length;
const blobsIn = ({ store }: ScratchStore): number =>
  readdirSync(`${store.paths.blobs}/sha256`).length;

test('collect() keeps what images reach and removes the rest', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const id = addImage(store, ['base', 'app']);
  addStack(store, ['base', 'lost']);
  store.blobs.putSync(Buffer.alloc(50_000));

  const result = await store.collect();

  assert.deepEqual([result.layers, result.blobs], [1, 1]);
  assert.ok(result.bytes >= 90_000 && result.bytes < 200_000, `${result.bytes} bytes`);
  assert.equal(layersIn(scratch), 2);
  assert.equal(blobsIn(scratch), 2);
  const image = store.read(({ images }) => images.get(id));
  assert.equal(store.read(({ layers }) => layers.stack(image?.chain as ChainId))?.length, 2);
  assert.deepEqual(await store.collect(), { bytes: 0, layers: 0, blobs: 0 });
});

test('collect() leaves nothing of an image that was removed', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const id = addImage(store, ['base', 'app']);
  store.write(({ images, layers }) => {
    layers.putOrigin({ chain: chainOf('base', 'app'), diffId: diff('app'), instruction: 'RUN' });
    images.remove(id);
  });
  await store.collect();
  assert.equal(layersIn(scratch), 0);
  assert.equal(blobsIn(scratch), 0);
  assert.deepEqual(readdirSync(store.paths.trash), []);
  store.read(({ layers, blobs }) => {
    assert.deepEqual(layers.list(), []);
    assert.deepEqual(blobs.list(), []);
  });
});

test('collect() keeps the stacks of cache records and of containers', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const cached = addStack(store, ['a', 'b']);
  const used = addStack(store, ['c']);
  store.write(({ cache, containers }) => {
    const times = { createdAt: 1, usedAt: 1, took: 1 };
    cache.put({ key: 'k', place: 'p', ingredients: [], chain: cached, ...times });
    const rest = { name: 'n', image: digestOf('i'), createdAt: 1, state: 'exited', json: '{}' };
    containers.put({ id: 'c', chain: used, ...rest, state: 'exited' });
  });
  await store.collect();
  assert.equal(layersIn(scratch), 3);

  store.write(({ cache, containers }) => {
    cache.remove('k');
    containers.remove('c');
  });
  await store.collect();
  assert.equal(layersIn(scratch), 0);
});

test('collect() forgets cache records whose stack is gone', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  store.write(({ cache }) =>
    cache.put({
      key: 'k',
      place: 'p',
      ingredients: [],
      chain: chainOf('gone'),
      createdAt: 1,
      usedAt: 1,
      took: 1,
    }),
  );
  await store.collect();
  assert.deepEqual(
    store.read(({ cache }) => cache.list()),
    [],
  );
});

test('collect() keeps the blob of a layer that cannot be written again', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const id = addImage(store, ['base', 'app']);
  for (const [name, writer] of [
    ['base', 0],
    ['app', 1],
  ] as const) {
    const blob = store.blobs.putSync(Buffer.from(`gzip of ${name}`));
    store.write(({ blobs }) =>
      blobs.putLayerBlob({
        diffId: diff(name),
        blob: { mediaType: MediaType.ociLayerGzip, ...blob },
      }),
    );
    if (writer === 0) {
      const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
      using database = new DatabaseSync(store.paths.database);
      database.prepare('UPDATE layers SET writer = 0 WHERE diff_id = ?').run(diff(name));
    }
  }

  await store.collect();

  store.read(({ blobs, images }) => {
    assert.equal(blobs.layerBlobs(diff('base')).length, 1);
    assert.equal(blobs.layerBlobs(diff('app')).length, 0);
    assert.ok(images.get(id));
  });
});

test('collect() keeps blobs that an image is linked to', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const id = addImage(store, ['base']);
  const { digest } = store.blobs.putSync(Buffer.from('gzip'));
  store.write(({ blobs }) => blobs.link(id, digest));
  await store.collect();
  assert.ok(await store.blobs.stat(digest));
});

test('collect() leaves alone what a lease holds, until it ends', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  using other = openStore(scratch.root);
  {
    using lease = store.lease('build');
    addStack(store, ['a']);
    const { digest } = store.blobs.putSync(Buffer.from('x'));
    // Renamed into place, but not yet known to the database.
    lease.hold('layer', diff('b'));
    mkdirSync(store.paths.layerFs(diff('b')), { recursive: true });
    writeFileSync(`${lease.directory}/file`, '');

    assert.deepEqual(await other.collect(), { bytes: 0, layers: 0, blobs: 0 });

    assert.ok(await store.blobs.stat(digest));
    assert.equal(layersIn(scratch), 2);
    assert.ok(existsSync(`${lease.directory}/file`));
  }
  await other.collect();
  assert.equal(layersIn(scratch), 0);
  assert.equal(blobsIn(scratch), 0);
});

test('collect() keeps what a held image is made of when its name and row are gone', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const id = addImage(store, ['base', 'app']);
  using lease = store.lease('build');
  lease.hold('image', id);
  store.write(({ images }) => images.remove(id));
  await store.collect();
  assert.equal(layersIn(scratch), 2);
  assert.equal(blobsIn(scratch), 2);
});

test('collect() sweeps files that no row knows', async () => {
  using scratch = scratchStore();
  const { paths, blobs } = scratch.store;
  blobs.putSync(Buffer.from('known'));
  writeFileSync(paths.blob(digestOf('x')), 'x');
  writeFileSync(`${paths.blobs}/sha256/nonsense`, 'x');
  mkdirSync(paths.layerFs(diff('x')), { recursive: true });
  mkdirSync(`${paths.tmp}/0123456789abcdef/sub`, { recursive: true });
  mkdirSync(`${paths.trash}/old`);

  await scratch.store.collect();

  assert.equal(blobsIn(scratch), 0);
  for (const directory of [paths.layers, paths.tmp, paths.trash]) {
    assert.deepEqual(readdirSync(directory), []);
  }
});

test('collect() keeps a partial blob that can be resumed', async () => {
  using scratch = scratchStore();
  {
    await using writer = await scratch.store.blobs.ingest('k');
    await writer.write(Buffer.from('half'));
  }
  await scratch.store.collect();
  await using writer = await scratch.store.blobs.ingest('k');
  assert.equal(writer.offset, 4);
});

/** As a snapshotter does it: held first, then renamed into place, then known. */
function seal(store: Store, lease: Lease, name: string): void {
  const diffId = diff(name);
  const draft = `${lease.directory}/${name}`;
  mkdirSync(`${draft}/fs`, { recursive: true });
  writeFileSync(`${draft}/fs/file`, name);
  lease.hold('layer', diffId);
  try {
    renameSync(draft, store.paths.layer(diffId));
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
  const figures = { size: 1, contentSize: 1, entries: 1, writer: 1, createdAt: 1 };
  store.note(({ layers }) => {
    layers.put({ diffId, ...figures, synced: true, bootId: bootId() });
    layers.putChain(chainOf(name), undefined, diffId);
  });
}

test('collect() in another process never takes what a lease holder has made', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const collector = startChild(
    scratch.root,
    `using store = openStore(root);
     say('ready');
     for (;;) await store.collect();`,
  );
  await collector.said('ready');
  for (let round = 0; round < 60; round += 1) {
    using lease = store.lease('build');
    const names = ['base', String(round % 5)];
    for (const name of names) seal(store, lease, name);
    const info = store.blobs.putSync(Buffer.from(`blob ${round % 3}`));
    await new Promise(setImmediate);
    for (const name of names) {
      assert.equal(store.read(({ layers }) => layers.stack(chainOf(name)))?.length, 1);
      assert.ok(existsSync(`${store.paths.layerFs(diff(name))}/file`), name);
    }
    assert.deepEqual(await store.blobs.stat(info.digest), info);
  }
  await collector.kill();
});

test('kill -9 during writing of a blob leaves a partial that is resumed, and nothing visible', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const child = startChild(
    scratch.root,
    `const store = openStore(root);
     const writer = await store.blobs.ingest('k');
     await writer.write(Buffer.alloc(300000, 1));
     say('ready');
     for (;;) await writer.write(Buffer.alloc(1000, 2));`,
  );
  await child.said('ready');
  await child.kill();
  assert.deepEqual(await Array.fromAsync(store.blobs.list()), []);
  await using writer = await store.blobs.ingest('k');
  assert.ok(writer.offset >= 300_000);
  const tail = writer.offset - 300_000;
  const whole = Buffer.concat([Buffer.alloc(300_000, 1), Buffer.alloc(tail, 2), Buffer.from('x')]);
  await writer.write(Buffer.from('x'));
  assert.equal((await writer.commit()).digest, digestOf(whole));
});

test('two processes that write one ingest take turns', async () => {
  using scratch = scratchStore();
  const body = `
    using store = openStore(root);
    const writer = await store.blobs.ingest('k');
    if (writer.offset === 0) {
      await writer.write(Buffer.from('hello'));
      await new Promise((resolve) => setTimeout(resolve, 100));
      await writer[Symbol.asyncDispose]();
      say('first');
    } else {
      say('second', (await writer.commit()).digest);
    }`;
  const children = [1, 2].map(() => startChild(scratch.root, body));
  const said = await Promise.all(children.map((child) => child.end()));
  assert.deepEqual(said.toSorted(), ['first\n', `second ${digestOf('hello')}\n`]);
});

test('collect() takes what a killed writer of a manifest list left, once it is old', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const { lists } = store.paths;
  mkdirSync(lists);
  for (const name of ['.old', '.new', 'kept.json']) writeFileSync(`${lists}/${name}`, '{}');
  utimesSync(`${lists}/.old`, 1, 1);
  utimesSync(`${lists}/kept.json`, 1, 1);
  await store.collect();
  assert.deepEqual(readdirSync(lists).sort(), ['.new', 'kept.json']);
});
