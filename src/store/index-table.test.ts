import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { addImage } from '../../test/image-rows.ts';
import { scratchStore } from '../../test/scratch-store.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { openStore } from './open-store.ts';
import { MIGRATIONS } from './schema.ts';
import type { Store } from './store.ts';

/** An index of two images, with a name. */
function addIndex(store: Store, name: string): { index: Digest; claim: Digest; images: Digest[] } {
  const images = [addImage(store, `${name} one`, []), addImage(store, `${name} two`, [])];
  const { digest: index, size } = store.blobs.putSync(Buffer.from(`index ${name}`));
  const { digest: claim } = store.blobs.putSync(Buffer.from(`claim ${name}`));
  store.write((tables) => {
    tables.indexes.put(
      {
        digest: index,
        descriptor: { mediaType: MediaType.ociIndex, digest: index, size },
        storedAt: 1,
        members: images.map((image) => ({ image, manifest: tables.images.get(image)!.manifest })),
      },
      [claim],
    );
    tables.images.tag(name, images[0]!, 1, index);
  });
  return { index, claim, images };
}

test('a name points at an index and at one of its images', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const { index, images } = addIndex(store, 'docker.io/library/app:1');
  const row = store.read((tables) => tables.images.named('docker.io/library/app:1'));
  assert.deepEqual([row?.image, row?.index], [images[0], index]);
  store.read((tables) => {
    assert.deepEqual(
      tables.indexes.get(index)?.members.map(({ image }) => image),
      images,
    );
    assert.deepEqual([...tables.indexes.named()].sort(), [...images].sort());
    assert.deepEqual(tables.indexes.of(images[1]!), [index]);
    assert.deepEqual(tables.indexes.byPrefix(index.slice(7, 20), 2), [index]);
  });
});

test('an index is forgotten with its last name, moved or taken; its images stay', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const { index, images } = addIndex(store, 'docker.io/library/app:1');
  const other = addImage(store, 'other', []);
  store.write((tables) => {
    tables.images.tag('docker.io/library/app:2', images[0]!, 2, index);
    assert.equal(tables.images.tag('docker.io/library/app:1', other, 3), images[0]);
    assert.ok(tables.indexes.get(index));
    assert.ok(tables.images.untag('docker.io/library/app:2'));
    assert.equal(tables.indexes.get(index), undefined);
    for (const image of images) assert.ok(tables.images.get(image));
  });
});

test('a collection keeps what an index needs, and takes it when the index is gone', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const { index, claim } = addIndex(store, 'docker.io/library/app:1');
  const here = (): boolean[] =>
    store.read(({ blobs }) => [index, claim].map((one) => blobs.has(one)));
  await store.collect();
  assert.deepEqual(here(), [true, true]);
  store.write((tables) => tables.images.untag('docker.io/library/app:1'));
  await store.collect();
  assert.deepEqual(here(), [false, false]);
});

test('a lease keeps an index with its images', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const { index, claim, images } = addIndex(store, 'docker.io/library/app:1');
  const kept = [index, claim, ...images];
  {
    using lease = store.lease('test');
    lease.holdIndex(index);
    store.write((tables) => {
      tables.images.untag('docker.io/library/app:1');
      for (const image of images) tables.images.remove(image);
    });
    await store.collect();
    assert.ok(store.read(({ blobs }) => kept.every((one) => blobs.has(one))));
  }
  await store.collect();
  assert.ok(!store.read(({ blobs }) => kept.some((one) => blobs.has(one))));
});

test('an index without any of its images goes with the next collection', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const { index, images } = addIndex(store, 'docker.io/library/app:1');
  store.write((tables) => {
    for (const image of images) tables.images.remove(image);
  });
  await store.collect();
  assert.equal(
    store.read((tables) => tables.indexes.get(index)),
    undefined,
  );
});

test('a store of the first version is brought up to date, with its names', () => {
  using scratch = scratchStore();
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const { database: file } = scratch.store.paths;
  scratch.store[Symbol.dispose]();
  for (const tail of ['', '-wal', '-shm']) rmSync(`${file}${tail}`, { force: true });
  const id = digestOf('image');
  {
    using old = new DatabaseSync(file);
    old.exec('PRAGMA journal_mode = WAL');
    old.exec(MIGRATIONS[0] ?? '');
    old.exec('PRAGMA user_version = 1');
    old.exec(`INSERT INTO meta VALUES ('id', 'abcdefabcdef')`);
    old
      .prepare(`INSERT INTO images VALUES (?, ?, '{}', '{}', NULL, 1, 1, 1, NULL, '{}', NULL)`)
      .run(id, digestOf('manifest'));
    old.prepare('INSERT INTO names VALUES (?, ?, 1)').run('docker.io/library/app:1', id);
  }
  using store = openStore(scratch.root);
  assert.deepEqual(
    store.read((tables) => tables.images.named('docker.io/library/app:1')),
    { name: 'docker.io/library/app:1', image: id, updatedAt: 1 },
  );
  assert.deepEqual(
    store.read((tables) => tables.indexes.list()),
    [],
  );
});
