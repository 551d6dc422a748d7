import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { localCache, localCacheTarget } from '../../src/build/cache/local-cache.ts';
import type { CacheSource } from '../../src/build/cache/remote.ts';
import type { BuildCaches } from '../../src/build/cache/session.ts';
import { bench, root, type Meanwhile } from '../../src/build/testing/bench.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { layerTree } from '../layer-tree.ts';
import { memberTar } from '../support/member-tar.ts';

const DOCKERFILE = 'FROM scratch\nRUN one\n';

const step: Meanwhile = (_store, upper) => {
  writeFileSync(join(upper, 'made'), 'made by a step');
  return Promise.resolve();
};

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'hostile-cache-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function from(...sources: readonly CacheSource[]): { caches: BuildCaches } {
  const origins = sources.map((source) => ({
    label: source.label,
    open: () => Promise.resolve(source),
  }));
  return { caches: { from: origins, to: [], inline: false } };
}

/** A cache folder that another machine has written. */
async function written(t: TestContext): Promise<string> {
  const label = folder(t);
  const to = {
    label,
    form: {
      mode: 'max',
      layers: { compression: 'gzip' },
      family: 'oci',
      imageManifest: true,
    },
    ignoreError: false,
    open: () => Promise.resolve(localCacheTarget(label, { tag: 'latest', reset: false })),
  } as const;
  await bench(t).build(DOCKERFILE, { caches: { from: [], to: [to], inline: false } }, step);
  return label;
}

/** Replaces a file by something else that has its name. */
const REPLACEMENTS: Readonly<Record<string, (path: string) => void>> = {
  'a pipe': (path) => execFileSync('mkfifo', [path]),
  'a link to a device': (path) => symlinkSync('/dev/zero', path),
  'a link to a file of the machine': (path) => symlinkSync('/etc/passwd', path),
  'a folder': (path) => mkdirSync(path),
  'a terabyte of nothing': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
  },
  'deep JSON': (path) => writeFileSync(path, '['.repeat(1_000_000)),
  'a prototype': (path) =>
    writeFileSync(path, '{"schemaVersion":2,"__proto__":{"manifests":[]},"manifests":[null]}'),
};

for (const [what, replace] of Object.entries(REPLACEMENTS)) {
  test(`a cache folder with ${what} in it is left out, or gives nothing`, root, async (t) => {
    const cache = await written(t);
    const blobs = readdirSync(join(cache, 'blobs/sha256')).map((name) => `blobs/sha256/${name}`);
    for (const name of ['index.json', ...blobs]) {
      const path = join(cache, name);
      const kept = readFileSync(path);
      rmSync(path);
      replace(path);
      const { build, scratch } = bench(t);
      const { cached, steps } = await build(
        DOCKERFILE,
        from(localCache(cache, { tag: 'latest' })),
        step,
      );
      assert.deepEqual([cached, steps], [0, 1], name);
      assert.deepEqual(scratch(), []);
      rmSync(path, { recursive: true });
      writeFileSync(path, kept);
    }
  });
}

/** A cache whose only layer is this one, with records that say so. */
async function forged(t: TestContext, tar: Buffer): Promise<CacheSource> {
  const cache = await written(t);
  const source = localCache(cache, { tag: 'latest' });
  const blobs = join(cache, 'blobs/sha256');
  const texts = new Map<string, string>();
  const layer = readdirSync(blobs).find((name) => readFileSync(join(blobs, name))[0] === 0x1f)!;
  const packed = gzipSync(tar);
  for (const name of readdirSync(blobs)) {
    if (name !== layer) texts.set(name, readFileSync(join(blobs, name), 'utf8'));
  }
  const old = [...texts.values()].join('\n');
  const diffId = /"diffId":"(sha256:[0-9a-f]{64})"/.exec(old)?.[1] ?? diffIdIn(old, layer);
  let swapped: [string, string][] = [
    [layer, digestOf(packed).slice(7)],
    [diffId.slice(7), digestOf(tar).slice(7)],
  ];
  writeFileSync(join(blobs, digestOf(packed).slice(7)), packed);
  // From the inside out: a document's digest changes with what it names.
  const rewritten = (text: string): string =>
    swapped.reduce((all, [before, after]) => all.replaceAll(before, after), text);
  const size = readFileSync(join(blobs, layer)).length;
  for (const _ of [0, 1, 2]) {
    for (const [name, text] of texts) {
      const now = rewritten(text).replaceAll(`"size":${size}`, `"size":${packed.length}`);
      writeFileSync(join(blobs, digestOf(now).slice(7)), now);
      swapped = [...swapped.filter(([before]) => before !== name), [name, digestOf(now).slice(7)]];
    }
  }
  const index = join(cache, 'index.json');
  writeFileSync(index, rewritten(readFileSync(index, 'utf8')));
  return source;
}

