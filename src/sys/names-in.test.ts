import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { namesIn } from './names-in.ts';

test('namesIn() lists a directory, says nothing of one that is missing, and fails on others', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'names-in-'));
  t.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'a'), '');
  assert.deepEqual(namesIn(directory), ['a']);
  assert.deepEqual(namesIn(join(directory, 'none')), []);
  assert.throws(() => namesIn(join(directory, 'a')), { code: 'ENOTDIR' });
  assert.deepEqual(namesIn(join(directory, 'a'), 'ENOTDIR'), []);
});
