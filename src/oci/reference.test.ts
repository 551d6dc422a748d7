import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidReferenceError } from './errors.ts';
import {
  canonicalName,
  familiar,
  familiarName,
  formatReference,
  parseReference,
  parseTagTarget,
  repositoryName,
  withDefaultTag,
  withoutSuffix,
} from './reference.ts';

const HEX = 'a'.repeat(64);
const TAG128 = 't'.repeat(128);

/** What is typed, and the name that is shown for it. */
const ACCEPTED: readonly (readonly [string, string])[] = [
  ['ub', 'ub:latest'],
  ['library/ub2', 'ub2:latest'],
  ['docker.io/ub3', 'ub3:latest'],
  ['docker.io/library/ub4', 'ub4:latest'],
  ['index.docker.io/ub5', 'ub5:latest'],
  ['user/ub6', 'user/ub6:latest'],
  ['localhost/ub7', 'localhost/ub7:latest'],
  ['localhost:5000/ub8', 'localhost:5000/ub8:latest'],
  ['example.com/a/b/c:1', 'example.com/a/b/c:1'],
  ['EXAMPLE.com/ub9', 'EXAMPLE.com/ub9:latest'],
  ['Foo/ub10', 'Foo/ub10:latest'],
  ['myhost/ub11', 'myhost/ub11:latest'],
  ['myhost:80/ub12', 'myhost:80/ub12:latest'],
  ['[::1]:5000/ub13', '[::1]:5000/ub13:latest'],
  ['127.0.0.1/ub15', '127.0.0.1/ub15:latest'],
  ['docker.io/docker.io/x', 'docker.io/docker.io/x:latest'],
  ['docker.io/localhost/x', 'docker.io/localhost/x:latest'],
  ['library/library/x', 'library/library/x:latest'],
  ['a__b/c', 'a__b/c:latest'],
  ['a-b/c', 'a-b/c:latest'],
  ['a--b', 'a--b:latest'],
  ['a.b', 'a.b:latest'],
  ['a:_x', 'a:_x'],
  ['a:X.y-z_1', 'a:X.y-z_1'],
  [`a:${TAG128}`, `a:${TAG128}`],
];

for (const [typed, shown] of ACCEPTED) {
  test(`familiar() shows ${typed.slice(0, 30)} as ${shown.slice(0, 30)}`, () => {
    assert.equal(familiar(parseTagTarget(typed)), shown);
  });

  test(`formatReference() of ${typed.slice(0, 30)} parses to the same reference`, () => {
    const reference = parseReference(typed);
    assert.deepEqual(parseReference(formatReference(reference)), reference);
    assert.deepEqual(parseReference(familiar(reference)), reference);
  });
}

test('parseReference() takes a first part without dot or colon as a path', () => {
  assert.deepEqual(parseReference('myhost/ub11'), {
    registry: 'docker.io',
    repository: 'myhost/ub11',
  });
});

const FORMAT = 'invalid reference format';
const REFUSED: readonly (readonly [string, string])[] = [
  ...[
    'a___b/c',
    'a..b',
    'a._b',
    '-a',
    'a-',
    'a/',
    '/a',
    'a//b',
    'a:-x',
    'a:.x',
    'a:',
    ':',
    '',
    'a b',
    'x:bad/tag',
    `a:${TAG128}t`,
    'a@sha256:abc',
    `a@sha256:${HEX}@sha256:${HEX}`,
    'https://example.com/a',
    'exa_mple.com/a',
    'a\n',
    'x'.repeat(5000),
  ].map((text) => [text, FORMAT] as const),
  ['Bad', `${FORMAT}: repository name (library/Bad) must be lowercase`],
  ['Bad:1', `${FORMAT}: repository name (library/Bad) must be lowercase`],
  ['user/Bad', `${FORMAT}: repository name (user/Bad) must be lowercase`],
  [HEX, `invalid repository name (${HEX}), cannot specify 64-byte hexadecimal strings`],
  ['n'.repeat(256), 'repository name must not be more than 255 characters'],
  [`a@sha256:${'a'.repeat(40)}`, 'invalid checksum digest length'],
  [`a@md5:${'a'.repeat(32)}`, 'unsupported digest algorithm'],
];

for (const [text, message] of REFUSED) {
  test(`parseReference() refuses ${JSON.stringify(text.slice(0, 30))}`, () => {
    assert.throws(() => parseReference(text), { name: 'InvalidReferenceError', message });
  });
}

test('parseReference() counts the registry in the length of a name', () => {
  assert.equal(parseReference('n'.repeat(237)).repository.length, 245);
  assert.throws(() => parseReference('n'.repeat(238)), InvalidReferenceError);
});

test('parseTagTarget() refuses a repository called like a digest algorithm', () => {
  assert.throws(() => parseTagTarget('sha256:aaaa'), {
    message: 'refusing to create an ambiguous tag using digest algorithm as name',
  });
});

test('parseTagTarget() refuses a digest', () => {
  assert.throws(() => parseTagTarget(`ub14@sha256:${HEX}`), {
    message: 'refusing to create a tag with a digest reference',
  });
});

test('withDefaultTag() adds latest only where neither tag nor digest is given', () => {
  assert.equal(withDefaultTag(parseReference('a')).tag, 'latest');
  assert.equal(withDefaultTag(parseReference('a:1')).tag, '1');
  assert.equal(withDefaultTag(parseReference(`a@sha256:${HEX}`)).tag, undefined);
});

test('canonicalName() has a tag or a digest, never both', () => {
  assert.equal(canonicalName(parseReference('a')), 'docker.io/library/a:latest');
  assert.equal(canonicalName(parseReference(`u/a:1@sha256:${HEX}`)), `docker.io/u/a@sha256:${HEX}`);
});

for (const name of [
  'docker.io/library/a:1',
  'docker.io/library/a',
  'docker.io/library/a/b:1',
  'docker.io/a/b@sha256:' + HEX,
  'docker.io/docker.io/a:1',
  'docker.io/localhost/a:1',
  `docker.io/library/${HEX}:1`,
  `docker.io/library/a:1@sha256:${HEX}`,
  'docker.io/a.b/c:1',
  'localhost:5000/a:1',
  'x.y/library/a:1',
]) {
  test(`familiarName() shows ${name.slice(0, 40)} as familiar() does`, () => {
    assert.equal(familiarName(name), familiar(parseReference(name)));
    assert.equal(withoutSuffix(name), repositoryName(parseReference(name)));
  });
}

test('familiar() keeps tag and digest', () => {
  assert.equal(familiar(parseReference(`a:1@sha256:${HEX}`)), `a:1@sha256:${HEX}`);
});