/** The layer that is not the blob itself. */
function diffIdIn(texts: string, blob: string): string {
  const all = [...texts.matchAll(/sha256:[0-9a-f]{64}/g)].map(([digest]) => digest);
  const layers = texts.slice(texts.indexOf('"layers"'));
  return all.find((one) => layers.includes(one) && !one.endsWith(blob)) ?? assert.fail(texts);
}

test(
  'a layer of a cache that is whole but another one is as good as what made it',
  root,
  async (t) => {
    const source = await forged(t, memberTar({ path: 'made', body: 'elsewhere' }));
    const { build } = bench(t);
    const { cached } = await build(DOCKERFILE, from(source), step);
    assert.equal(cached, 1, 'the forgery does not work');
  },
);

for (const [what, members] of Object.entries({
  'names that climb out': [{ path: '../../../../../../../../CANARY/x', body: 'x' }],
  'a file behind a link': [
    { path: 'l', type: 'symlink', linkTarget: 'CANARY' },
    { path: 'l/x', body: 'x' },
  ],
  'a hard link out of it': [{ path: 'h', type: 'hardlink', linkTarget: 'CANARY/secret' }],
  'whiteouts of nothing': [{ path: '.wh..', body: '' }],
  'one name twice': [
    { path: 'a', body: '1' },
    { path: 'a', body: '2' },
  ],
} as const)) {
  test(`a layer of a cache with ${what} writes nothing outside`, root, async (t) => {
    const out = folder(t);
    writeFileSync(join(out, 'secret'), 'secret');
    const before = layerTree(out);
    const own = members.map((member) => ({
      ...member,
      path: member.path.replace('CANARY', out),
      ...('linkTarget' in member && { linkTarget: member.linkTarget.replace('CANARY', out) }),
    }));
    const source = await forged(t, memberTar(...own));
    const { build, scratch, store } = bench(t);
    await build(DOCKERFILE, from(source), step);
    assert.deepEqual(layerTree(out), before);
    assert.deepEqual(scratch(), []);
    assert.deepEqual((await store.check()).problems, []);
  });
}

test('a cache that answers without end is left at the size that it named', root, async (t) => {
  const good = localCache(await written(t), { tag: 'latest' });
  let sent = 0;
  const endless = Object.create(good, {
    fetch: {
      value: async () =>
        (async function* () {
          const chunk = Buffer.alloc(1 << 20, '{');
          for (;;) {
            sent += chunk.length;
            yield chunk;
          }
        })(),
    },
  }) as CacheSource;
  const { cached } = await bench(t).build(DOCKERFILE, from(endless), step);
  assert.equal(cached, 0);
  assert.ok(sent < 64 << 20, `${sent} bytes were taken`);
});

test('a cache is written into no folder that a link in it leads to', root, async (t) => {
  const [cache, out] = [folder(t), folder(t)];
  mkdirSync(join(cache, 'blobs'));
  symlinkSync(out, join(cache, 'blobs/sha256'));
  assert.throws(() => localCacheTarget(cache, { tag: 'latest', reset: true }), /not a directory/);
  assert.deepEqual(readdirSync(out), []);
});
