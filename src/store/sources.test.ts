import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { scratchStore } from '../../test/scratch-store.ts';

test('sources keep what was put last, and forget', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const row = { key: 'https://x/', kind: 'http', value: '{}', usedAt: 1 } as const;
  store.note(({ sources }) => sources.put(row));
  store.note(({ sources }) => sources.put({ ...row, usedAt: 2 }));
  assert.deepEqual(
    store.read(({ sources }) => sources.list()),
    [{ ...row, usedAt: 2 }],
  );
  store.note(({ sources }) => sources.remove(row.key));
  assert.equal(
    store.read(({ sources }) => sources.get(row.key)),
    undefined,
  );
});

test('collect() keeps the blob of a source as long as its row', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const { digest } = store.blobs.putSync(Buffer.from('fetched'));
  store.note(({ sources }) =>
    sources.put({ key: 'k', kind: 'http', blob: digest, value: '', usedAt: 1 }),
  );
  await store.collect();
  assert.ok(await store.blobs.stat(digest));
  store.note(({ sources }) => sources.remove('k'));
  await store.collect();
  assert.equal(await store.blobs.stat(digest), undefined);
});

test('collect() keeps repositories that have a row or a holder', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  for (const name of ['known', 'held', 'lost'])
    mkdirSync(`${store.paths.git}/${name}`, { recursive: true });
  store.note(({ sources }) => sources.put({ key: 'known', kind: 'git', value: '', usedAt: 1 }));
  using lease = store.lease('test');
  lease.hold('git', 'held');
  await store.collect();
  assert.ok(existsSync(`${store.paths.git}/known`));
  assert.ok(existsSync(`${store.paths.git}/held`));
  assert.ok(!existsSync(`${store.paths.git}/lost`));
});
