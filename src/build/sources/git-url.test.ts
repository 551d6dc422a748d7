import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGitUrl } from './git-url.ts';
import { parseChecksum, parseRemote } from './remote.ts';

const FULL = 'a'.repeat(40);

test('parseGitUrl() tells repositories from other URLs and from paths', () => {
  for (const url of [
    'git@h:x',
    'git@h:x/y.git',
    'ssh://git@h/x',
    'git://h/x',
    'https://h/x.git/',
  ]) {
    assert.equal(parseGitUrl(url)?.remote, url);
  }
  for (const text of [
    'https://h/x',
    'http://h/x.git/y',
    'github.com/x/y',
    './a@b:c',
    'a',
    '/x.git',
  ]) {
    assert.equal(parseGitUrl(text), undefined, text);
  }
});

test('parseGitUrl() reads a fragment and the query form', () => {
  const at = 'https://h/x.git';
  const parts = (text: string): unknown[] => {
    const ref = parseGitUrl(text);
    return [ref?.ref, ref?.subdir, ref?.commit];
  };
  assert.deepEqual(parts(`${at}#`), [undefined, undefined, undefined]);
  assert.deepEqual(parts(`${at}#v1`), ['v1', undefined, undefined]);
  assert.deepEqual(parts(`${at}#v1:a/b/`), ['v1', 'a/b', undefined]);
  assert.deepEqual(parts(`${at}#:/../../a`), [undefined, 'a', undefined]);
  assert.deepEqual(parts(`${at}?branch=b%2Fc&subdir=x`), ['refs/heads/b/c', 'x', undefined]);
  assert.deepEqual(parts(`${at}?tag=t&checksum=ABC`), ['refs/tags/t', undefined, 'abc']);
  assert.deepEqual(parts(`${at}?commit=${FULL}`), [FULL, undefined, FULL]);
  assert.deepEqual(parts(`git@h:x?ref=main`), ['main', undefined, undefined]);
  const ref = parseGitUrl(`${at}?submodules=0&keep-git-dir&mtime=commit`);
  assert.deepEqual([ref?.submodules, ref?.keepGitDir, ref?.mtime], [false, true, 'commit']);
});

test('parseGitUrl() keeps credentials apart', () => {
  const ref = parseGitUrl('https://u:p%40w@h/x.git#m');
  const authorization = `Basic ${Buffer.from('u:p@w').toString('base64')}`;
  assert.deepEqual(
    [ref?.remote, ref?.shown, ref?.authorization],
    ['https://h/x.git', 'https://h/x.git#m', authorization],
  );
  assert.equal(parseGitUrl('ssh://git:pw@h/x')?.remote, 'ssh://git@h/x');
});

for (const [end, message] of [
  ['#-x', /is no name of a branch/],
  ['#a..b', /is no name of a branch/],
  ['#a b', /no blanks/],
  ['#@{1}', /is no name of a branch/],
  ['?ref=--upload-pack%3Did', /is no name of a branch/],
  ['?ref=a%0Ab', /is no name of a branch/],
  ['?x=1', /unknown query "x"/],
  ['?tag=a&tag=b', /tag is given twice/],
  ['?tag=a#b', /either a fragment/],
  ['?commit=xyz', /is no commit/],
  ['?commit=ab&checksum=cd', /differ/],
  ['?mtime=now', /checkout or commit/],
  ['?submodules=maybe', /true or false/],
  ['?fetch-by-commit=true&commit=abc', /needs a whole commit/],
] as const) {
  test(`parseGitUrl() refuses ${end}, and shows no password`, () => {
    assert.throws(
      () => parseGitUrl(`https://u:word@h/x.git${end}`),
      (error: Error) => message.test(error.message) && !error.message.includes('word'),
    );
  });
}

test('parseRemote() names a file by the last element of its path', () => {
  for (const [url, name] of [
    ['http://h/a/b.txt?c=/d#e', 'b.txt'],
    ['http://h/a%20b', 'a b'],
    ['http://h/d/', 'd'],
    ['http://h', '__unnamed__'],
    ['http://h/%2e%2e%2f', '__unnamed__'],
    ['http://h/a%2Fb', 'b'],
    ['http://h/%00', '__unnamed__'],
    ['http://h/100%', '100%'],
  ] as const) {
    const ref = parseRemote(url);
    assert.equal(ref?.kind === 'http' && ref.name, name, url);
  }
});

test('parseChecksum() knows three kinds, in full', () => {
  for (const [algorithm, length] of [
    ['sha256', 64],
    ['sha384', 96],
    ['sha512', 128],
  ] as const) {
    const text = `${algorithm}:${'aB'.repeat(length / 2)}`;
    assert.equal(parseChecksum(text), text.toLowerCase());
  }
  for (const text of [
    '',
    'abc',
    'sha256:abc',
    `md5:${'0'.repeat(32)}`,
    `sha256:${'g'.repeat(64)}`,
  ]) {
    assert.throws(() => parseChecksum(text), /invalid checksum/);
  }
});
