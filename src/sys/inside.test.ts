import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { InsideRoot, openInside, openStepwise } from './inside.ts';

const dir = mkdtempSync(join(tmpdir(), 'stave-inside-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const tree = join(dir, 'tree');
mkdirSync(join(tree, 'a/b'), { recursive: true });
mkdirSync(join(tree, 'etc'));
writeFileSync(join(tree, 'etc/passwd'), 'inside');
writeFileSync(join(tree, 'a/b/file'), 'file');
symlinkSync('/etc', join(tree, 'absolute'));
symlinkSync('../../../../../../etc/passwd', join(tree, 'a/climb'));
symlinkSync('b', join(tree, 'a/link'));
symlinkSync('loop', join(tree, 'loop'));
symlinkSync('/proc/self/root/etc/passwd', join(tree, 'magic'));

const root = openSync(tree, constants.O_DIRECTORY);
after(() => closeSync(root));

for (const open of [openInside, openStepwise]) {
  const read = (path: string | Buffer): string => {
    const fd = open(root, path, constants.O_RDONLY);
    try {
      return readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  };

  test(`${open.name}() follows links inside the root only`, () => {
    assert.equal(read('absolute/passwd'), 'inside');
    assert.equal(read('a/climb'), 'inside');
    assert.equal(read('a/link/file'), 'file');
    assert.equal(read('../../../etc/passwd'), 'inside');
    assert.equal(read('/a/../a/./b//file'), 'file');
    assert.throws(() => read('magic'), { code: 'ENOENT' });
    assert.throws(() => read('loop'), { code: 'ELOOP' });
    assert.throws(() => read('a/b/file/x'), { code: 'ENOTDIR' });
  });

  test(`${open.name}() with O_NOFOLLOW refuses a last link`, () => {
    assert.throws(() => open(root, 'a/climb', constants.O_NOFOLLOW), { code: 'ELOOP' });
  });

  test(`${open.name}() opens the root itself`, () => {
    for (const path of ['', '.', '/', '..', 'a/..']) {
      const fd = open(root, path, constants.O_DIRECTORY);
      assert.equal(readlinkSync(`/proc/self/fd/${fd}`), tree);
      closeSync(fd);
    }
  });

  test(`${open.name}() makes files`, () => {
    const fd = open(root, `absolute/${open.name}`, constants.O_CREAT | constants.O_EXCL, 0o600);
    closeSync(fd);
    assert.ok(readdirSync(join(tree, 'etc')).includes(open.name));
  });

  test(`${open.name}() leaves no descriptor open`, () => {
    const before = readdirSync('/proc/self/fd').length;
    read('a/link/../link/file');
    assert.throws(() => read('a/b/nothing'));
    assert.throws(() => read('loop'));
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });
}

test('InsideRoot.at() keeps to the directory that it opened when that is swapped for a link', () => {
  mkdirSync(join(tree, 'swap'));
  using inside = new InsideRoot(tree);
  writeFileSync(inside.at('swap/one'), '1');
  renameSync(join(tree, 'swap'), join(tree, 'moved'));
  symlinkSync('/tmp', join(tree, 'swap'));
  writeFileSync(inside.at('swap/two'), '2');
  assert.deepEqual(readdirSync(join(tree, 'moved')), ['one', 'two']);
});

test('InsideRoot.at() refuses names that are no entry', () => {
  using inside = new InsideRoot(tree);
  for (const path of ['', '/', '.', '..', 'a/..', 'a/.', '../']) {
    assert.throws(() => inside.at(path), { code: 'EINVAL' }, path);
  }
  assert.throws(() => inside.at('a\0/b'), { code: 'EINVAL' });
});

test('InsideRoot.chmod() refuses links', () => {
  using inside = new InsideRoot(tree);
  assert.throws(() => inside.chmod('a/climb', 0o777), { code: 'ELOOP' });
  inside.chmod('etc/passwd', 0o4711);
  assert.equal(readFileSync(inside.at('etc/passwd'), 'utf8'), 'inside');
});
