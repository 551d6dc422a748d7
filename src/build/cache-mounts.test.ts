import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import {
  holdCacheMount,
  listCacheMounts,
  removeCacheMount,
  type CacheMountRequest,
  type HeldCacheMount,
} from './cache-mounts.ts';

function house(t: TestContext): Store {
  const directory = mkdtempSync(join(tmpdir(), 'stave-caches-'));
  const store = openStore(directory);
  t.after(() => {
    store[Symbol.dispose]();
    rmSync(directory, { recursive: true });
  });
  return store;
}

function hold(store: Store, more: Partial<CacheMountRequest> = {}): Promise<HeldCacheMount> {
  return holdCacheMount(store.paths, {
    id: 'x',
    namespace: '',
    sharing: 'shared',
    now: 1_000_000,
    fill: () => Promise.resolve(),
    ...more,
  });
}

test('holdCacheMount() fills a new cache once', async (t) => {
  const store = house(t);
  const fill = (directory: string): Promise<void> => {
    writeFileSync(join(directory, 'f'), 'seed');
    return Promise.resolve();
  };
  const first = await hold(store, { fill });
  assert.ok(existsSync(join(first.path, 'f')));
  rmSync(join(first.path, 'f'));
  using second = await hold(store, { fill });
  assert.equal(second.path, first.path);
  assert.ok(!existsSync(join(second.path, 'f')));
  first[Symbol.dispose]();
});

test('holdCacheMount() leaves no half-filled cache when filling fails', async (t) => {
  const store = house(t);
  const fill = (directory: string): Promise<void> => {
    writeFileSync(join(directory, 'f'), 'half');
    return Promise.reject(new Error('no'));
  };
  await assert.rejects(hold(store, { fill }), /no/);
  assert.deepEqual(listCacheMounts(store.paths), []);
  using held = await hold(store, { sharing: 'locked' });
  assert.ok(!existsSync(join(held.path, 'f')));
});

test('holdCacheMount() waits for a locked cache until the signal', async (t) => {
  const store = house(t);
  using _held = await hold(store, { sharing: 'locked' });
  const stop = new AbortController();
  let waits = 0;
  const waiting = (): void => {
    waits += 1;
    setTimeout(() => stop.abort(new Error('enough')), 20);
  };
  await assert.rejects(hold(store, { signal: stop.signal, waiting }), /enough|aborted/);
  assert.equal(waits, 1);
});

test('listCacheMounts() says what is there, how large it is and who uses it', async (t) => {
  const store = house(t);
  {
    using held = await hold(store, { namespace: 'n', now: 7_000 });
    writeFileSync(join(held.path, 'f'), Buffer.alloc(100_000, 1));
    assert.deepEqual(
      listCacheMounts(store.paths).map(({ inUse }) => inUse),
      [true],
    );
  }
  const [cache, ...rest] = listCacheMounts(store.paths);
  assert.deepEqual(rest, []);
  const { id, namespace, bytes = 0, lastUsedAt, inUse } = cache ?? {};
  assert.deepEqual(
    { id, namespace, lastUsedAt, inUse },
    { id: 'x', namespace: 'n', lastUsedAt: 7_000, inUse: false },
  );
  assert.ok(bytes >= 100_000 && bytes < 200_000, String(bytes));
});

test('removeCacheMount() takes what nobody uses, and nothing else', async (t) => {
  const store = house(t);
  const held = await hold(store);
  const [cache] = listCacheMounts(store.paths);
  assert.ok(cache);
  assert.equal(removeCacheMount(store.paths, cache), false);
  held[Symbol.dispose]();
  assert.equal(removeCacheMount(store.paths, cache), true);
  assert.equal(removeCacheMount(store.paths, cache), false);
  assert.deepEqual(listCacheMounts(store.paths), []);
  using again = await hold(store);
  assert.ok(existsSync(again.path));
});

test('cache mounts are no litter for the collector and the check', async (t) => {
  const store = house(t);
  {
    using held = await hold(store);
    writeFileSync(join(held.path, 'f'), 'x');
  }
  await store.collect();
  assert.equal(listCacheMounts(store.paths).length, 1);
});
