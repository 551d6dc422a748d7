import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lockFile } from './lock.ts';

const dir = mkdtempSync(join(tmpdir(), 'stave-lock-'));
after(() => rmSync(dir, { recursive: true, force: true }));

test('lockFile() is undefined while another holder is exclusive, and works after', () => {
  const path = join(dir, 'a');
  const first = lockFile(path, { exclusive: true, wait: false });
  assert.ok(first);
  assert.equal(lockFile(path, { exclusive: true, wait: false }), undefined);
  assert.equal(lockFile(path, { exclusive: false, wait: false }), undefined);
  first[Symbol.dispose]();
  using second = lockFile(path, { exclusive: true, wait: true });
  assert.ok(second);
});

test('lockFile() lets shared holders share', () => {
  using one = lockFile(join(dir, 'b'), { exclusive: false, wait: false });
  using two = lockFile(join(dir, 'b'), { exclusive: false, wait: false });
  assert.ok(one && two);
  assert.equal(lockFile(join(dir, 'b'), { exclusive: true, wait: false }), undefined);
});

test('lockFile() is seen by other processes and not kept alive by children', () => {
  const path = join(dir, 'c');
  const held = lockFile(path, { exclusive: true, wait: false });
  const other = (): number | null => spawnSync('/usr/bin/flock', ['-n', path, 'true']).status;
  assert.equal(other(), 1);
  held?.[Symbol.dispose]();
  assert.equal(other(), 0);
});

test('lockFile() locks the file that is there now, not one that was removed', () => {
  const path = join(dir, 'd');
  using old = lockFile(path, { exclusive: true, wait: false });
  assert.ok(old);
  unlinkSync(path);
  using fresh = lockFile(path, { exclusive: true, wait: false });
  assert.ok(fresh);
});
