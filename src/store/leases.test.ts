import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { scratchStore } from '../../test/scratch-store.ts';
import { startChild } from '../../test/store-child.ts';
import { openStore } from './open-store.ts';
import type { StorePaths } from './paths.ts';

function leaseFiles(paths: StorePaths): string[] {
  return readdirSync(paths.leases).filter((name) => !name.startsWith('.'));
}

test('a lease has a directory on the store from its first use to its end', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  let directory: string;
  {
    using lease = store.lease('test');
    assert.deepEqual(readdirSync(store.paths.tmp), []);
    directory = lease.directory;
    assert.equal(lease.directory, directory);
    writeFileSync(`${directory}/file`, '');
    assert.deepEqual(leaseFiles(store.paths), [lease.id]);
  }
  assert.ok(!existsSync(directory));
  assert.deepEqual(leaseFiles(store.paths), []);
  assert.deepEqual(readdirSync(store.paths.trash), []);
});

test('a lease that has ended holds nothing more', () => {
  using scratch = scratchStore();
  const lease = scratch.store.lease('test');
  lease[Symbol.dispose]();
  lease[Symbol.dispose]();
  assert.throws(() => lease.hold('blob', 'x'), /has ended/);
});

test('what was held in a transaction that was undone is held again', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  using lease = store.lease('test');
  lease.hold('blob', 'before');
  assert.throws(() => {
    store.note(() => {
      lease.hold('blob', 'undone');
      throw new Error('undone');
    });
  }, /undone/);
  const held = (): unknown[] => {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    using database = new DatabaseSync(store.paths.database, { readOnly: true });
    return database
      .prepare('SELECT key FROM holds ORDER BY key')
      .all()
      .map(({ key }) => key);
  };
  assert.deepEqual(held(), ['before']);

  lease.hold('blob', 'before');
  lease.hold('blob', 'undone');

  assert.deepEqual(held(), ['before', 'undone']);
});

test('a live lease of another process is left alone; after kill -9 it is reaped', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const child = startChild(
    scratch.root,
    `const store = openStore(root);
     const lease = store.lease('child');
     lease.hold('blob', 'x');
     writeSync(1, lease.directory.slice(0, 0));
     say('ready');
     await forever();`,
  );
  await child.said('ready');
  {
    using _lease = store.lease('mine');
    assert.equal(leaseFiles(store.paths).length, 2);
    assert.equal(readdirSync(store.paths.tmp).length, 1);
  }

  await child.kill();

  using lease = store.lease('mine');
  assert.deepEqual(leaseFiles(store.paths), [lease.id]);
  assert.deepEqual(readdirSync(store.paths.tmp), []);
  assert.deepEqual(readdirSync(store.paths.trash), []);
});

test('a second open store in the same process does not reap the leases of the first', () => {
  using scratch = scratchStore();
  using lease = scratch.store.lease('one');
  lease.hold('blob', 'x');
  using other = openStore(scratch.root);
  using second = other.lease('two');
  assert.deepEqual(leaseFiles(other.paths).toSorted(), [lease.id, second.id].toSorted());
});

test('closing a store ends its leases', () => {
  using scratch = scratchStore();
  const other = openStore(scratch.root);
  const lease = other.lease('test');
  mkdirSync(`${lease.directory}/sub`);
  other[Symbol.dispose]();
  assert.deepEqual(leaseFiles(scratch.store.paths), []);
  assert.deepEqual(readdirSync(scratch.store.paths.tmp), []);
});

test('many processes begin and end leases at once', async () => {
  using scratch = scratchStore();
  const body = `
    using store = openStore(root);
    for (let at = 0; at < 50; at += 1) {
      using lease = store.lease('test');
      lease.hold('blob', String(at));
      writeSync(1, lease.directory.slice(0, 0));
    }`;
  const children = Array.from({ length: 4 }, () => startChild(scratch.root, body));
  await Promise.all(children.map((child) => child.end()));
  assert.deepEqual(leaseFiles(scratch.store.paths), []);
  assert.deepEqual(readdirSync(scratch.store.paths.tmp), []);
  assert.deepEqual(readdirSync(scratch.store.paths.trash), []);
});

test('the first lease after a boot removes layers that were not synced before it', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const row = { size: 1, contentSize: 1, entries: 1, writer: 1, bootId: 'before', createdAt: 1 };
  const names = ['a', 'b', 'c'].map((letter) => letter.repeat(64));
  const [kept = '', lost = '', unknown = ''] = names;
  store.write(({ layers }) => {
    layers.put({ ...row, diffId: `sha256:${kept}` as never, synced: true });
    layers.put({ ...row, diffId: `sha256:${lost}` as never, synced: false });
  });
  for (const name of [kept, lost, unknown])
    mkdirSync(`${store.paths.layers}/${name}/fs`, { recursive: true });

  using _lease = store.lease('test');

  assert.deepEqual(readdirSync(store.paths.layers), [kept]);
  assert.deepEqual(readdirSync(store.paths.trash), []);
});
