import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { needsRoot } from '../../../test/scratch-images.ts';
import { holdCacheMount } from '../../build/cache-mounts.ts';
import { openStore } from '../../store/open-store.ts';
import type { Engine } from '../engine.ts';
import { openEngine } from '../open-engine.ts';
import { cacheItems, usageOf } from './cache-entries.ts';
import { pruneCache } from './prune-cache.ts';

const KB = 1000;

interface House {
  readonly engine: Engine;
  readonly root: string;
  /** Builds an image of files, one COPY each; a file has as many kilobytes as are given. */
  readonly build: (
    files: Readonly<Record<string, number>>,
    options?: { readonly tag?: string; readonly budget?: number },
  ) => Promise<void>;
}

/** Every time it is asked, a second has passed. */
function ticking(): { now: () => Date } {
  let at = Date.parse('2026-01-01T00:00:00Z');
  return { now: () => new Date((at += 1000)) };
}

async function house(t: TestContext): Promise<House> {
  const directory = mkdtempSync(join(tmpdir(), 'prune-'));
  const root = join(directory, 'store');
  const engine = await openEngine({ root, clock: ticking() });
  t.after(async () => {
    await engine[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  let count = 0;
  return {
    engine,
    root,
    async build(files, { tag, budget } = {}) {
      const context = join(directory, `context-${(count += 1)}`);
      mkdirSync(context);
      for (const [name, size] of Object.entries(files)) {
        writeFileSync(join(context, name), Buffer.alloc(size * KB, name));
      }
      const copies = Object.keys(files).map((name) => `COPY ${name} /${name}`);
      await engine.build({
        context,
        dockerfile: { text: ['FROM scratch', ...copies].join('\n') },
        tags: tag === undefined ? [] : [tag],
        ...(budget !== undefined && { cacheBudget: budget }),
      });
      // Without a name the image would be there all the same, and keep what it is made of.
      if (tag === undefined) await engine.images.prune();
    },
  };
}

const descriptions = async (engine: Engine): Promise<string[]> =>
  (await engine.system.cacheUsage()).entries.map(({ description }) => description);

test(
  'cacheUsage() lists results, the last used first, and counts each layer once',
  { skip: needsRoot },
  async (t) => {
    const { engine, build } = await house(t);
    await build({ a: 100, b: 10 });
    await build({ a: 100 }, { tag: 'kept' });
    const { entries, total, shared, reclaimable } = await engine.system.cacheUsage();
    assert.deepEqual(
      entries.map((one) => [one.description, one.size, one.shared, one.uses, one.parents.length]),
      [
        ['COPY a /a', 100 * KB, true, 2, 0],
        ['COPY b /b', 10 * KB, false, 1, 1],
      ],
    );
    assert.equal(entries[1]?.parents[0], entries[0]?.id);
    assert.deepEqual([total, shared, reclaimable], [110 * KB, 100 * KB, 10 * KB]);
  },
);

test(
  'pruneCache() forgets what was used longest ago until the rest fits',
  { skip: needsRoot },
  async (t) => {
    const { engine, build } = await house(t);
    for (const name of ['a', 'b', 'c']) await build({ [name]: 100 });
    await build({ a: 100 });
    const { removed } = await engine.system.pruneCache({ maxUsed: 250 * KB });
    assert.deepEqual(
      removed.map(({ description }) => description),
      ['COPY b /b'],
    );
    assert.deepEqual(await descriptions(engine), ['COPY a /a', 'COPY c /c']);
    assert.deepEqual((await engine.system.pruneCache({ maxUsed: 250 * KB })).removed, []);
    assert.deepEqual(
      (await engine.system.pruneCache({ maxUsed: 1, reserved: 150 * KB })).removed.length,
      1,
      'what is reserved stays, whatever the limit says',
    );
  },
);

test(
  'pruneCache() frees a whole stack, and never what an image stands on',
  { skip: needsRoot },
  async (t) => {
    const { engine, build, root } = await house(t);
    await build({ a: 100, b: 100 }, { tag: 'kept' });
    await build({ a: 100, c: 100, d: 100 });
    const { removed, bytes } = await engine.system.pruneCache({ all: true });
    assert.equal(removed.length, 4);
    assert.ok(bytes >= 200 * KB && bytes < 300 * KB, String(bytes));
    assert.equal(readdirSync(join(root, 'layers')).length, 2);
    assert.deepEqual((await engine.system.check()).problems, []);
  },
);

test('pruneCache() takes entries that a filter names', { skip: needsRoot }, async (t) => {
  const { engine, build } = await house(t);
  await build({ a: 1, b: 1, c: 1 });
  const { entries } = await engine.system.cacheUsage();
  const ofB = entries.find(({ description }) => description === 'COPY b /b');
  const forgotten = async (
    ...conditions: NonNullable<Parameters<typeof pruneCache>[1]>['filter'][]
  ): Promise<string[]> => {
    const all = await Promise.all(
      conditions.map((filter) => engine.system.cacheUsage(filter ?? {})),
    );
    return all.flatMap((one) => one.entries.map(({ description }) => description));
  };
  assert.deepEqual(
    await forgotten({ conditions: [{ property: 'id', match: 'is', value: ofB?.id ?? '' }] }),
    ['COPY b /b'],
  );
  assert.deepEqual(
    await forgotten({ conditions: [{ property: 'parent', match: 'is', value: ofB?.id ?? '' }] }),
    ['COPY c /c'],
  );
  assert.deepEqual(
    await forgotten({ conditions: [{ property: 'description', match: 'like', value: '[ac] /' }] }),
    ['COPY c /c', 'COPY a /a'],
  );
  assert.deepEqual(
    await forgotten({ conditions: [{ property: 'type', match: 'not', value: 'regular' }] }),
    [],
  );
  assert.deepEqual(await forgotten({ usedBefore: new Date(0) }), []);
  const filter = { conditions: [{ property: 'id', match: 'is', value: ofB?.id ?? '' }] } as const;
  assert.equal((await engine.system.pruneCache({ filter })).removed.length, 1);
  await assert.rejects(
    engine.system.cacheUsage({ conditions: [{ property: 'id', match: 'like', value: '(' }] }),
    /is no pattern/,
  );
});

test(
  'a build that adds to the cache keeps it within its budget',
  { skip: needsRoot },
  async (t) => {
    const { engine, build } = await house(t);
    for (const name of ['a', 'b', 'c', 'd']) await build({ [name]: 100 }, { budget: 250 * KB });
    // What the last image had did not count as long as it was there.
    assert.deepEqual(await descriptions(engine), ['COPY d /d', 'COPY c /c', 'COPY b /b']);
    await build({ e: 100 }, { budget: 250 * KB, tag: 'kept' });
    assert.deepEqual(await descriptions(engine), ['COPY e /e', 'COPY d /d', 'COPY c /c']);
  },
);

test('pruneCache() leaves what a running operation holds', { skip: needsRoot }, async (t) => {
  const { engine, build, root } = await house(t);
  await build({ a: 1, b: 1 });
  using other = openStore(root);
  {
    using lease = other.lease('build');
    const chain = other.read(({ cache }) => cache.list())[0]?.chain;
    lease.hold('chain', chain ?? '');
    const { removed } = await engine.system.pruneCache({ all: true });
    assert.deepEqual(
      removed.map(({ description }) => description),
      ['COPY b /b'],
    );
  }
  assert.equal((await engine.system.pruneCache({ all: true })).removed.length, 1);
});

test(
  'cache mounts are entries: listed, filtered, and removed when nobody uses them',
  { skip: needsRoot },
  async (t) => {
    const { root, engine } = await house(t);
    using store = openStore(root);
    const request = { namespace: '', sharing: 'shared', now: 1000 } as const;
    const fill = (directory: string): Promise<void> => {
      writeFileSync(join(directory, 'file'), Buffer.alloc(100 * KB));
      return Promise.resolve();
    };
    const used = await holdCacheMount(store.paths, { ...request, id: 'used', fill });
    (await holdCacheMount(store.paths, { ...request, id: 'idle', fill }))[Symbol.dispose]();
    const usage = usageOf(cacheItems(store));
    assert.deepEqual(
      usage.entries
        .map(({ type, description, inUse }) => `${type} ${description} ${inUse}`)
        .sort((a, b) => (a < b ? -1 : 1)),
      ['exec.cachemount cache mount idle false', 'exec.cachemount cache mount used true'],
    );
    const { removed, bytes } = await pruneCache(store);
    assert.deepEqual(
      removed.map(({ description }) => description),
      ['cache mount idle'],
    );
    assert.ok(bytes >= 100 * KB, String(bytes));
    assert.ok(existsSync(used.path));
    used[Symbol.dispose]();
    assert.equal((await engine.system.cacheUsage()).entries.length, 1);
  },
);

/** Bytes of the regular files below a directory. */
function bytesBelow(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => lstatSync(join(directory, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

test(
  'diskUsage() agrees with the disk, and its parts with each other',
  { skip: needsRoot },
  async (t) => {
    const { engine, build, root } = await house(t);
    await build({ a: 100, b: 200 }, { tag: 'one' });
    await build({ a: 100, c: 50 }, { tag: 'two' });
    await build({ d: 30 });
    const { images, cache, containers } = await engine.system.diskUsage();
    const layers = readdirSync(join(root, 'layers')).reduce(
      (sum, name) => sum + bytesBelow(join(root, 'layers', name, 'fs')),
      0,
    );
    assert.equal(images.size + cache.size, layers + bytesBelow(join(root, 'blobs')));
    assert.deepEqual(
      new Map(images.rows.map(({ image, shared }) => [image.tags[0], shared])),
      new Map([
        ['one:latest', 100 * KB],
        ['two:latest', 100 * KB],
      ]),
    );
    for (const { image, unique } of images.rows) {
      const before = (await engine.system.diskUsage()).images.size;
      if (image.tags[0] !== 'two:latest') continue;
      await engine.images.remove('two');
      const after = (await engine.system.diskUsage()).images.size;
      assert.equal(before - after, unique);
    }
    assert.deepEqual([cache.size, containers.total], [30 * KB, 0]);
  },
);
