import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { scratchStore } from '../../test/scratch-store.ts';
import { inChild, startChild } from '../../test/store-child.ts';
import { openStore } from './open-store.ts';

function scratchDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(`${tmpdir()}/stave-open-`);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

test('openStore() makes a store for its owner only, with parents, and finds it again', () => {
  using directory = scratchDirectory();
  const root = `${directory.path}/a/b`;
  let id: string;
  {
    using store = openStore(root);
    id = store.id;
    assert.match(id, /^[0-9a-f]{12}$/);
    store.write(({ facts }) => facts.set('k', 'v'));
  }
  assert.equal(statSync(root).mode & 0o777, 0o700);
  using again = openStore(root, { mustExist: true });
  assert.equal(again.id, id);
  assert.equal(
    again.read(({ facts }) => facts.get('k')),
    'v',
  );
});

test('openStore() makes an empty directory private, and leaves one in use as it is', () => {
  using directory = scratchDirectory();
  const [empty, used] = [`${directory.path}/empty`, `${directory.path}/used`];
  for (const path of [empty, used]) {
    mkdirSync(path);
    chmodSync(path, 0o755);
  }
  writeFileSync(`${used}/letter`, '');
  using _one = openStore(empty);
  using other = openStore(used);
  assert.equal(statSync(empty).mode & 0o777, 0o700);
  assert.equal(statSync(used).mode & 0o777, 0o755);
  assert.equal(statSync(other.paths.layers).mode & 0o777, 0o700);
});

test('openStore() with mustExist makes nothing', () => {
  using directory = scratchDirectory();
  assert.throws(() => openStore(`${directory.path}/x`, { mustExist: true }), {
    code: 'STORE_MISSING',
  });
  assert.deepEqual(readdirSync(directory.path), []);
});

test('openStore() refuses a newer format before it looks at anything else', () => {
  using scratch = scratchStore();
  writeFileSync(scratch.store.paths.format, '2\n');
  writeFileSync(scratch.store.paths.database, 'another kind of database');
  assert.throws(() => openStore(scratch.root), {
    code: 'STORE_FORMAT',
    message: `the store in ${scratch.root} has format 2; this stave knows formats up to 1`,
  });
});

test('openStore() refuses a FORMAT that is none', () => {
  using scratch = scratchStore();
  writeFileSync(scratch.store.paths.format, 'x');
  assert.throws(() => openStore(scratch.root), { code: 'STORE_DAMAGED' });
});

test('a store with a newer schema is refused at the first question', () => {
  using scratch = scratchStore();
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  using database = new DatabaseSync(scratch.store.paths.database);
  database.exec('PRAGMA user_version = 99');
  using store = openStore(scratch.root);
  assert.throws(() => store.id, { code: 'STORE_FORMAT' });
});

test('a store without its database, or with a damaged one, says so', () => {
  using scratch = scratchStore();
  writeFileSync(scratch.store.paths.database, 'x'.repeat(5000));
  using damaged = openStore(scratch.root);
  assert.throws(() => damaged.id, { code: 'STORE_DAMAGED' });
  rmSync(scratch.store.paths.database);
  using missing = openStore(scratch.root);
  assert.throws(() => missing.id, { code: 'STORE_DAMAGED' });
  assert.ok(!readdirSync(scratch.root).includes('store.db'));
});

test('a store that was half made is completed', () => {
  using scratch = scratchStore();
  const { id, paths } = scratch.store;
  rmSync(paths.format);
  rmSync(paths.leases, { recursive: true });
  using store = openStore(scratch.root);
  assert.equal(store.id, id);
  using _lease = store.lease('test');
});

test('write() leaves nothing behind when its body throws', () => {
  using scratch = scratchStore();
  assert.throws(
    () =>
      scratch.store.write(({ facts }) => {
        facts.set('k', 'v');
        throw new Error('no');
      }),
    { message: 'no' },
  );
  assert.equal(
    scratch.store.read(({ facts }) => facts.get('k')),
    undefined,
  );
});

test('a transaction joins the one around it unless that promises less', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  store.write(() => {
    store.note(({ facts }) => facts.set('a', '1'));
    assert.equal(
      store.read(({ facts }) => facts.get('a')),
      '1',
    );
  });
  assert.throws(() => store.note(() => store.write(() => undefined)), /cannot join/);
  assert.throws(() => store.read(() => store.note(() => undefined)), /cannot join/);
});

test('read() sees one state from beginning to end', () => {
  using scratch = scratchStore();
  using other = openStore(scratch.root);
  scratch.store.read(({ facts }) => {
    assert.equal(facts.get('k'), undefined);
    other.write((tables) => tables.facts.set('k', 'v'));
    assert.equal(facts.get('k'), undefined);
  });
  assert.equal(
    scratch.store.read(({ facts }) => facts.get('k')),
    'v',
  );
});

test('a reader makes no lease, changes no file and loads no native code', () => {
  using scratch = scratchStore();
  const { root } = scratch;
  const { id, paths } = scratch.store;
  const before = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
  const read = inChild(
    root,
    `import { readFileSync } from 'node:fs';
    using store = openStore(root);
    say(store.id, store.read(({ images }) => images.list()).length);
    say(readFileSync('/proc/self/maps', 'utf8').includes('koffi'));`,
  );
  assert.equal(read, `${id} 0\nfalse\n`);
  const after = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
  assert.deepEqual(after, before);
  assert.deepEqual(readdirSync(paths.leases), []);
});

test('a store that may only be read is listed, and refuses to be written', (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root, to become somebody else');
  using scratch = scratchStore();
  scratch.store.write(({ facts }) => facts.set('k', 'v'));
  const { root } = scratch;
  // Closed, so that its log is gone; and open to everybody, for reading only.
  scratch.store[Symbol.dispose]();
  for (const name of ['', 'store.db', 'FORMAT', 'leases']) chmodSync(`${root}/${name}`, 0o755);
  const read = inChild(
    root,
    `process.setuid(65534);
    using store = openStore(root);
    say(store.read(({ facts }) => facts.get('k')));
    for (const write of [() => store.note(() => undefined), () => store.lease('x')]) {
      try { write(); } catch (error) { say(error.code); }
    }`,
  );
  assert.equal(read, 'v\nSTORE_READ_ONLY\nSTORE_READ_ONLY\n');
});

test('eight processes that make a store at once have the same one', async () => {
  using directory = scratchDirectory();
  const root = `${directory.path}/new`;
  const body = `
    using store = openStore(root);
    store.write(({ facts }) => facts.set(String(process.pid), 'here'));
    using lease = store.lease('test');
    lease.hold('blob', 'x');
    say(store.id);`;
  const children = Array.from({ length: 8 }, () => startChild(root, body));
  const ids = await Promise.all(children.map((child) => child.end()));
  assert.equal(new Set(ids).size, 1);
  using store = openStore(root);
  assert.equal(`${store.id}\n`, ids[0]);
  assert.deepEqual(
    readdirSync(root).filter((name) => name.startsWith('.')),
    [],
  );
});

test('four processes write at once, and every transaction counts', async () => {
  using scratch = scratchStore();
  const body = `
    using store = openStore(root);
    for (let at = 0; at < 100; at += 1) {
      store[at % 2 ? 'write' : 'note'](({ facts }) =>
        facts.set('n', String(1 + Number(facts.get('n') ?? 0))));
    }`;
  const children = Array.from({ length: 4 }, () => startChild(scratch.root, body));
  await Promise.all(children.map((child) => child.end()));
  assert.equal(
    scratch.store.read(({ facts }) => facts.get('n')),
    '400',
  );
});
