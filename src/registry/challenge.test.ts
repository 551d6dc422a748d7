import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChallenges } from './challenge.ts';

const read = (header: string): unknown =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test('parseChallenges() reads scheme and parameters, in quotes or without', () => {
  assert.deepEqual(read('Bearer realm="https://a/token?x=1,2",service=reg,Scope="a:b:pull,push"'), [
    ['bearer', { realm: 'https://a/token?x=1,2', service: 'reg', scope: 'a:b:pull,push' }],
  ]);
});

test('parseChallenges() reads several challenges of one header', () => {
  assert.deepEqual(read('Negotiate, Basic realm="a \\"b\\"", , BEARER realm = "c"'), [
    ['negotiate', {}],
    ['basic', { realm: 'a "b"' }],
    ['bearer', { realm: 'c' }],
  ]);
});

test('parseChallenges() ends at what cannot be read', () => {
  assert.deepEqual(read('Basic realm="open'), [['basic', { realm: '' }]]);
  assert.deepEqual(read('\u0001'), []);
  assert.deepEqual(read('x="y"'), []);
});
