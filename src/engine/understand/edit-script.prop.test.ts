import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { editScript } from './edit-script.ts';

const list = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });

/** Length of the longest common subsequence, the plain way. */
function common(a: readonly string[], b: readonly string[]): number {
  const row = Array.from({ length: b.length + 1 }, () => 0);
  for (const one of a) {
    let corner = 0;
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] ?? 0;
      row[j] = one === b[j - 1] ? corner + 1 : Math.max(above, row[j - 1] ?? 0);
      corner = above;
    }
  }
  return row.at(-1) ?? 0;
}

test('editScript() leads from one list to the other, and keeps as much as can be kept', () => {
  fc.assert(
    fc.property(list, list, (before, after) => {
      const script = editScript(before, after);
      assert.deepEqual(
        script.flatMap(({ old }) => (old === undefined ? [] : [old])),
        before.map((_, at) => at),
      );
      assert.deepEqual(
        script.flatMap(({ now }) => (now === undefined ? [] : [now])),
        after.map((_, at) => at),
      );
      const kept = script.filter(({ old, now }) => old !== undefined && now !== undefined);
      for (const { old = -1, now = -1 } of kept) assert.equal(before[old], after[now]);
      assert.equal(kept.length, common(before, after));
    }),
    { numRuns: 200 },
  );
});

test('editScript() takes lists that differ in very much as different altogether', () => {
  const before = Array.from({ length: 3000 }, (_, at) => `a${at}`);
  const after = Array.from({ length: 3000 }, (_, at) => `b${at}`);
  assert.equal(editScript(before, after).length, 6000);
});
