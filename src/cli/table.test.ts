import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignTabs } from './table.ts';

for (const [name, given, wanted] of [
  [
    'pads to the widest cell plus three',
    'a\tb\nlonger-cell\tc\n',
    'a             b\nlonger-cell   c\n',
  ],
  ['makes no column narrower than ten', 'a\tb\n', 'a         b\n'],
  ['leaves what follows the last tab alone', 'TAG\tx', 'TAG       x'],
  ['pads a cell before an empty last one', '0B\t\n', '0B        \n'],
  [
    'ends a column at a line that lacks it',
    'very-long-cell\tb\n\na\tb\n',
    'very-long-cell   b\n\na         b\n',
  ],
  [
    'starts an inner column anew where the outer one goes on',
    'a\tbbbbbbbbbbbb\tc\na\tb\na\tb\tc\n',
    'a         bbbbbbbbbbbb   c\na         b\na         b         c\n',
  ],
  [
    'counts an ellipsis as one column',
    'ab…\tx\nabcdefghij\ty\n',
    'ab…          x\nabcdefghij   y\n',
  ],
  ['does without tabs', 'plain\ntext\n', 'plain\ntext\n'],
] as const) {
  test(`alignTabs() ${name}`, () => assert.equal(alignTabs(given), wanted));
}
