import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DETACH_KEYS, DetachFilter, detachKeysOf } from './detach-keys.ts';

const typed = (filter: DetachFilter, ...chunks: readonly string[]): [string, boolean] => {
  let text = '';
  for (const chunk of chunks) {
    const { forward, detach } = filter.take(Buffer.from(chunk));
    text += forward.toString();
    if (detach) return [text, true];
  }
  return [text, false];
};

test('detachKeysOf() reads control characters and letters', () => {
  assert.deepEqual([...detachKeysOf(DETACH_KEYS)], [0x10, 0x11]);
  assert.deepEqual([...detachKeysOf('a,ctrl-@,ctrl-_')], [0x61, 0, 0x1f]);
  assert.deepEqual([...detachKeysOf('')], []);
  assert.throws(() => detachKeysOf('ctrl-1'), {
    message: "invalid detach keys (ctrl-1): Unknown character: 'ctrl-1'",
  });
});

test('take() finds the keys, also in pieces, and hands on what comes before', () => {
  const filter = (): DetachFilter => new DetachFilter(detachKeysOf(DETACH_KEYS));
  assert.deepEqual(typed(filter(), 'ls\r', '\x10', '\x11', 'more'), ['ls\r', true]);
  assert.deepEqual(typed(filter(), 'a\x10\x11b'), ['a', true]);
});

test('take() hands on what only began like the keys', () => {
  const filter = (): DetachFilter => new DetachFilter(detachKeysOf(DETACH_KEYS));
  assert.deepEqual(typed(filter(), '\x10', 'x'), ['\x10x', false]);
  assert.deepEqual(typed(filter(), '\x10\x10', '\x11'), ['\x10', true]);
  assert.deepEqual(typed(new DetachFilter(detachKeysOf('')), '\x10\x11'), ['\x10\x11', false]);
});
