import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { ByteBudget } from './byte-budget.ts';
import { PendingBytes } from './pending-bytes.ts';

const bytes = (from: number, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, at) => (from + at * 7) % 251));

test('PendingBytes gives back what came, few bytes and many, and leaves nothing', () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('stave-upload-'));
  for (const step of [10, 100_000]) {
    using pending = new PendingBytes(bytes(1, step));
    let all = bytes(1, step);
    for (let n = 0; n < 8; n += 1) {
      const more = bytes(n, step + n);
      pending.append(more);
      all = Buffer.concat([all, more]);
      more.fill(0);
      assert.ok(pending.read().equals(all));
      if (n % 3 !== 2) continue;
      const size = step + 3;
      assert.ok(pending.read(size).equals(all.subarray(0, size)));
      pending.drop(size);
      all = all.subarray(size);
      assert.equal(pending.size, all.length);
    }
    assert.ok(pending.read().equals(all));
    pending.reset(bytes(3, 5));
    assert.ok(pending.read().equals(bytes(3, 5)));
  }
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith('stave-upload-'));
  assert.deepEqual(after, before);
});

test('ByteBudget lets in what fits, in order, and what is too large alone', async () => {
  const budget = new ByteBudget(10);
  let held = 0;
  const seen: number[] = [];
  const ends: (() => void)[] = [];
  const jobs = [4, 6, 25, 3, 8].map((size) =>
    budget.hold(size, async () => {
      held += size;
      seen.push(size);
      assert.ok(held <= 10 || held === size);
      await new Promise<void>((resolve) => ends.push(resolve));
      held -= size;
    }),
  );
  for (const expected of [
    [4, 6],
    [4, 6],
    [4, 6, 25],
    [4, 6, 25, 3],
    [4, 6, 25, 3, 8],
  ]) {
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(seen, expected);
    ends.shift()?.();
  }
  await Promise.all(jobs);
  await assert.rejects(budget.hold(10, () => Promise.reject(new Error('x'))));
  await budget.hold(10, () => Promise.resolve());
});
