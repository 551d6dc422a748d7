import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { bench, image, root, type Bench } from '../../build/testing/bench.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import { makeNode } from '../../sys/node.ts';
import type { Explanation } from '../understand-types.ts';
import { explainImage } from './explain.ts';

const NAME = 'docker.io/library/app:1';

/** Builds with RUN steps that do to their upper directory what stands under their words. */
async function explained(
  at: Bench,
  dockerfile: string,
  steps: Readonly<Record<string, (upper: string) => void>> = {},
): Promise<Explanation> {
  await at.build(
    dockerfile,
    { names: [NAME] },
    async (_, upper, { argv }) => steps[argv.at(-1) ?? '']?.(upper),
    { base: image('base', '1') },
  );
  const { store } = at;
  return explainImage({ store, snapshotter: overlaySnapshotter(store) }, 'app:1');
}

const put = (upper: string, path: string, size: number, letter = 'x'): void => {
  mkdirSync(`${upper}/${path}`.replace(/\/[^/]*$/, ''), { recursive: true });
  writeFileSync(`${upper}/${path}`, letter.repeat(size));
};
const said = ({ advice }: Explanation): unknown =>
  advice.map(({ layer, origin, gain, text }) => [layer, origin?.lines[0], gain, text]);

test(
  'explainImage() tells owners and modes that copy files whole, and the flags for COPY',
  root,
  async (t) => {
    const at = bench(t);
    at.write('data/a', 'a'.repeat(5000));
    at.write('data/b', 'b'.repeat(300));
    const found = await explained(at, 'FROM base\n\nCOPY data /data\nRUN chown', {
      chown(upper) {
        put(upper, 'data/a', 5000, 'a');
        put(upper, 'data/b', 300, 'b');
        for (const name of ['a', 'b']) chownSync(`${upper}/data/${name}`, 1000, 1000);
      },
    });
    assert.deepEqual(
      [found.size, found.visible, found.wasted, found.score],
      [10_600, 5300, 5300, 0.5],
    );
    assert.deepEqual(found.waste, [
      {
        kind: 'metadata',
        bytes: 5300,
        files: 2,
        layer: 1,
        source: 1,
        by: 2,
        paths: [
          { path: '/data/a', size: 5000 },
          { path: '/data/b', size: 300 },
        ],
      },
    ]);
    assert.deepEqual(
      found.layers.map(({ size, hidden, origin }) => [size, hidden, origin?.lines]),
      [
        [5300, 5300, [3, 3]],
        [5300, 0, [4, 4]],
      ],
    );
    assert.deepEqual(said(found), [
      [
        2,
        4,
        5300,
        "copies 2 files whole to change their owner or mode: use 'COPY --chown=1000:1000' in line 3 instead",
      ],
    ]);
  },
);

test(
  'explainImage() goes back to the step that first wrote what others copied',
  root,
  async (t) => {
    const at = bench(t);
    at.write('tool', 'a'.repeat(700));
    chmodSync(at.path('tool'), 0o644);
    const found = await explained(at, 'FROM base\nCOPY tool /\nRUN chown\nRUN chmod\nRUN rm', {
      chown(upper) {
        put(upper, 'tool', 700, 'a');
        chownSync(`${upper}/tool`, 7, 0);
      },
      chmod(upper) {
        put(upper, 'tool', 700, 'a');
        chownSync(`${upper}/tool`, 7, 0);
        chmodSync(`${upper}/tool`, 0o755);
      },
      rm: (upper) => makeNode(`${upper}/tool`, 'char', 0, 0, 0),
    });
    assert.deepEqual(said(found), [
      [
        1,
        2,
        700,
        "brings a file that line 5 deletes: use 'RUN --mount=type=bind' there, or copy in an earlier stage",
      ],
      [
        2,
        3,
        700,
        "copies a file whole to change its owner or mode: use 'COPY --chown=7:0' in line 2 instead",
      ],
      [
        3,
        4,
        700,
        "copies a file whole to change its owner or mode: use 'COPY --chmod=0755' in line 2 instead",
      ],
    ]);
    assert.deepEqual([found.visible, found.score], [0, 0]);
  },
);

