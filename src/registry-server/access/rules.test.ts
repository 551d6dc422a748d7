import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSync, getRounds, getSalt } from 'bcryptjs';
import { InvalidInputError } from '../../base/errors.ts';
import type { Action } from './access.ts';
import { subscriber } from './buckets.ts';
import { impossibleHash, parseGroups, parseHtpasswd } from './htpasswd.ts';
import { parsePattern } from './patterns.ts';
import { parseRule, Rules } from './rules.ts';

function rules(texts: readonly string[], groups = ''): Rules {
  const members = parseGroups(groups, 'groups');
  return new Rules(texts.map(parseRule), (user) => members.get(user) ?? new Set());
}

test('parsePattern() matches components with * and anything with **', () => {
  const cases: [string, string, boolean][] = [
    ['**', 'a/b/c', true],
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['team/*', 'team/a', true],
    ['team/*', 'team/a/b', false],
    ['team/*', 'team', false],
    ['team/**', 'team/a/b', true],
    ['team/**', 'team', false],
    ['team/**', 'teams/a', false],
    ['a.b', 'a.b', true],
    ['a.b', 'axb', false],
    ['*/base-*', 'x/base-image', true],
  ];
  for (const [pattern, name, expected] of cases) {
    assert.deepEqual(
      [pattern, name, parsePattern(pattern).matches(name)],
      [pattern, name, expected],
    );
  }
  for (const text of ['', 'A', 'a b', '***', 'a?', '(a|b)', 'a\n']) {
    assert.throws(() => parsePattern(text), RangeError, text);
  }
});

test('the most specific pattern speaks for a repository, alone', () => {
  const some = rules(['anonymous:**:pull', '*:team/**:pull,push', 'alice:team/secret:all']);
  const cases: [string | undefined, string, Action, boolean][] = [
    [undefined, 'app', 'pull', true],
    [undefined, 'team/app', 'pull', false],
    ['bob', 'team/app', 'push', true],
    ['bob', 'team/app', 'delete', false],
    ['bob', 'team/secret', 'pull', false],
    ['alice', 'team/secret', 'delete', true],
    ['bob', 'app', 'push', false],
  ];
  for (const [user, repository, action, expected] of cases) {
    assert.deepEqual(
      [user, repository, action, some.allow(user, repository, action)],
      [user, repository, action, expected],
    );
  }
});

test('rules with one pattern add up, and groups stand for their members', () => {
  const some = rules(['@devs:app:push', 'bob,@ops:app:pull'], 'devs: alice bob\nops: carol alice');
  assert.equal(some.allow('bob', 'app', 'push'), true);
  assert.equal(some.allow('bob', 'app', 'pull'), true);
  assert.equal(some.allow('carol', 'app', 'push'), false);
  assert.equal(some.allow('alice', 'app', 'pull'), true);
  assert.equal(some.allow(undefined, 'app', 'pull'), false);
});

test('allowAll() is true for who may pull whatever there could be', () => {
  const some = rules(['alice,bob:**:pull', 'alice:secret/**:pull']);
  assert.equal(some.allowAll('alice'), true);
  assert.equal(some.allowAll('bob'), false);
  assert.equal(rules(['alice:a/**:all']).allowAll('alice'), false);
});

test('parseRule() refuses what it does not understand, in the words that were typed', () => {
  for (const text of [
    '',
    'alice',
    'alice:app',
    ':app:pull',
    'alice:app:',
    'alice:app:read',
    'alice:APP:pull',
    'a:b:c:d',
    'al ice:app:pull',
    '@:app:pull',
    '@@x:app:pull',
  ]) {
    assert.throws(
      () => parseRule(text),
      (error) => error instanceof InvalidInputError && error.message.includes(JSON.stringify(text)),
      text,
    );
  }
});

test('parseHtpasswd() takes bcrypt alone and names the line that is something else', () => {
  const hash = '$2y$04$MUWAz43DV0mrmBYGkS9m1eMu/y8p3YofL5E1aOQKh/qFTKZ/nS7oe';
  const { hashes, cost } = parseHtpasswd(
    `# comment\n\nalice:${hash}\r\nbob:${hash.replace('04', '11')}\n`,
    'f',
  );
  assert.deepEqual([...hashes.keys()], ['alice', 'bob']);
  assert.equal(cost, 11);
  const bad: [string, RegExp][] = [
    ['alice', /f, line 2: a line is/],
    ['alice:plain', /f, line 2: the hash is not one of bcrypt/],
    ['alice:$apr1$x$y', /f, line 2: the hash is not one of bcrypt/],
    ['alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', /f, line 2: the hash is not one of bcrypt/],
    [`alice:${hash.replace('04', '31')}`, /f, line 2: the cost/],
    [`:${hash}`, /f, line 2: this is no name/],
    [`anonymous:${hash}`, /f, line 2: this is no name/],
    [`@devs:${hash}`, /f, line 2: this is no name/],
    [`*:${hash}`, /f, line 2: this is no name/],
    [`zoe:${hash}`, /f, line 2: the user has a line above/],
  ];
  for (const [line, message] of bad) {
    assert.throws(() => parseHtpasswd(`zoe:${hash}\n${line}\n`, 'f'), message);
  }
});

test('subscriber() is one key for an IPv4 address and for a network of IPv6', () => {
  for (const [address, expected] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:DB8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ] as const) {
    assert.equal(subscriber(address), expected);
  }
});

test('impossibleHash() is one that bcrypt works on as long as on others, and that no password has', () => {
  const hash = impossibleHash(4);
  assert.equal(getRounds(hash), 4);
  assert.equal(getSalt(hash).length, 29);
  assert.equal(hash.length, 60);
  for (const password of ['', 'x', '.'.repeat(53)])
    assert.equal(compareSync(password, hash), false);
});
