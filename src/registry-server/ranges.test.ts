import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasDuplicateKeys } from './json-keys.ts';
import { chunkPart } from './ranges.ts';

test('chunkPart() reads what clients write, and nothing else', () => {
  for (const text of ['0-9', ' 0-9 ', 'bytes 0-9/100', 'bytes=0-9', '0-9/*']) {
    assert.deepEqual(chunkPart(text), { start: 0, end: 10 });
  }
  for (const text of ['', '0-', '-9', '9-0', '0-9-', '1e3-2e3', '0x0-0x9', '٠-٩']) {
    assert.equal(chunkPart(text), undefined);
  }
});

test('hasDuplicateKeys() sees keys of one object only, however they are written', () => {
  for (const text of ['{"a":1,"a":2}', '[{"x":{"b":[],"b":0}}]', '{"a":"\\\\","\\u0061":1}']) {
    assert.equal(hasDuplicateKeys(text), true, text);
  }
  for (const text of [
    '{"a":{"a":["a","a"]},"b":"a"}',
    '[{"a":1},{"a":1}]',
    '"a"',
    '{"a":"\\"a","b":1}',
  ]) {
    assert.equal(hasDuplicateKeys(text), false, text);
  }
});
