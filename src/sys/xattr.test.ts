import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { getXattr, getXattrs, removeXattr, setXattr } from './xattr.ts';

const dir = mkdtempSync(join(tmpdir(), 'stave-xattr-'));
after(() => rmSync(dir, { recursive: true, force: true }));

test('setXattr() and getXattrs() keep binary values and odd file names', () => {
  const file = Buffer.concat([Buffer.from(`${dir}/n`), Buffer.from([0xff, 0xfe])]);
  writeFileSync(file, '');
  setXattr(file, 'user.a', Buffer.from([0, 255, 128]));
  setXattr(file, 'user.empty', Buffer.alloc(0));
  const found = [...getXattrs(file)].sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(found, [
    ['user.a', Buffer.from([0, 255, 128])],
    ['user.empty', Buffer.alloc(0)],
  ]);
  removeXattr(file, 'user.a');
  removeXattr(file, 'user.a');
  assert.equal(getXattr(file, 'user.a'), undefined);
});

test('getXattrs() finds all of many attributes', () => {
  const file = join(dir, 'many');
  writeFileSync(file, '');
  const many = Array.from({ length: 60 }, (_, i) => `user.${'x'.repeat(20)}${i}`);
  for (const name of many) setXattr(file, name, Buffer.alloc(8, name));
  assert.equal(getXattrs(file).size, 60);
});

test('getXattrs() does not follow links', () => {
  const file = join(dir, 'target');
  writeFileSync(file, '');
  setXattr(file, 'user.x', Buffer.from('1'));
  symlinkSync('target', join(dir, 'link'));
  assert.equal(getXattrs(join(dir, 'link')).size, 0);
});

test('getXattrs() of a missing file throws a system error with its code', () => {
  assert.throws(() => getXattrs(join(dir, 'missing')), { code: 'ENOENT', syscall: 'llistxattr' });
});

test('getXattrs() refuses a path with a NUL inside', () => {
  assert.throws(() => getXattrs(`${dir}/target\0x`), { code: 'EINVAL' });
});
