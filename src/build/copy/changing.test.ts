import assert from 'node:assert/strict';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import { openStore } from '../../store/open-store.ts';
import type { CopyOp } from '../graph.ts';
import { runCopy } from '../ops/copy.ts';
import { recipeFor } from '../ops/recipe.ts';
import { root } from '../testing/bench.ts';
import { contextSource } from './context-source.ts';
import type { Source } from './tree.ts';

const OP: CopyOp = {
  kind: 'copy',
  add: false,
  from: 'context',
  paths: ['.'],
  texts: [],
  target: '/x/',
  link: false,
  exclude: [],
};

/** What changes between the moment the key is made and the moment the files are copied. */
async function change(
  t: TestContext,
  between: (path: (name: string) => string) => void,
  {
    op = OP,
    source: wrap = (one: Source) => one,
  }: { op?: CopyOp; source?: (source: Source) => Source } = {},
): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'changing-'));
  const path = (name: string): string => join(directory, 'context', name);
  // Its clock stands still before the files are written: however long that takes, they are fresh.
  const began = new Date();
  const store = openStore(join(directory, 'store'), { clock: { now: () => began } });
  const snapshotter = overlaySnapshotter(store);
  const lease = store.lease('test');
  mkdirSync(path('d/e'), { recursive: true });
  for (const name of ['a', 'd/b', 'd/e/c']) writeFileSync(path(name), `content of ${name}`);
  writeFileSync(path('large'), 'x'.repeat(700_000));
  symlinkSync('a', path('link'));
  // A time that is still to come is never settled, however slow the machine.
  for (const name of ['a', 'large']) utimesSync(path(name), 4e9, 4e9);
  const source = contextSource(join(directory, 'context'), undefined, store, {});
  t.after(() => {
    source[Symbol.dispose]();
    lease[Symbol.dispose]();
    store[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  const recipe = recipeFor(
    () => Promise.resolve(source),
    { identity: () => assert.fail('nothing is fetched here') },
    snapshotter,
    undefined,
  );
  await recipe.facts({ op } as Parameters<typeof recipe.facts>[0], {});
  between(path);
  const remotes = { selected: () => assert.fail('nothing is fetched here') };
  const parts = { snapshotter, remotes, lease: () => lease, now: () => 0n, clamp: undefined };
  return runCopy(op, wrap(source), [], parts, {});
}

const changes: Record<string, (path: (name: string) => string) => void> = {
  'a file that grew': (path) => appendFileSync(path('d/b'), 'more'),
  'a file that became shorter': (path) => writeFileSync(path('large'), 'short'),
  'a file of another content and the same size': (path) =>
    writeFileSync(path('a'), 'CONTENT OF A'.slice(0, 12)),
  'a file whose old time was put back': (path) => {
    writeFileSync(path('a'), 'Content of a');
    utimesSync(path('a'), 1, 1);
  },
  'a file that was replaced': (path) => {
    writeFileSync(path('new'), 'content of a');
    renameSync(path('new'), path('a'));
  },
  'a file that is gone': (path) => rmSync(path('d/e/c')),
  'a file that is new': (path) => writeFileSync(path('d/e/new'), ''),
  'a file with another name': (path) => renameSync(path('a'), path('A')),
  'two files that changed names': (path) => {
    renameSync(path('a'), path('tmp'));
    renameSync(path('d/b'), path('a'));
    renameSync(path('tmp'), path('d/b'));
  },
  'a second name of a file': (path) => linkSync(path('a'), path('d/second')),
  'a directory that is gone': (path) => rmSync(path('d'), { recursive: true }),
  'a directory that became a file': (path) => {
    rmSync(path('d/e'), { recursive: true });
    writeFileSync(path('d/e'), '');
  },
  'a link to something else': (path) => {
    rmSync(path('link'));
    symlinkSync('d/b', path('link'));
  },
};

for (const [what, between] of Object.entries(changes)) {
  test(`a step fails over ${what} since its key was made`, root, async (t) => {
    await assert.rejects(change(t, between), { code: 'CONTEXT_CHANGED' });
  });
}

test('a step copies when nothing changed', root, async (t) => {
  assert.match(await change(t, () => undefined), /^sha256:/);
});

test('a single file is looked at again, too', root, async (t) => {
  const op = { ...OP, paths: ['a'] };
  assert.match(await change(t, (path) => appendFileSync(path('d/b'), '!'), { op }), /^sha256:/);
  await assert.rejects(
    change(t, (path) => appendFileSync(path('a'), '!'), { op }),
    { code: 'CONTEXT_CHANGED' },
  );
});

for (const name of ['a', 'large']) {
  test(`a file (${name}) that changes while it is copied fails the step`, root, async (t) => {
    await assert.rejects(
      change(t, () => undefined, {
        source: (source) => ({
          ...source,
          witnessed: (step) => {
            const own = source.witnessed!(step);
            return {
              ...own,
              open(entry) {
                const fd = own.open(entry);
                if (entry.path.toString() === `/${name}`) appendFileSync(entry.file, 'more');
                return fd;
              },
            };
          },
        }),
      }),
      { code: 'CONTEXT_CHANGED', message: new RegExp(`^${name} changed`) },
    );
  });

  test(
    `a fresh file (${name}) whose stamp stays the same is read twice and compared`,
    root,
    async (t) => {
      await assert.rejects(
        change(t, () => undefined, {
          source: (source) => ({
            ...source,
            witnessed: (step) => ({
              ...source.witnessed!(step),
              check: () => undefined,
              open(entry) {
                if (entry.path.toString() === `/${name}`) {
                  writeFileSync(entry.file, '?'.repeat(Number(entry.stat.size)));
                }
                return source.open(entry);
              },
            }),
          }),
        }),
        { code: 'CONTEXT_CHANGED' },
      );
    },
  );
}
