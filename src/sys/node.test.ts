import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { deviceParts, makeNode } from './node.ts';

const dir = mkdtempSync(join(tmpdir(), 'stave-node-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const skip = process.getuid?.() === 0 ? false : 'needs root';

test(
  'makeNode() makes devices with large numbers, and deviceParts() reads them back',
  { skip },
  () => {
    for (const [major, minor] of [
      [0, 0],
      [8, 1],
      [300, 70000],
      [4095, 1048575],
    ] as const) {
      const path = join(dir, `c${major}-${minor}`);
      makeNode(path, 'char', 0o600, major, minor);
      const stat = lstatSync(path, { bigint: true });
      assert.ok(stat.isCharacterDevice());
      assert.deepEqual(deviceParts(stat.rdev), { major, minor });
    }
  },
);

test('makeNode() makes named pipes, and says EEXIST the second time', () => {
  makeNode(join(dir, 'pipe'), 'fifo', 0o644);
  assert.ok(lstatSync(join(dir, 'pipe')).isFIFO());
  assert.throws(() => makeNode(join(dir, 'pipe'), 'fifo', 0o644), { code: 'EEXIST' });
});
