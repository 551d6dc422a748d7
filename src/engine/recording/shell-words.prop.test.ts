import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { quoted, wordsOf } from './shell-words.ts';

test('wordsOf() reads what quoted() wrote', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      assert.deepEqual(wordsOf(texts.map(quoted).join(' ')), texts);
    }),
    { numRuns: 200 },
  );
});

test('wordsOf() reads the quotes of shells', () => {
  assert.deepEqual(wordsOf(`declare -x A="b \\"c\\" \\$d" B=$'x\\ny' C='it'"'"'s'`), [
    'declare',
    '-x',
    'A=b "c" $d',
    'B=x\ny',
    "C=it's",
  ]);
});
