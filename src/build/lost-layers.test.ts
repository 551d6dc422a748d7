import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { localCache, localCacheTarget } from './cache/local-cache.ts';
import type { CacheForm, CacheSource } from './cache/remote.ts';
import type { BuildCaches } from './cache/session.ts';
import { bench, root, type Meanwhile } from './testing/bench.ts';

const FORM: CacheForm = {
  mode: 'max',
  layers: { compression: 'gzip' },
  family: 'oci',
  imageManifest: true,
};

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'lost-layers-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Caches that cannot say what they have: of a registry, of a bucket. */
function caches(from: readonly string[], to: readonly string[] = []): { caches: BuildCaches } {
  return {
    caches: {
      from: from.map((label) => ({
        label,
        async open(): Promise<CacheSource> {
          const cache = localCache(label, { tag: 'latest' });
          return Object.create(cache, { has: { value: undefined } }) as CacheSource;
        },
      })),
      to: to.map((label) => ({
        label,
        form: FORM,
        ignoreError: false,
        open: () => Promise.resolve(localCacheTarget(label, { tag: 'latest', reset: false })),
      })),
      inline: false,
    },
  };
}

/** Writes a file per step, whose content is the step's command, and says which ran. */
function steps(): { readonly run: Meanwhile; readonly ran: string[] } {
  const ran: string[] = [];
  const run: Meanwhile = (_store, upper, { argv }) => {
    const command = argv.at(-1) ?? '';
    writeFileSync(join(upper, command), command.repeat(1000));
    ran.push(command);
    return Promise.resolve();
  };
  return { run, ran };
}

/** The compressed layers of a cache folder. */
function layersOf(cache: string): string[] {
  const blobs = join(cache, 'blobs/sha256');
  return readdirSync(blobs)
    .map((name) => join(blobs, name))
    .filter((path) => readFileSync(path)[0] === 0x1f);
}

const DOCKERFILE = `FROM scratch AS a
RUN one
FROM scratch
COPY --from=a /one /one
RUN two
`;

const DAMAGE: Readonly<Record<string, (path: string) => void>> = {
  gone: (path) => rmSync(path),
  'with a bit changed': (path) => {
    const data = readFileSync(path);
    data[data.length - 20]! ^= 1;
    writeFileSync(path, data);
  },
  'cut short': (path) => writeFileSync(path, readFileSync(path).subarray(0, 40)),
  empty: (path) => writeFileSync(path, ''),
  'too long': (path) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(9)])),
  'no archive': (path) => writeFileSync(path, Buffer.alloc(readFileSync(path).length, 'x')),
};

for (const [what, damage] of Object.entries(DAMAGE)) {
  test(`a layer of a cache that is ${what} is said, and its step runs`, root, async (t) => {
    const cache = folder(t);
    await bench(t).build(DOCKERFILE, caches([], [cache]), steps().run);
    for (const path of layersOf(cache)) damage(path);
    const second = bench(t);
    const { run, ran } = steps();
    const built = await second.build(DOCKERFILE, caches([cache]), run);
    const names = [0, 1].map((at) => second.listing(built.config, at).at(-1));
    assert.deepEqual(names, ['0644 0:0 file one', '0644 0:0 file two']);
    assert.deepEqual(ran.sort(), ['one', 'two']);
    const warnings = built.events.flatMap((event) => (event.type === 'warning' ? [event] : []));
    assert.ok(warnings.length > 0);
    for (const { code, message } of warnings) {
      assert.equal(code, 'CacheLayerLost');
      assert.ok(message.startsWith(`a layer of the cache ${cache} is not used: `), message);
    }
    assert.deepEqual(second.scratch(), []);
    assert.deepEqual(await second.store.check().then(({ problems }) => problems), []);
  });
}

test('a layer that one cache has lost comes from another', root, async (t) => {
  const [first, second] = [folder(t), folder(t)];
  await bench(t).build(DOCKERFILE, caches([], [first, second]), steps().run);
  for (const path of layersOf(first)) rmSync(path);
  const { run, ran } = steps();
  await bench(t).build(DOCKERFILE, caches([first, second]), run);
  assert.deepEqual(ran, []);
});

test('a step runs whose layer is lost when a cache is to be written', root, async (t) => {
  const [from, to] = [folder(t), folder(t)];
  await bench(t).build(DOCKERFILE, caches([], [from]), steps().run);
  for (const path of layersOf(from)) rmSync(path);
  const { run, ran } = steps();
  const outputs = [{ type: 'cacheonly' }] as const;
  await bench(t).build(DOCKERFILE, { ...caches([from], [to]), outputs }, run);
  assert.deepEqual(ran.sort(), ['one', 'two']);
  assert.equal(layersOf(to).length, 3);
});

test('a step that fails is not run again because a cache has lost a layer', root, async (t) => {
  const cache = folder(t);
  await bench(t).build(DOCKERFILE, caches([], [cache]), steps().run);
  for (const path of layersOf(cache)) rmSync(path);
  let failures = 0;
  const failing: Meanwhile = () => Promise.reject(new Error(`failure ${++failures}`));
  await assert.rejects(bench(t).build(DOCKERFILE, caches([cache]), failing), /failure 1/);
});
