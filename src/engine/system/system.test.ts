import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { addContainer, addImage } from '../../../test/image-rows.ts';
import { needsRoot, scratchImages } from '../../../test/scratch-images.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { inPieces, tarOf } from '../../../test/tar-of.ts';
import { UsageError } from '../../base/errors.ts';
import { chainId, type DiffId, digestOf } from '../../oci/digest.ts';
import { checkSystem } from './check.ts';
import { systemInfo } from './info.ts';
import { pruneCache } from './prune-cache.ts';

const FILES = tarOf([{ name: 'file', data: Buffer.alloc(10_000, 'x') }]);

test(
  'checkSystem() calls a good store clean, and finds what was changed in a layer',
  { skip: needsRoot },
  async () => {
    using scratch = scratchImages();
    const id = await scratch.images.import(inPieces(FILES), { name: 'app:1' });
    const clean = await checkSystem(scratch);
    assert.deepEqual(clean, { images: 1, blobs: 2, layers: 1, problems: [] });

    const { directories, layers } = await scratch.images.inspect('app:1');
    appendFileSync(`${directories[0]}/file`, 'y');
    const { problems } = await checkSystem(scratch);
    assert.deepEqual(
      problems.map(({ kind, key, repaired }) => [kind, key, repaired]),
      [
        ['layer', layers[0], false],
        ['image', id, false],
      ],
    );

    await checkSystem(scratch, { repair: true });
    assert.deepEqual((await checkSystem(scratch)).problems, []);
    assert.deepEqual(await scratch.images.list(), []);
  },
);

test('systemInfo() counts, and says why there is no runtime', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const id = addImage(store, 'image', ['app:1']);
  addContainer(store, 'a'.repeat(64), id, 'running');
  addContainer(store, 'b'.repeat(64), id, 'created');
  addContainer(store, 'c'.repeat(64), id, 'exited');
  const info = await systemInfo({
    store,
    version: '1.2.3',
    runtime: () => Promise.reject(new UsageError('no runtime is installed')),
  });
  assert.deepEqual(
    [info.images, info.containers, info.root, info.version, info.runtime, info.warnings],
    [1, { running: 1, stopped: 2 }, scratch.root, '1.2.3', undefined, ['no runtime is installed']],
  );
  assert.notEqual(info.fileSystem, '');
});

test('systemInfo() tells of the runtime, and passes bugs on', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const crun = { name: 'crun', path: '/usr/bin/crun', version: '1.8', notes: ['a note'] } as const;
  const info = await systemInfo({ store, version: '1', runtime: () => Promise.resolve(crun) });
  assert.deepEqual(
    [info.runtime, info.runtimeNotes],
    [{ name: 'crun', path: '/usr/bin/crun', version: '1.8' }, ['a note']],
  );
  const bug = new TypeError('x is undefined');
  const broken = systemInfo({ store, version: '1', runtime: () => Promise.reject(bug) });
  await assert.rejects(broken, bug);
});

test('pruneCache() forgets results that no image has, or all of them', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const [base, other] = ['base', 'other'].map((seed) => digestOf(`layer ${seed}`)) as string[];
  addImage(store, 'image', ['app:1'], {
    layers: [
      { seed: 'base', size: 1 },
      { seed: 'top', size: 1 },
    ],
  });
  store.note((tables) => {
    tables.layers.putChain(chainId([other as DiffId])!, undefined, other as DiffId);
    for (const [key, layer] of [
      ['needed', base],
      ['useless', other],
    ] as const) {
      tables.cache.put({
        key,
        place: 'p',
        ingredients: [],
        chain: chainId([layer as DiffId])!,
        createdAt: 0,
        usedAt: 0,
        took: 1,
      });
    }
  });
  assert.equal((await pruneCache(store)).removed.length, 1);
  assert.deepEqual(
    store.read((tables) => tables.cache.list().map((row) => row.key)),
    ['needed'],
  );
  assert.equal((await pruneCache(store, { all: true })).removed.length, 1);
});
