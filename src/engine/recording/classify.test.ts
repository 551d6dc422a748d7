import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definedBy, isByHand, isInBackground, isReading } from './classify.ts';

test('isByHand() knows what people write files with', () => {
  const yes = [
    'vi /a',
    'sudo nano b',
    'cat > x',
    'cat >>x',
    'sed -i s/a/b/ c',
    'su -',
    'python3',
    'A=1 vim q',
  ];
  const no = [
    'cat a > b',
    'cat <<E > x\na\nE',
    'sed s/a/b/ c',
    'python3 x.py',
    'bash -c ls',
    'echo a | tee b',
    'sh x.sh',
  ];
  for (const text of yes) assert.equal(isByHand(text), true, text);
  for (const text of no) assert.equal(isByHand(text), false, text);
});

test('isReading() trusts no command that may write', () => {
  for (const text of ['ls -la', 'cat a | grep b', 'find / -name x 2>/dev/null', 'cd /a && pwd']) {
    assert.equal(isReading(text), true, text);
  }
  for (const text of [
    'ls > a',
    'find . -delete',
    'echo $(touch a)',
    'ls; touch a',
    'cat a | tee b',
  ]) {
    assert.equal(isReading(text), false, text);
  }
});

test('isInBackground() is not taken in by other ampersands', () => {
  for (const text of ['a &', '(a; b) &', 'a & b']) assert.equal(isInBackground(text), true, text);
  for (const text of ['a && b', 'a 2>&1', 'a &> b', 'a >&2']) {
    assert.equal(isInBackground(text), false, text);
  }
});

test('definedBy() names functions, aliases and arrays; settings concern all', () => {
  assert.deepEqual(definedBy('f() { x; }'), ['f']);
  assert.deepEqual(definedBy('function g { x; }'), ['g']);
  assert.deepEqual(definedBy("alias a='b' c=d"), ['a', 'c']);
  assert.deepEqual(definedBy('names=(x y)'), ['names']);
  assert.deepEqual(definedBy('set -o pipefail'), ['*']);
  assert.deepEqual(definedBy('echo a'), []);
});
