import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { digestOf } from '../oci/digest.ts';
import type { ProgressEvent } from '../base/progress.ts';
import { INLINE_KEY } from './cache/document.ts';
import { localCache, localCacheTarget } from './cache/local-cache.ts';
import type { BuildCaches } from './cache/session.ts';
import type { CacheForm } from './cache/remote.ts';
import { bench, root, type Meanwhile } from './testing/bench.ts';

const FORM: CacheForm = {
  mode: 'max',
  layers: { compression: 'gzip' },
  family: 'oci',
  imageManifest: true,
};

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'cache-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function to(directory: string, form: Partial<CacheForm> = {}): { caches: BuildCaches } {
  return {
    caches: {
      from: [],
      inline: false,
      to: [
        {
          label: directory,
          form: { ...FORM, ...form },
          ignoreError: false,
          open: () => Promise.resolve(localCacheTarget(directory, { tag: 'latest', reset: false })),
        },
      ],
    },
  };
}

function from(...directories: string[]): { caches: BuildCaches } {
  return {
    caches: {
      from: directories.map((label) => ({
        label,
        open: () => Promise.resolve(localCache(label, { tag: 'latest' })),
      })),
      to: [],
      inline: false,
    },
  };
}

/** Counts what runs, and writes a file per step. */
function counting(): { run: Meanwhile; count: () => number } {
  let count = 0;
  return {
    count: () => count,
    run: (_store, upper) => {
      writeFileSync(join(upper, 'made'), 'by a step');
      count += 1;
      return Promise.resolve();
    },
  };
}

const STAGES = `FROM scratch AS a
COPY in /in
RUN one
FROM scratch AS b
COPY --from=a /made /made
RUN two
FROM scratch
COPY --from=b /made /made
COPY --link in /linked
`;

test(
  'buildImage() runs nothing on a machine that has the cache of another, in another folder',
  root,
  async (t) => {
    const cache = folder(t);
    const first = bench(t);
    first.write('in', 'x');
    const steps = counting();
    const made = await first.build(STAGES, to(cache), steps.run);
    assert.equal(steps.count(), 2);

    const second = bench(t);
    second.write('in', 'x');
    const built = await second.build(STAGES, from(cache));
    assert.equal(built.id, made.id);
    assert.equal(built.cached, built.steps);
    const notes = built.events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
    assert.ok(notes.includes(`cached from ${cache}`), notes.join('\n'));

    const again = await second.build(STAGES);
    assert.deepEqual([again.id, again.cached], [made.id, again.steps], 'it is its own cache now');
  },
);

test('buildImage() sends no blob twice to a cache', root, async (t) => {
  const cache = folder(t);
  const { build, write } = bench(t);
  write('in', 'x');
  const steps = counting();
  await build(STAGES, to(cache), steps.run);
  const blobs = readdirSync(join(cache, 'blobs/sha256')).length;
  await build(STAGES, to(cache), steps.run);
  assert.equal(readdirSync(join(cache, 'blobs/sha256')).length, blobs);
});

/** Titles of what was fetched. */
function fetched(events: readonly ProgressEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'begin' && event.kind === 'transfer' ? [event.title] : [],
  );
}

test('buildImage() fetches only the layers that a step reads', root, async (t) => {
  const cache = folder(t);
  const first = bench(t);
  first.write('in', 'x');
  await first.build(STAGES, to(cache), counting().run);
  const second = bench(t);
  second.write('in', 'x');
  const { events } = await second.build(STAGES, from(cache));
  // Of the five layers that the cache holds, the image consists of two.
  assert.equal(fetched(events).length, 2);
});

test('buildImage() with mode=min keeps the last stage in the cache', root, async (t) => {
  const cache = folder(t);
  const dockerfile = 'FROM scratch AS a\nRUN one\nFROM scratch\nCOPY --from=a /made /made\n';
  const first = bench(t);
  const made = await first.build(dockerfile, to(cache, { mode: 'min' }), counting().run);
  // The manifest, the records, and one layer.
  assert.equal(readdirSync(join(cache, 'blobs/sha256')).length, 3);
  const second = bench(t);
  const steps = counting();
  const built = await second.build(dockerfile, from(cache), steps.run);
  assert.deepEqual([built.id, steps.count()], [made.id, 0]);
});

