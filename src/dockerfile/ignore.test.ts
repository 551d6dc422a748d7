import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ignorePatterns, parseIgnore } from './ignore.ts';

/** Pattern, path, whether the pattern alone leaves the path out. */
const TABLE: readonly (readonly [string, string, boolean])[] = [
  ['a', 'a', true],
  ['a', 'a/b/c', true],
  ['a', 'ab', false],
  ['a', 'x/a', false],
  ['/a/', 'a/b', true],
  ['./x/../b//c/', 'b/c', true],
  ['*', '.hidden', true],
  ['*', 'a/b', true],
  ['*/b', 'a/b', true],
  ['*/b', 'b', false],
  ['*/b', 'x/y/b', false],
  ['*.log', 'a.log', true],
  ['*.log', 'd/a.log', false],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['a[b-d]e', 'ace', true],
  ['a[^b-d]e', 'ace', false],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'axb', false],
  ['a+b(c)', 'a+b(c)', true],
  ['**', 'any/thing', true],
  ['**/a', 'a', true],
  ['**/a', 'x/y/a', true],
  ['**/a', 'x/ya', false],
  ['**a', 'x/ya', true],
  ['**a*', 'x/ya', false],
  ['**a*', 'x/ab', true],
  ['**/*.go', 'x.go', true],
  ['**/*.go', 'a/b/x.go', true],
  ['a/**', 'a', false],
  ['a/**', 'a/b', true],
  ['a**', 'abc/d', true],
  ['a/**/b', 'a/b', true],
  ['a/**/b', 'a/x/y/b', true],
  ['a/**/b', 'a/xb', false],
  ['a/**/b/*.c', 'a/x/b/y/b/z.c', true],
  ['**/a/**', 'x/a/y', true],
  ['é?', 'é🚀', true],
];

for (const [pattern, path, expected] of TABLE) {
  test(`ignorePatterns() with ${pattern} ${expected ? 'leaves out' : 'lets in'} ${path}`, () => {
    assert.equal(ignorePatterns([pattern]).ignored(path) !== undefined, expected);
  });
}

test('parseIgnore() skips comments and blank lines and trims the rest', () => {
  const matcher = parseIgnore('\ufeff# note\r\n\r\n  *.tmp \r\n #kept\r\n!  a.tmp\n');
  assert.deepEqual(matcher.rules, [
    { pattern: '*.tmp', line: 3, exception: false },
    { pattern: '#kept', line: 4, exception: false },
    { pattern: '!  a.tmp', line: 5, exception: true },
  ]);
  assert.equal(matcher.hasExceptions, true);
  assert.equal(matcher.ignored('#kept')?.line, 4);
  assert.equal(matcher.ignored('a.tmp'), undefined);
});

test('ignored() lets the last rule decide and names it', () => {
  const matcher = parseIgnore('*.md\n!README.md\nREADME-secret.md\n!docs\n');
  assert.equal(matcher.ignored('a.md')?.pattern, '*.md');
  assert.equal(matcher.ignored('README.md'), undefined);
  assert.equal(matcher.deciding('README.md')?.line, 2);
  assert.equal(matcher.deciding('main.c'), undefined);
});

test('ignored() lets files of a left-out directory in again', () => {
  const matcher = parseIgnore('dir\n!dir/keep\ndir/keep/not\n');
  assert.deepEqual(
    ['dir', 'dir/a', 'dir/keep', 'dir/keep/x/y', 'dir/keep/not', 'dir/keep/not/z'].map(
      (path) => matcher.ignored(path)?.line,
    ),
    [1, 1, undefined, undefined, 3, 3],
  );
});

test('ignored() takes a rule for what is below only where it changed something above', () => {
  // As in the builder: `!x` says nothing about x, which is in anyway, so it does not hold below.
  const matcher = parseIgnore('*/y\n!x\n');
  assert.equal(matcher.ignored('x/y')?.line, 1);
});

test('mayContainIncluded() lets a walker prune', () => {
  const may = (text: string, directory: string): boolean =>
    parseIgnore(text).mayContainIncluded(directory);
  assert.equal(may('a\n', 'a'), false);
  assert.equal(may('a\n', 'b'), true);
  assert.equal(may('a\n!b/c\n', 'a'), false);
  assert.equal(may('a\n!a/b/c\n', 'a'), true);
  assert.equal(may('a\n!a/b/c\n', 'a/b'), true);
  assert.equal(may('a\n!a/b/c\n', 'a/x'), false);
  assert.equal(may('a\n!*/b\n', 'a'), true);
  assert.equal(may('a\n!*/b\n', 'a/x'), false);
  assert.equal(may('a\n!**/b\n', 'a/x/y'), true);
  assert.equal(may('a\n!a/**\n', 'a/x'), true);
  assert.equal(may('!a/b\na\n', 'a'), false);
});

test('parseIgnore() names the line of a bad pattern', () => {
  assert.throws(() => parseIgnore('a\n[\n'), {
    name: 'PatternError',
    message: 'line 2: syntax error in pattern: [',
  });
  assert.throws(() => parseIgnore('!\n'), { message: 'line 1: illegal exclusion pattern: "!"' });
});

test('ignored() is done with hostile patterns', () => {
  const deep = `${'a/'.repeat(2_000)}b`;
  assert.equal(ignorePatterns(['**/a'.repeat(60) + '/*c']).ignored(deep), undefined);
  assert.equal(ignorePatterns(['*a'.repeat(60)]).ignored(`${'a'.repeat(4_000)}b`), undefined);
});
