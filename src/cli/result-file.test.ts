import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { removeResultFile, writeResultFile } from './result-file.ts';

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'result-file-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

const isRoot = process.getuid?.() === 0 ? {} : { skip: 'devices need root' };

test('writeResultFile() replaces a file and leaves nothing beside it', (t) => {
  const directory = folder(t);
  writeFileSync(join(directory, 'id'), 'old and longer');
  writeResultFile(directory, 'id', 'new');
  assert.equal(readFileSync(join(directory, 'id'), 'utf8'), 'new');
  assert.deepEqual(readdirSync(directory), ['id']);
});

test('devices are written to and never removed', isRoot, (t) => {
  const directory = folder(t);
  execFileSync('mknod', [join(directory, 'null'), 'c', '1', '3']);
  execFileSync('mknod', [join(directory, 'full'), 'c', '1', '7']);
  for (const name of ['null', 'full']) removeResultFile(directory, name);
  writeResultFile(directory, 'null', 'x');
  assert.throws(() => writeResultFile(directory, 'full', 'x'), { code: 'DISK_FULL' });
  for (const name of ['null', 'full']) {
    assert.ok(lstatSync(join(directory, name)).isCharacterDevice(), name);
  }
});

test('removeResultFile() removes a file, and a link but not what it leads to', (t) => {
  const directory = folder(t);
  writeFileSync(join(directory, 'kept'), '');
  writeFileSync(join(directory, 'id'), '');
  symlinkSync('kept', join(directory, 'link'));
  for (const name of ['id', 'link', 'nothing']) removeResultFile(directory, name);
  assert.deepEqual(readdirSync(directory), ['kept']);
});

test('places where no file can be are named as they were typed', (t) => {
  const directory = folder(t);
  mkdirSync(join(directory, 'd'));
  assert.throws(() => writeResultFile(directory, 'no/id', ''), /open no\/id: no such file/);
  assert.throws(() => writeResultFile(directory, 'd', ''), /open d: is a directory/);
  assert.throws(() => removeResultFile(directory, 'd'), /d: is a directory/);
  assert.deepEqual(readdirSync(directory), ['d']);
});
