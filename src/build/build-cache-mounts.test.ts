import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ProcessSpec } from '../runtime/executor.ts';
import type { MountSelection } from './cache/export-mounts.ts';
import { localCache, localCacheTarget } from './cache/local-cache.ts';
import type { BuildCaches } from './cache/session.ts';
import { bench, root, type Meanwhile } from './testing/bench.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'cache-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function to(label: string, mounts: MountSelection): { caches: BuildCaches } {
  const form = {
    mode: 'min',
    layers: { compression: 'gzip' },
    family: 'oci',
    imageManifest: true,
  } as const;
  const open = (): Promise<ReturnType<typeof localCacheTarget>> =>
    Promise.resolve(localCacheTarget(label, { tag: 'latest', reset: false }));
  return {
    caches: { from: [], to: [{ label, form, mounts, ignoreError: false, open }], inline: false },
  };
}

function from(label: string): { caches: BuildCaches } {
  const open = (): Promise<ReturnType<typeof localCache>> =>
    Promise.resolve(localCache(label, { tag: 'latest' }));
  return { caches: { from: [{ label, open }], to: [], inline: false } };
}

/** Where a RUN sees a cache mount. */
function mountAt({ mounts }: ProcessSpec, target: string): string {
  const found = mounts.find((one) => one.target === target);
  assert.ok(found?.type === 'bind');
  return found.source;
}

/** What a RUN does with the mount at /c. */
const inMount = (body: (path: string) => void): Meanwhile => {
  return (_store, _upper, process) => Promise.resolve(body(mountAt(process, '/c')));
};

const dockerfile = (step: string): string =>
  `FROM scratch\nRUN --mount=type=cache,id=npm,target=/c ${step}\n`;

test('a cache mount travels with the cache, to a step that runs elsewhere', root, async (t) => {
  const cache = folder(t);
  const fill = inMount((path) => {
    mkdirSync(join(path, 'sub'), { mode: 0o750 });
    writeFileSync(join(path, 'sub/file'), 'warm');
    symlinkSync('/etc/passwd', join(path, 'link'));
  });
  await bench(t).build(dockerfile('one'), to(cache, {}), fill);
  let seen = '';
  const look = inMount((path) => {
    seen = `${readFileSync(join(path, 'sub/file'), 'utf8')} ${readdirSync(path).sort().join(' ')}`;
  });
  const { build, scratch } = bench(t);
  await build(dockerfile('another'), from(cache), look);
  assert.equal(seen, 'warm link sub');
  assert.deepEqual(scratch(), []);
});

test(
  'a cache mount is restored where there is none, and only when a step uses it',
  root,
  async (t) => {
    const cache = folder(t);
    const write = (text: string): Meanwhile =>
      inMount((path) => writeFileSync(join(path, 'f'), text));
    await bench(t).build(dockerfile('one'), to(cache, {}), write('theirs'));
    const { build } = bench(t);
    const cached = await build(dockerfile('one'), from(cache));
    const restored = (
      events: readonly { readonly type: string; readonly title?: string }[],
    ): boolean =>
      events.some(({ title }) => title?.startsWith('restoring cache mount npm') === true);
    assert.equal(restored(cached.events), false);
    await build(dockerfile('two'), {}, write('ours'));
    let seen = '';
    const look = inMount((path) => (seen = readFileSync(join(path, 'f'), 'utf8')));
    const { events } = await build(dockerfile('three'), from(cache), look);
    assert.deepEqual([seen, restored(events)], ['ours', false]);
  },
);

test('pieces of a cache mount that the cache has are not sent again', root, async (t) => {
  const cache = folder(t);
  const { build } = bench(t);
  const big = Buffer.alloc(30_000_000, 'some text that repeats, of no use ');
  for (let at = 0; at < big.length; at += 1000) big.writeUInt32LE(at, at);
  await build(
    dockerfile('one'),
    to(cache, {}),
    inMount((path) => writeFileSync(join(path, 'b'), big)),
  );
  const { events } = await build(
    dockerfile('two'),
    to(cache, {}),
    inMount((path) => writeFileSync(join(path, 'a'), 'small')),
  );
  const notes = events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
  const [, fresh, all] =
    notes.map((text) => /(\d+) of (\d+) pieces sent/.exec(text)).find((found) => found) ?? [];
  assert.ok(Number(all) >= 4 && Number(fresh) <= 2, notes.join('\n'));
});

test('only the mounts that are named and that fit travel', root, async (t) => {
  const cache = folder(t);
  const { build } = bench(t);
  const both = `FROM scratch
RUN --mount=type=cache,id=old,target=/c one
RUN --mount=type=cache,id=new,target=/c two
`;
  const fill = inMount((path) => writeFileSync(join(path, 'f'), Buffer.alloc(100_000)));
  const sent = async (mounts: MountSelection): Promise<string[]> => {
    const { events } = await build(both, to(cache, mounts), fill);
    const titles = new Map(
      events.flatMap((event) => (event.type === 'begin' ? [[event.id, event.title] as const] : [])),
    );
    return events.flatMap((event) =>
      event.type === 'note' && titles.get(event.id)?.startsWith('exporting cache mount') === true
        ? [`${titles.get(event.id)?.split(' ').at(-1)} ${event.text.includes('sent')}`]
        : [],
    );
  };
  assert.deepEqual((await sent({})).sort(), ['new true', 'old true']);
  assert.deepEqual(await sent({ ids: ['old'] }), ['old true']);
  assert.deepEqual(await sent({ ids: ['none'] }), []);
  const limited = await sent({ most: 150_000 });
  assert.deepEqual(
    limited.map((line) => line.split(' ')[1]).toSorted((a = '', b = '') => a.localeCompare(b)),
    ['false', 'true'],
  );
});

test('a cache mount begins empty when its pieces are damaged', root, async (t) => {
  const cache = folder(t);
  const fill = inMount((path) => {
    for (let at = 0; at < 3; at += 1)
      writeFileSync(join(path, `f${at}`), Buffer.alloc(50_000, `${at}`));
  });
  await bench(t).build(dockerfile('one'), to(cache, {}), fill);
  const blobs = join(cache, 'blobs/sha256');
  for (const name of readdirSync(blobs)) {
    const data = readFileSync(join(blobs, name));
    // Pieces of mounts are the only ones of this compression.
    if (data.readUInt32LE(0) !== 0xfd2fb528) continue;
    data[data.length - 5]! ^= 1;
    writeFileSync(join(blobs, name), data);
  }
  let seen: string[] = ['nothing was looked at'];
  const look = inMount((path) => (seen = readdirSync(path)));
  const { events } = await bench(t).build(dockerfile('another'), from(cache), look);
  assert.deepEqual(seen, []);
  assert.ok(
    events.some((event) => event.type === 'warning' && /npm begins empty/.test(event.message)),
  );
});