test('buildImage() tells a cache nothing of values and of the machine', root, async (t) => {
  const cache = folder(t);
  const { build, path } = bench(t);
  const args = new Map([['TOKEN', 'hunter2']]);
  const dockerfile = 'FROM scratch\nARG TOKEN\nRUN one\n';
  await build(dockerfile, { ...to(cache), args }, counting().run);
  const documents = readdirSync(join(cache, 'blobs/sha256'))
    .map((name) => readFileSync(join(cache, 'blobs/sha256', name), 'latin1'))
    .filter((text) => text.startsWith('{'));
  const all = documents.join('\n');
  assert.ok(all.includes('["arg","TOKEN",null'), all);
  for (const secret of ['hunter2', digestOf('hunter2').slice(7), path('..')]) {
    assert.ok(!all.includes(secret), secret);
  }
});

test('buildImage() misses where an ARG has another value than in the cache', root, async (t) => {
  const cache = folder(t);
  const dockerfile = 'FROM scratch\nARG V\nRUN one\n';
  const value = (text: string): { args: Map<string, string> } => ({ args: new Map([['V', text]]) });
  await bench(t).build(dockerfile, { ...to(cache), ...value('1') }, counting().run);
  const steps = counting();
  await bench(t).build(dockerfile, { ...from(cache), ...value('2') }, steps.run);
  assert.equal(steps.count(), 1);
  await bench(t).build(dockerfile, { ...from(cache), ...value('1') }, steps.run);
  assert.equal(steps.count(), 1);
});

test('buildImage() goes on without a cache that is missing or damaged', root, async (t) => {
  const [cache, missing] = [folder(t), folder(t)];
  const dockerfile = 'FROM scratch\nRUN one\n';
  await bench(t).build(dockerfile, to(cache), counting().run);
  const index = join(cache, 'index.json');
  const good = readFileSync(index);
  const steps = counting();
  const warned = async (): Promise<string[]> => {
    const { events } = await bench(t).build(dockerfile, from(missing, cache), steps.run);
    return events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  };
  assert.deepEqual(await warned(), [`the cache ${missing} is not used: ${missing} holds no cache`]);
  assert.equal(steps.count(), 0, 'the other one was used');
  for (const text of ['{', '[]', '{"schemaVersion":2,"manifests":[]}']) {
    writeFileSync(index, text);
    assert.equal((await warned()).length, 2);
  }
  assert.equal(steps.count(), 3);
  writeFileSync(index, good);
  const layer = readdirSync(join(cache, 'blobs/sha256')).find(
    (name) => readFileSync(join(cache, 'blobs/sha256', name))[0] === 0x1f,
  );
  rmSync(join(cache, 'blobs/sha256', layer ?? ''));
  await warned();
  assert.equal(steps.count(), 4, 'a record without its layer is none');
});

test(
  'buildImage() fails when a cache cannot be written, or says so and goes on',
  root,
  async (t) => {
    const taken = join(folder(t), 'file');
    writeFileSync(taken, '');
    const { build } = bench(t);
    const dockerfile = 'FROM scratch\nRUN one\n';
    await assert.rejects(build(dockerfile, to(taken), counting().run), /failed to export cache to/);
    const { caches } = to(taken);
    const lenient = { ...caches, to: caches.to.map((one) => ({ ...one, ignoreError: true })) };
    const { events } = await build(dockerfile, { caches: lenient });
    assert.ok(
      events.some((event) => event.type === 'warning' && event.code === 'CacheNotExported'),
    );
  },
);

test('buildImage() with an inline cache gives the same image again', root, async (t) => {
  const { build } = bench(t);
  const inline = { caches: { from: [], to: [], inline: true } };
  const dockerfile = 'FROM scratch\nRUN one\n';
  const first = await build(dockerfile, inline, counting().run);
  assert.ok(INLINE_KEY in first.config);
  assert.equal((await build(dockerfile, inline)).id, first.id);
});

test('buildImage() removes with reset what the new cache does not need', root, async (t) => {
  const cache = folder(t);
  const { build } = bench(t);
  const target = localCacheTarget(cache, { tag: 'latest', reset: true });
  const reset = to(cache).caches;
  const caches = { ...reset, to: reset.to.map((one) => ({ ...one, open: async () => target })) };
  await build('FROM scratch\nRUN one\nRUN two\n', { caches }, counting().run);
  await build('FROM scratch\nRUN other\n', { caches }, counting().run);
  assert.equal(readdirSync(join(cache, 'blobs/sha256')).length, 3);
});
