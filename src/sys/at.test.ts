import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  lstatSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAt, READ_PLAIN, statAt } from './at.ts';

test('statAt() says what lstat says', () => {
  const directory = mkdtempSync(join(tmpdir(), 'at-'));
  writeFileSync(join(directory, 'file'), '12345');
  symlinkSync('nowhere', join(directory, 'link'));
  for (const [place, names] of [
    [directory, ['file', 'link', '.']],
    ['/dev', ['null', 'zero']],
    ['/', ['etc', 'proc']],
  ] as const) {
    const fd = openSync(place, constants.O_RDONLY | constants.O_DIRECTORY);
    for (const name of names) {
      const found = statAt(fd, Buffer.from(name))!;
      const wanted = lstatSync(join(place, name), { bigint: true });
      for (const key of Object.keys(found) as (keyof typeof found)[]) {
        assert.equal(found[key], wanted[key], `${name} ${key}`);
      }
    }
    assert.equal(statAt(fd, Buffer.from('not there')), undefined);
    closeSync(fd);
  }
  rmSync(directory, { recursive: true });
});

test(
  'statAt() takes device numbers apart as the C library does',
  { skip: process.getuid?.() !== 0 && 'devices need root' },
  async () => {
    const { makeNode } = await import('./node.ts');
    const directory = mkdtempSync(join(tmpdir(), 'at-'));
    const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    for (const [major, minor] of [
      [1, 3],
      [259, 70_000],
      [4095, 1_048_575],
    ] as const) {
      const name = `${major}-${minor}`;
      makeNode(Buffer.from(join(directory, name)), 'block', 0o600, major, minor);
      assert.equal(
        statAt(fd, Buffer.from(name))?.rdev,
        lstatSync(join(directory, name), { bigint: true }).rdev,
      );
    }
    closeSync(fd);
    rmSync(directory, { recursive: true });
  },
);

test('openAt() opens a name, and says why not', () => {
  const directory = mkdtempSync(join(tmpdir(), 'at-'));
  writeFileSync(join(directory, 'file'), '12345');
  symlinkSync('file', join(directory, 'link'));
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  closeSync(openAt(fd, Buffer.from('file'), READ_PLAIN));
  assert.throws(() => openAt(fd, Buffer.from('link'), READ_PLAIN), { code: 'ELOOP' });
  assert.throws(() => openAt(fd, Buffer.from('none'), READ_PLAIN), { code: 'ENOENT' });
  assert.throws(() => openAt(fd, Buffer.alloc(300, 'x'), READ_PLAIN), { code: 'ENAMETOOLONG' });
  closeSync(fd);
  rmSync(directory, { recursive: true });
});
