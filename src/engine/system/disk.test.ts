import assert from 'node:assert/strict';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addContainer } from '../../../test/image-rows.ts';
import { needsRoot, type ScratchImages, scratchImages } from '../../../test/scratch-images.ts';
import { inPieces, tarOf } from '../../../test/tar-of.ts';
import { listContainers } from '../containers/list.ts';
import type { DiskUsage } from '../system-types.ts';
import { diskUsage } from './disk-usage.ts';
import { whySpace } from './why.ts';

const CONTAINER = 'c0ffee'.padEnd(64, '0');

/** What the files below a directory hold, as `find` would count: hard links once. */
function walk(directory: string): number {
  const seen = new Set<number>();
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.reduce((sum, name) => {
    const stat = lstatSync(join(directory, name));
    if (!stat.isFile() || seen.has(stat.ino)) return sum;
    seen.add(stat.ino);
    return sum + stat.size;
  }, 0);
}

/** Three images: two of the same tree but for their configs, one of another tree; its layer kept as a blob, too. */
async function filled({ images }: ScratchImages): Promise<void> {
  const shared = tarOf([
    { name: 'a', data: Buffer.alloc(10_000, 'a') },
    { name: 'link', type: 'hardlink', link: 'a' },
  ]);
  await images.import(inPieces(shared), { name: 'app:1' });
  await images.import(inPieces(shared), { name: 'app:2', message: 'another' });
  await images.import(inPieces(tarOf([{ name: 'b', data: Buffer.alloc(700, 'b') }])), {
    name: 'other:1',
  });
  const archive = await Array.fromAsync(await images.save(['other:1']));
  await images.remove('other:1');
  await images.load(inPieces(Buffer.concat(archive)));
}

async function usageOf({ store, images }: ScratchImages): Promise<DiskUsage> {
  const containers = {
    list: async (): Promise<ReturnType<typeof listContainers>> =>
      listContainers(store, { all: true }),
  };
  return diskUsage({ store, images, containers });
}

test('diskUsage() tells what a walk of the disk finds', { skip: needsRoot }, async () => {
  using scratch = scratchImages();
  await filled(scratch);
  const { store } = scratch;
  const onDisk =
    walk(store.paths.blobs) +
    readdirSync(store.paths.layers).reduce(
      (sum, name) => sum + walk(join(store.paths.layers, name, 'fs')),
      0,
    );
  const { images } = await usageOf(scratch);
  assert.equal(images.size, onDisk);
  const unique = images.rows.reduce((sum, row) => sum + row.unique, 0);
  const shared = images.rows.map((row) => row.shared);
  assert.equal(Math.max(...shared) + unique, onDisk);
  assert.deepEqual(
    images.rows.map(({ image, shared: bytes }) => `${image.tags[0]} ${bytes}`).sort(),
    ['app:1 10000', 'app:2 10000', 'other:1 0'],
  );
});

test(
  'removing an image alone frees what diskUsage() calls its own',
  { skip: needsRoot },
  async () => {
    using scratch = scratchImages();
    await filled(scratch);
    for (const name of ['other:1', 'app:1', 'app:2']) {
      const before = await usageOf(scratch);
      const own = before.images.rows.find(({ image }) => image.tags[0] === name);
      await scratch.images.remove(name);
      const after = await usageOf(scratch);
      assert.equal(before.images.size - after.images.size, own?.unique);
    }
  },
);

test('whySpace() accounts for every byte of the store once', { skip: needsRoot }, async () => {
  using scratch = scratchImages();
  await filled(scratch);
  const { store } = scratch;
  const [image] = await scratch.images.list();
  addContainer(store, CONTAINER, image!.id, 'exited');
  const rows = whySpace(store);
  assert.equal(
    rows.reduce((sum, { bytes }) => sum + bytes, 0),
    walk(store.paths.root),
  );
  const told = rows.filter(({ bytes }) => bytes === 10_000);
  assert.deepEqual(told, [
    {
      kind: 'Images',
      name: '1 layer, shared',
      bytes: 10_000,
      heldBy: ['image app:1', 'image app:2'],
      freedBy: 'stave rmi app:1 app:2',
    },
  ]);
});

test('whySpace() names the running operation that holds a layer', { skip: needsRoot }, async () => {
  using scratch = scratchImages();
  await filled(scratch);
  const { store } = scratch;
  using lease = store.lease('save');
  const [image] = await scratch.images.list();
  lease.hold('image', image!.id);
  const held = whySpace(store).flatMap(({ heldBy }) => heldBy);
  assert.ok(held.includes(`save (process ${process.pid})`));
});
