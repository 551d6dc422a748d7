import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bench, root } from '../testing/bench.ts';

for (const [what, ignore, instruction] of [
  ['.dockerignore', '**/sub\n!**/kept\n', 'COPY d /d'],
  ['--exclude', '', 'COPY --exclude=**/sub --exclude=!**/kept d /d'],
] as const) {
  test(`a directory that ${what} leaves out is there only for what is in it`, root, async (t) => {
    const { build, write, listing } = bench(t);
    write('d/sub/kept', '');
    write('d/sub/deep/gone', '');
    if (ignore !== '') write('.dockerignore', ignore);
    const { config } = await build(`FROM scratch\n${instruction}\n`);
    assert.deepEqual(
      listing(config).map((line) => line.split(' ').at(-1)),
      ['d', 'd/sub', 'd/sub/kept'],
    );
  });
}
