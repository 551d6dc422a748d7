import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visible, visibleCell } from './visible.ts';

for (const [name, given, wanted] of [
  ['keeps tabs, line ends and letters of all scripts', 'a\tb\né漢😀', 'a\tb\né漢😀'],
  ['drops colours', '\x1b[1;31mred\x1b[0m', 'red'],
  ['shows every other escape', '\x1b]0;title\x07\x1b[2J', '\\x1b]0;title\\x07\\x1b[2J'],
  ['shows carriage returns and deletes', 'a\rb\x7f', 'a\\x0db\\x7f'],
  ['shows marks that reorder text', 'a\u202eb\u2066', 'a\\u202eb\\u2066'],
  ['shows the eight-bit controls', '\x9b31m', '\\x9b31m'],
] as const) {
  test(`visible() ${name}`, () => assert.equal(visible(given), wanted));
}

test('visibleCell() keeps a text on one line, and in its cell', () => {
  assert.equal(visibleCell('a\n\tb\x1b[31m\x07é'), 'a b\\x07é');
});
