import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
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
