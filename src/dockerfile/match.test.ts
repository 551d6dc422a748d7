import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasWildcards, matchesGlob } from './match.ts';

const TABLE: readonly (readonly [string, string, boolean])[] = [
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*', '', true],
  ['*', 'a/b', false],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*/b', 'a/c/b', false],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['a[!b]', 'a!', true],
  ['a[!b]', 'ab', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a?b', 'a☺b', true],
  ['a[^a]b', 'a☺b', true],
  ['a???b', 'a☺b', false],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['a?b', 'a/b', false],
  ['[\\]a]', ']', true],
  ['[\\-x]', '-', true],
  ['[x\\-]', 'x', true],
  ['*x', 'xxx', true],
  ['.*', '.hidden', true],
  ['*', '.hidden', true],
  ['**/*.txt', 'a/b.txt', true],
  ['**/*.txt', 'a/b/c.txt', false],
  ['', '', true],
  ['', 'a', false],
];

for (const [pattern, name, expected] of TABLE) {
  test(`matchesGlob() of ${pattern} on ${name} is ${expected}`, () => {
    assert.equal(matchesGlob(pattern, name), expected);
  });
}

for (const pattern of [
  '[]a]',
  '[-]',
  '[x-]',
  '[-x]',
  '[',
  '[^',
  '[^bc',
  'a[',
  'a[b-',
  'a\\',
  '[]',
]) {
  test(`matchesGlob() refuses ${pattern}`, () => {
    assert.throws(() => matchesGlob(pattern, 'a'), {
      name: 'PatternError',
      message: `syntax error in pattern: ${pattern}`,
    });
  });
}

test('matchesGlob() is done with hostile patterns', () => {
  assert.equal(matchesGlob('*a'.repeat(1_000), `${'a'.repeat(4_000)}b`), false);
});

test('hasWildcards() looks past escapes', () => {
  assert.deepEqual(['a*', 'a?', '[a]', 'a\\*', 'a\\\\*', 'plain', 'a]'].map(hasWildcards), [
    true,
    true,
    true,
    false,
    true,
    false,
    false,
  ]);
});
