import assert from 'node:assert/strict';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bench, root, type Meanwhile } from './testing/bench.ts';

test(
  'buildImage() gives the same image ID from the cache, and asks no file twice',
  root,
  async (t) => {
    const { build, write } = bench(t);
    write('a', 'a');
    const dockerfile = 'FROM scratch\nCOPY a /a\nWORKDIR /w\nLABEL x=1\n';
    const first = await build(dockerfile);
    const second = await build(dockerfile);
    assert.equal(second.id, first.id);
    assert.deepEqual([second.steps, second.cached], [2, 2]);
  },
);

test(
  'buildImage() takes content for the same whatever its time, and misses on a changed byte',
  root,
  async (t) => {
    const { build, write } = bench(t);
    const dockerfile = 'FROM scratch\nCOPY . /\n';
    write('a', 'a');
    await build(dockerfile);
    write('a', 'a');
    assert.equal((await build(dockerfile)).cached, 1);
    write('a', 'b');
    assert.equal((await build(dockerfile)).cached, 0);
    write('a', 'a');
    assert.equal((await build(dockerfile)).cached, 1);
  },
);

test('buildImage() says which file made a step run again', root, async (t) => {
  const { build, write } = bench(t);
  const dockerfile = 'FROM scratch\nCOPY a /\nCOPY b /\n';
  write('a', 'a');
  write('b', 'b');
  await build(dockerfile);
  write('b', 'B');
  const { events } = await build(dockerfile);
  const notes = events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
  assert.ok(notes.includes('runs: file b (content)'), notes.join('\n'));
});

test('buildImage() hits below a stage that was rebuilt to the same result', root, async (t) => {
  const { build, write } = bench(t);
  const dockerfile =
    'FROM scratch AS a\nCOPY in /in\nCOPY out /out\nFROM scratch\nCOPY --from=a /out /out\n';
  write('in', '1');
  write('out', 'same');
  await build(dockerfile);
  write('in', '2');
  const { cached, steps } = await build(dockerfile);
  assert.equal(steps - cached, 2, 'both steps of the first stage run again, the last one does not');
});

test('buildImage() with --link keeps the layer when what lies below changes', root, async (t) => {
  const { build, write } = bench(t);
  const dockerfile = 'FROM scratch\nCOPY below /below\nCOPY --link top /d/top\n';
  write('below', '1');
  write('top', 't');
  const first = await build(dockerfile);
  write('below', '2');
  const second = await build(dockerfile);
  assert.equal(second.cached, 1);
  assert.equal(second.config.rootfs.diff_ids[1], first.config.rootfs.diff_ids[1]);
  assert.notEqual(second.config.rootfs.diff_ids[0], first.config.rootfs.diff_ids[0]);
});

test('buildImage() with a date makes the same manifest twice without a cache', root, async (t) => {
  const manifests: string[] = [];
  for (let round = 0; round < 2; round++) {
    const { build, write } = bench(t);
    write('a', 'a');
    write('old', 'o');
    const context = 'FROM scratch\nCOPY . /d/\nWORKDIR /w\n';
    const { manifest, config } = await build(context, { sourceDateEpoch: 1_000_000_000 });
    assert.equal(config.created, '2001-09-09T01:46:40Z');
    manifests.push(manifest.digest);
  }
  assert.equal(manifests[0], manifests[1]);
});

test(
  'buildImage() keeps what a step stands on from a collector that runs meanwhile',
  root,
  async (t) => {
    const { build, write } = bench(t);
    write('a', 'a');
    await build('FROM scratch\nCOPY a /a\n', { target: undefined });
    const { id } = await build('FROM scratch\nCOPY a /a\nRUN x\n', {}, async (store) => {
      store.write(({ cache, images }) => {
        for (const { key } of cache.list()) cache.remove(key);
        for (const image of images.list()) images.remove(image.id);
      });
      await store.collect();
    });
    assert.match(id, /^sha256:/);
  },
);

test(
  'buildImage() with a date clamps what RUN wrote, and asks no record of another date',
  root,
  async (t) => {
    const dockerfile = 'FROM scratch\nRUN x\n';
    const run: Meanwhile = (_store, upper) => {
      mkdirSync(join(upper, 'd'));
      writeFileSync(join(upper, 'd/new'), 'n');
      writeFileSync(join(upper, 'old'), 'o');
      utimesSync(join(upper, 'old'), 5, 5);
      return Promise.resolve();
    };
    const manifests = [];
    for (let round = 0; round < 2; round++) {
      const { build } = bench(t);
      await build(dockerfile, {}, run);
      const dated = await build(dockerfile, { sourceDateEpoch: 1_000_000_000 }, run);
      assert.equal(dated.cached, 0);
      manifests.push(dated.manifest.digest);
      assert.equal((await build(dockerfile, { sourceDateEpoch: 1_000_000_000 }, run)).cached, 1);
    }
    assert.equal(manifests[0], manifests[1]);
  },
);

test('buildImage() runs nothing of the middle when the end is a hit', root, async (t) => {
  const { build } = bench(t);
  const dockerfile = 'FROM scratch\nRUN one\nRUN two\n';
  let runs = 0;
  let forget: string | undefined;
  const run: Meanwhile = (store) => {
    runs += 1;
    forget ??= store.read(({ cache }) => cache.list())[0]?.key;
    return Promise.resolve();
  };
  await build(dockerfile, {}, run);
  assert.equal(runs, 2);
  await build('FROM scratch\nRUN other\n', {}, (store) => {
    // The record of `RUN one`, which was there alone when `RUN two` ran.
    store.write(({ cache }) => cache.remove(forget ?? ''));
    return Promise.resolve();
  });
  const again = await build(dockerfile, {}, run);
  assert.equal(runs, 2);
  assert.equal(again.cached, 1);
});

test('buildImage() does not run a stage again for a copy that is remembered', root, async (t) => {
  const { build } = bench(t);
  const dockerfile = 'FROM scratch AS a\nRUN one\nFROM scratch\nCOPY --from=a /f /f\n';
  let runs = 0;
  const run: Meanwhile = (_store, upper) => {
    runs += 1;
    writeFileSync(join(upper, 'f'), 'f');
    return Promise.resolve();
  };
  const first = await build(dockerfile, {}, run);
  await build('FROM scratch\nRUN other\n', {}, (store) => {
    store.write(({ cache }) => {
      for (const row of cache.list()) if (row.place.includes('\0a\0')) cache.remove(row.key);
    });
    return Promise.resolve();
  });
  const again = await build(dockerfile, {}, run);
  assert.equal(runs, 1);
  assert.equal(again.id, first.id);
});