test(
  'explainImage() tells what is written again, deleted, and left over, with its gain',
  root,
  async (t) => {
    const at = bench(t);
    const found = await explained(
      at,
      'FROM base\nRUN install\nRUN change\nRUN touch\nRUN rm\nRUN nothing',
      {
        install(upper) {
          put(upper, 'etc/conf', 100);
          put(upper, 'etc/same', 40);
          put(upper, 'var/lib/apt/lists/one', 19_000);
          put(upper, 'build/big', 50_000);
          put(upper, 'usr/bin/tool', 10);
        },
        change: (upper) => put(upper, 'etc/conf', 120),
        touch(upper) {
          put(upper, 'etc/same', 40);
          utimesSync(`${upper}/etc/same`, 1, 1);
        },
        rm: (upper) => makeNode(`${upper}/build`, 'char', 0, 0, 0),
      },
    );
    assert.deepEqual(
      found.waste.map(({ kind, bytes, files, layer, by }) => [kind, bytes, files, layer, by]),
      [
        ['deleted', 50_000, 1, 1, 4],
        ['rewritten', 100, 1, 1, 2],
        ['unchanged', 40, 1, 1, 3],
      ],
    );
    assert.deepEqual(
      found.leftovers.map(({ kind, bytes, layer, path }) => [kind, bytes, layer, path]),
      [['apt-lists', 19_000, 1, '/var/lib/apt/lists']],
    );
    assert.deepEqual(said(found), [
      [1, 2, 50_000, 'makes a file that line 5 deletes: delete it in the same RUN'],
      [
        1,
        2,
        19_000,
        "leaves package lists of apt in /var/lib/apt/lists: add 'rm -rf /var/lib/apt/lists/*' to the same RUN",
      ],
      [2, 3, 100, 'writes a file of line 2 again: make one RUN of both'],
      [3, 4, 40, 'writes a file of line 2 again as it was: leave it out'],
      [5, 6, 0, 'makes a layer without a file: leave it out or merge it'],
    ]);
    assert.equal(found.wasted, 50_140);
  },
);

test('explainImage() tells what was moved from what is gone', root, async (t) => {
  const at = bench(t);
  at.write('tool', 'a'.repeat(700));
  at.write('junk', 'b'.repeat(50));
  const found = await explained(at, 'FROM base\nCOPY tool junk /\nRUN mv', {
    mv(upper) {
      put(upper, 'bin/tool', 700, 'a');
      for (const name of ['tool', 'junk']) makeNode(`${upper}/${name}`, 'char', 0, 0, 0);
    },
  });
  assert.deepEqual(said(found), [
    [1, 2, 700, 'brings a file that line 3 moves: put it there at once'],
    [
      1,
      2,
      50,
      "brings a file that line 3 deletes: use 'RUN --mount=type=bind' there, or copy in an earlier stage",
    ],
  ]);
});

test('explainImage() finds content that lies at several paths', root, async (t) => {
  const at = bench(t);
  for (const name of ['a', 'b', 'c']) at.write(`x/${name}`, 'z'.repeat(900));
  at.write('x/other', 'o'.repeat(900));
  const found = await explained(at, 'FROM scratch\nCOPY x /x\n');
  assert.deepEqual(
    found.duplicates.map(({ size, bytes, count, paths }) => [size, bytes, count, paths]),
    [[900, 1800, 3, ['/x/a', '/x/b', '/x/c']]],
  );
  assert.deepEqual([found.duplicated, found.wasted, found.score], [1800, 0, 1]);
  assert.deepEqual(said(found), [
    [1, 2, 1800, 'has /x/b and 1 more with the content of /x/a: make them links'],
  ]);
});

test('explainImage() tells the directories that are large of themselves', root, async (t) => {
  const at = bench(t);
  at.write('x/usr/lib/a/one', 'a'.repeat(500));
  at.write('x/usr/lib/b/two', 'b'.repeat(400));
  at.write('x/usr/bin/c', 'c'.repeat(90));
  const found = await explained(at, 'FROM scratch\nCOPY x /\n');
  assert.deepEqual(found.directories, [
    { path: '/usr/lib', size: 900 },
    { path: '/usr/lib/a', size: 500 },
    { path: '/usr/lib/b', size: 400 },
    { path: '/usr/bin', size: 90 },
  ]);
});

test('explainImage() keeps to `top` and says the sums of all', root, async (t) => {
  const at = bench(t);
  const names = Array.from({ length: 30 }, (_, i) => `f${i}`);
  const found = await explained(at, 'FROM base\nRUN make\nRUN rm', {
    make: (upper) => names.forEach((name, i) => put(upper, `d/${name}`, i + 1)),
    rm: (upper) => makeNode(`${upper}/d`, 'char', 0, 0, 0),
  });
  const [waste] = found.waste;
  assert.deepEqual([waste?.files, waste?.bytes, waste?.paths.length], [30, 465, 10]);
  assert.deepEqual(waste?.paths[0], { path: '/d/f29', size: 30 });
});
