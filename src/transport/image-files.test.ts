import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { tarOf } from '../../test/tar-of.ts';
import { collect } from '../base/bytes.ts';
import { directoryFiles, type ImageFiles, readDocument, tarFiles } from './image-files.ts';

/** Opens a tar in a file. */
async function opened(tar: Buffer): Promise<{ readonly files: ImageFiles } & Disposable> {
  const folder = mkdtempSync(`${tmpdir()}/stave-files-`);
  writeFileSync(join(folder, 'a.tar'), tar);
  const fd = openSync(join(folder, 'a.tar'), 'r');
  const close = (): void => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  };
  try {
    return { files: await tarFiles(fd, 'a.tar'), [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

const text = async (files: ImageFiles, name: string): Promise<string> =>
  (await collect(files.open(name))).toString();

test('tarFiles() reads the files of an archive in any order', async () => {
  const large = Buffer.alloc(3_000_001, 'x');
  const long = `${'d/'.repeat(200)}long`;
  using tar = await opened(
    tarOf([
      { name: './first', data: 'one' },
      { name: 'large', data: large },
      { name: long, data: 'three' },
      { name: 'empty', data: '' },
      { name: 'last', data: 'last' },
    ]),
  );
  assert.equal(await text(tar.files, 'last'), 'last');
  assert.ok((await collect(tar.files.open('large'), 1 << 23)).equals(large));
  assert.equal(await text(tar.files, long), 'three');
  assert.equal(await text(tar.files, 'first'), 'one');
  assert.equal(tar.files.size('empty'), 0);
  assert.equal(tar.files.size('none'), undefined);
});

test('tarFiles() follows links inside of the archive only', async () => {
  using tar = await opened(
    tarOf([
      { name: 'a/layer.tar', data: 'layer' },
      { name: 'b/layer.tar', type: 'symlink', link: '../a/layer.tar' },
      { name: 'hard', type: 'hardlink', link: 'a/layer.tar' },
      { name: 'out', type: 'symlink', link: '../../etc/passwd' },
      { name: 'round', type: 'symlink', link: 'round' },
    ]),
  );
  assert.equal(await text(tar.files, 'b/layer.tar'), 'layer');
  assert.equal(await text(tar.files, 'hard'), 'layer');
  assert.equal(tar.files.size('out'), undefined);
  assert.equal(tar.files.size('round'), undefined);
});

test('tarFiles() refuses what is no tar, what climbs out, and files that are cut off', async () => {
  await assert.rejects(opened(Buffer.from('{"a": 1}')), /it is a JSON document/);
  await assert.rejects(opened(tarOf([{ name: '../x', data: '' }])), /leads out of it/);
  const whole = tarOf([{ name: 'x', data: Buffer.alloc(5000) }]);
  using tar = await opened(whole.subarray(0, 2000));
  await assert.rejects(text(tar.files, 'x'), /"x" ends too early/);
});

test('directoryFiles() follows no links, and reads no document that is too large to be one', async () => {
  const folder = mkdtempSync(`${tmpdir()}/stave-files-`);
  try {
    symlinkSync('/etc/passwd', join(folder, 'link'));
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'file'), 'content');
    writeFileSync(join(folder, 'large'), Buffer.alloc(5 * 1024 * 1024));
    const files = directoryFiles(folder, 'the folder');
    assert.deepEqual(
      ['link', 'folder', 'none', 'file'].map((name) => files.size(name)),
      [undefined, undefined, undefined, 7],
    );
    assert.equal((await readDocument(files, 'file'))?.toString(), 'content');
    await assert.rejects(readDocument(files, 'large'), /large in the folder is larger than/);
    await assert.rejects(text(files, 'link'), /"link" is not in the folder/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
