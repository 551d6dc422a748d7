import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore } from './open-store.ts';
import { makeRoot } from './make-root.ts';

test('makeRoot() makes what is missing, for its owner alone, and keeps what is there', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'stave-root-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  makeRoot(join(folder, 'a/b'));
  makeRoot(join(folder, 'a/b'));
  assert.equal(statSync(join(folder, 'a/b')).mode & 0o777, 0o700);
  symlinkSync('a', join(folder, 'link'));
  makeRoot(join(folder, 'link'));
  writeFileSync(join(folder, 'file'), '');
  assert.throws(() => makeRoot(join(folder, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeRoot(join(folder, 'file/x')), { code: 'ENOTDIR' });
});

test('openStore() says in one line that a place is none for a store', () => {
  for (const root of ['/dev/null', '/dev/null/x', `/${'x'.repeat(300)}`]) {
    assert.throws(() => openStore(root), { code: 'STORE_READ_ONLY' });
  }
});

test('makeRoot() ends where no directory can be made', () => {
  assert.throws(() => makeRoot('/proc/stave/x'), { code: 'STORE_READ_ONLY' });
});
