import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bench, root } from '../testing/bench.ts';

for (const instruction of [
  'COPY a b /file',
  'COPY a* b* /file',
  'ADD a b /file',
  'COPY <<one b /file\n1\none',
  'COPY ["a", "b", "/file"]',
]) {
  test(`several sources want a target that ends in a slash: ${instruction}`, root, async (t) => {
    const { build } = bench(t);
    await assert.rejects(
      build(`FROM scratch\n${instruction}\n`),
      (error: Error & { hint: string }) => {
        assert.match(error.message, /more than one source file, the destination must be a dir/);
        assert.match(error.hint, /\/file\//);
        return true;
      },
    );
  });
}

test('one source wants no slash, and . is a directory', root, async (t) => {
  const { build, write, listing } = bench(t);
  write('a', '');
  write('b', '');
  const { config } = await build('FROM scratch\nWORKDIR /w\nCOPY a /file\nCOPY a b .\n');
  assert.deepEqual(listing(config), [
    '0755 0:0 directory w',
    '0644 0:0 file w/a',
    '0644 0:0 file w/b',
  ]);
});

test('--link counts for nothing beside --chmod', root, async (t) => {
  const { build, write, listing } = bench(t);
  write('a', '');
  write('real/x', '');
  const { config } = await build(
    'FROM scratch\nCOPY real /real\nCOPY --link --chmod=600 a /real/\n',
  );
  assert.deepEqual(listing(config), ['0755 0:0 directory real', '0600 0:0 file real/a']);
});
