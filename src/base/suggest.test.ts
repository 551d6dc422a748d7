import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest } from './suggest.ts';

test('closest() finds the candidate with the fewest changes', () => {
  assert.equal(closest('chownn', ['from', 'chmod', 'chown']), 'chown');
});

test('closest() finds nothing when all are far', () => {
  assert.equal(closest('nope', ['chmod', 'chown']), undefined);
});

test('closest() finds nothing for a word that is a candidate', () => {
  assert.equal(closest('copy', ['cop', 'copy']), undefined);
});

test('closest() takes the first of several that are equally near', () => {
  assert.equal(closest('ab', ['ac', 'ad']), 'ac');
});

test('closest() counts neighbours that are swapped once', () => {
  assert.equal(closest('TREM', ['TRAP', 'TERM']), 'TERM');
});

test('closest() does not take a short word for another', () => {
  assert.equal(closest('X', ['k', 'ab']), undefined);
  assert.equal(closest('ab', ['cd', 'ad']), 'ad');
});

test('closest() ignores case on request and answers in the case of the word', () => {
  assert.equal(closest('coppy', ['COPY'], { ignoreCase: true }), 'copy');
  assert.equal(closest('COPPY', ['copy'], { ignoreCase: true }), 'COPY');
  assert.equal(closest('coppy', ['COPY']), undefined);
});

test('closest() takes a larger distance on request', () => {
  assert.equal(closest('abcdef', ['abcxyz'], { max: 3 }), 'abcxyz');
});
