import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, suggest } from './suggest.ts';

const NAMES = [
  'build',
  'images',
  'image',
  'import',
  'history',
  'inspect',
  'ps',
  'rm',
  'rmi',
  'run',
];

for (const [typed, near] of [
  ['biuld', ['build']],
  ['imags', ['image', 'images']],
  ['hist', ['history']],
  ['histroy', ['history']],
  ['IMAGES', ['images', 'image']],
  ['zzzzzz', []],
  ['', []],
] as const) {
  test(`suggest() offers ${near.join(', ') || 'nothing'} for ${JSON.stringify(typed)}`, () => {
    assert.deepEqual(suggest(typed, NAMES), near);
  });
}

test('suggest() offers three at most', () => {
  assert.equal(suggest('ru', ['rua', 'rub', 'ruc', 'rud']).length, 3);
});

test('didYouMean() asks only when there is something to ask', () => {
  assert.equal(didYouMean([]), undefined);
  assert.equal(didYouMean(['a', 'b']), "Did you mean 'a' or 'b'?");
});
