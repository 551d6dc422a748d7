import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { StaveError } from '../../base/errors.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { openStore } from '../../store/open-store.ts';
import type { CopyOp } from '../graph.ts';
import { runCopy } from '../ops/copy.ts';
import { root } from '../testing/bench.ts';
import {
  modelCopy,
  ModelRefusal,
  type ModelCopy,
  type ModelEntry,
  type ModelTree,
} from '../testing/copy-model.ts';
import { contextSource } from './context-source.ts';

const name = fc.constantFrom('a', 'b', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const target = fc
  .tuple(
    fc.constantFrom('', '/', '../', './'),
    fc.array(fc.constantFrom('a', 'b', 'c', '..', '.'), { maxLength: 3 }),
  )
  .map(([start, parts]) => start + (parts.join('/') || 'a'));
const entry: fc.Arbitrary<[string, ModelEntry]> = fc.tuple(
  path.map((text) => `/${text}`),
  fc.oneof(
    fc.record({
      kind: fc.constant('file' as const),
      mode: fc.constantFrom(0o644, 0o4755, 0o600),
      text: fc.constantFrom('1', '2', ''),
    }),
    fc.record({
      kind: fc.constant('directory' as const),
      mode: fc.constantFrom(0o755, 0o700, 0o1777),
      text: fc.constant(''),
    }),
    fc.record({ kind: fc.constant('symlink' as const), mode: fc.constant(0o777), text: target }),
  ),
);
/** A tree in which everything has its parents. */
const tree = fc.array(entry, { maxLength: 10 }).map((entries) => {
  const made: ModelTree = new Map();
  for (const [where, what] of entries) {
    const parents = where.split('/').slice(1, -1);
    let at = '';
    const fits = parents.every((part) => {
      at += `/${part}`;
      if (!made.has(at)) made.set(at, { kind: 'directory', mode: 0o755, text: '' });
      return made.get(at)?.kind === 'directory';
    });
    if (fits && !made.has(where)) made.set(where, what);
  }
  return made;
});
/** A source is a path, or the number of an entry that is there. */
const copy = fc.record({
  sources: fc.array(fc.oneof(path, fc.constantFrom('.', './a', 'a/', '../b'), fc.nat(), fc.nat()), {
    minLength: 1,
    maxLength: 3,
  }),
  target: fc.tuple(path, fc.constantFrom('', '/')).map(([where, end]) => `/${where}${end}`),
  chmod: fc.constantFrom(undefined, undefined, 0o750),
  exclude: fc.constantFrom<string[]>([], [], ['a']),
});

function chosen(source: ModelTree, number: number | string): string {
  if (typeof number === 'string') return number;
  return [...source.keys()][number % source.size]?.slice(1) ?? '.';
}

function write(directory: string, content: ModelTree): void {
  for (const [where, { kind, text }] of [...content].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const file = join(directory, where);
    if (kind === 'directory') mkdirSync(file);
    else if (kind === 'file') writeFileSync(file, text);
    else symlinkSync(text, file);
  }
  for (const [where, { kind, mode }] of content) {
    if (kind !== 'symlink') chmodSync(join(directory, where), mode);
  }
}

function read(view: StackView): ModelTree {
  const found: ModelTree = new Map();
  const walk = (where: string): void => {
    for (const one of view.list(view.find(where === '' ? '/' : where)!)) {
      const here = one.path.toString();
      const kind = one.kind as ModelEntry['kind'];
      const text =
        kind === 'file'
          ? readFileSync(one.file, 'utf8')
          : kind === 'symlink'
            ? readlinkSync(one.file, 'utf8')
            : '';
      found.set(here, { kind, mode: Number(one.stat.mode & 0o7777n), text });
      if (kind === 'directory') walk(here);
    }
  };
  walk('');
  return found;
}

function opOf({ sources, target: to, chmod, exclude }: ModelCopy): CopyOp {
  return {
    kind: 'copy',
    add: false,
    from: 'context',
    paths: sources,
    texts: [],
    target: to,
    ...(chmod !== undefined && { chmod: chmod.toString(8) }),
    link: false,
    exclude,
  };
}

async function check(t: TestContext, runs: number): Promise<{ done: number; refused: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'semantics-'));
  const store = openStore(join(directory, 'store'));
  const snapshotter = overlaySnapshotter(store);
  const lease = store.lease('test');
  t.after(() => {
    lease[Symbol.dispose]();
    store[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  const parts = {
    snapshotter,
    lease: () => lease,
    now: () => 1_000_000_000n,
    clamp: undefined,
    remotes: { selected: () => assert.fail('nothing is fetched here') },
  };
  const tally = { done: 0, refused: 0 };
  let turn = 0;
  await fc.assert(
    fc.asyncProperty(tree, tree, copy, async (source, image, form) => {
      const asked: ModelCopy = {
        ...form,
        sources: form.sources.map((one) => chosen(source, one)),
      };
      turn += 1;
      const [from, base] = [join(directory, `from-${turn}`), join(directory, `base-${turn}`)];
      for (const [place, content] of [
        [from, source],
        [base, image],
      ] as const) {
        mkdirSync(place);
        write(place, content);
      }
      using context = contextSource(from, undefined, store, {});
      using below = contextSource(base, undefined, store, {});
      const bottom = await runCopy(
        opOf({ sources: ['.'], target: '/', chmod: undefined, exclude: [] }),
        below,
        [],
        parts,
        {},
      );
      let expected: ModelTree | undefined;
      try {
        expected = modelCopy(source, image, asked);
      } catch (error) {
        if (!(error instanceof ModelRefusal)) throw error;
      }
      if (!expected) {
        tally.refused += 1;
        await assert.rejects(runCopy(opOf(asked), context, [bottom], parts, {}), StaveError);
        return;
      }
      tally.done += 1;
      const layer = await runCopy(opOf(asked), context, [bottom], parts, {});
      assert.equal(await snapshotter.verify(layer), undefined);
      const sorted = (one: ModelTree): string[] =>
        [...one]
          .map(([where, { kind, mode, text }]) => `${where} ${kind} ${mode.toString(8)} ${text}`)
          .sort();
      assert.deepEqual(sorted(read(snapshotter.view([bottom, layer]))), sorted(expected));
    }),
    { numRuns: runs },
  );
  return tally;
}

test(
  'COPY does with links, directories and names what a slow model of it does',
  root,
  async (t) => {
    const { done, refused } = await check(t, 60);
    assert.ok(done > 5 && refused > 5, `${done} copied, ${refused} refused`);
  },
);
