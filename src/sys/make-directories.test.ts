import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDirectories } from './make-directories.ts';

test('makeDirectories() makes what is missing and keeps what is there', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'stave-make-'));
  t.after(() => rmSync(folder, { recursive: true }));
  makeDirectories(join(folder, 'a/b/c'), 0o700);
  makeDirectories(join(folder, 'a/b/c'));
  assert.equal(statSync(join(folder, 'a/b/c')).mode & 0o777, 0o700);
  symlinkSync('a', join(folder, 'link'));
  makeDirectories(join(folder, 'link/d'));
  assert.ok(statSync(join(folder, 'a/d')).isDirectory());
  writeFileSync(join(folder, 'file'), '');
  assert.throws(() => makeDirectories(join(folder, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeDirectories(join(folder, 'file/x/y')), { code: 'ENOTDIR' });
});

test('makeDirectories() ends where nobody can make anything', () => {
  for (const path of ['/proc/x', '/proc/x/y/z', '/proc/self/x/y']) {
    assert.throws(() => makeDirectories(path), { code: 'ENOENT' });
  }
});
