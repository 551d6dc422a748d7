import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shellWords } from './shell-words.ts';

const CASES: readonly (readonly [string, readonly string[], string])[] = [
  ['', [], ''],
  ['stave', [], 'stave'],
  ['stave ', ['stave'], ''],
  ['stave  image\tl', ['stave', 'image'], 'l'],
  [`a 'b c' "d e`, ['a', 'b c'], 'd e'],
  ['a b\\ c', ['a'], 'b c'],
  [`a "b\\"c" 'd\\'e `, ['a', 'b"c', 'd\\e'], ''],
  [`a '' ""`, ['a', ''], ''],
  ['a\\', [], 'a'],
];

for (const [line, words, current] of CASES) {
  test(`shellWords() cuts ${JSON.stringify(line)}`, () => {
    assert.deepEqual(shellWords(line), { words, current });
  });
}
