import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { once } from '../../src/base/bytes.ts';
import { overlaySnapshotter } from '../../src/snapshot/overlay.ts';
import { getXattrs } from '../../src/sys/xattr.ts';
import { layerTree } from '../layer-tree.ts';
import { scratchStore } from '../scratch-store.ts';
import { memberTar, type Member } from '../support/member-tar.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root for devices and overlay attributes';
const refused = { code: 'INVALID_INPUT', message: /^refused/ };

/** Unpacks the members and hands the layer's directory to `look` while it is there. */
async function unpack(
  members: readonly Member[],
  look: (fs: string) => void = () => {},
): Promise<void> {
  using scratch = scratchStore();
  const snapshots = overlaySnapshotter(scratch.store);
  using lease = scratch.store.lease('test');
  await using draft = snapshots.draft(lease);
  try {
    const { diffId } = await snapshots.apply(draft, once(memberTar(...members)));
    look(scratch.store.paths.layerFs(diffId));
  } catch (error) {
    assert.deepEqual(readdirSync(scratch.store.paths.layers), [], 'nothing of it is kept');
    throw error;
  }
}

for (const path of ['.wh.', '.wh..', '.wh...', 'a/.wh.', 'a/.wh...', './/.wh..']) {
  test(`the whiteout ${path} of nothing is refused`, { skip }, async () => {
    await assert.rejects(unpack([{ path }]), refused);
  });
}

for (const path of ['.wh.a/x', 'd/.wh.a/b/x']) {
  test(`the member ${path} below a whiteout is refused`, { skip }, async () => {
    await assert.rejects(unpack([{ path, body: '' }]), refused);
  });
}

test('attributes of overlayfs and of this machine are not taken over', { skip }, async () => {
  const y = Buffer.from('y');
  const xattrs = new Map([
    ['trusted.overlay.opaque', y],
    ['trusted.overlay.redirect', Buffer.from('/etc')],
    ['trusted.overlay.metacopy', Buffer.alloc(0)],
    ['user.overlay.opaque', y],
    ['security.ima', Buffer.from('0401', 'hex')],
    ['user.mine', Buffer.from('kept')],
  ]);
  await unpack(
    [
      { path: './', type: 'directory', xattrs },
      { path: 'd/', type: 'directory', xattrs },
      { path: 'd/f', body: 'x', xattrs },
    ],
    (fs) => {
      for (const path of [fs, `${fs}/d`, `${fs}/d/f`]) {
        assert.deepEqual([...getXattrs(path).keys()], ['user.mine'], path);
      }
    },
  );
});

test('the device that stands for a deleted file is refused', { skip }, async () => {
  const device = { major: 0, minor: 0 };
  await assert.rejects(unpack([{ path: 'a', type: 'char', device }]), refused);
  await unpack([{ path: 'null', type: 'char', device: { major: 1, minor: 3 } }], (fs) =>
    assert.equal(layerTree(fs).length, 1),
  );
});

test('names that come twice are refused, but directories may', { skip }, async () => {
  const file: Member = { path: 'a', body: '' };
  const directory: Member = { path: 'a/', type: 'directory' };
  await assert.rejects(unpack([file, file]), refused);
  await assert.rejects(unpack([file, { ...file, path: './/a' }]), refused);
  await assert.rejects(unpack([file, directory]), refused);
  await assert.rejects(unpack([directory, file]), refused);
  await assert.rejects(unpack([file, { path: 'a/b', body: '' }]), refused);
  await unpack([directory, { path: 'a/b', body: '' }, directory]);
});

test('names and links longer than any path are refused', { skip }, async () => {
  await assert.rejects(unpack([{ path: 'd/'.repeat(2100), type: 'directory' }]), refused);
  const linkTarget = 'x'.repeat(5000);
  await assert.rejects(unpack([{ path: 'a', type: 'symlink', linkTarget }]), refused);
  await unpack([{ path: 'd/'.repeat(2040), type: 'directory' }]);
});

test('owners that mean "leave it as it is" are refused', { skip }, async () => {
  const invalid = { code: 'INVALID_INPUT' };
  await assert.rejects(unpack([{ path: 'a', uid: 0xffffffff }]), invalid);
  await assert.rejects(unpack([{ path: 'a', gid: 2 ** 40 }]), invalid);
  await unpack([{ path: 'a', uid: 0xfffffffe }]);
});

test('attributes that no file can have are refused', { skip }, async () => {
  const xattrs = new Map([['security.capability', Buffer.from('nonsense')]]);
  await assert.rejects(unpack([{ path: 'a', xattrs }]), refused);
});

test('a directory swapped for a link while it is unpacked leads nowhere', { skip }, async () => {
  using scratch = scratchStore();
  const snapshots = overlaySnapshotter(scratch.store);
  using lease = scratch.store.lease('test');
  await using draft = snapshots.draft(lease);
  const outside = mkdtempSync(`${tmpdir()}/stave-canary-`);
  const members = Array.from({ length: 200 }, (_, i): Member => ({ path: `d/f${i}`, body: 'x' }));
  const tar = memberTar({ path: 'd/', type: 'directory' }, { path: 'e/x', body: '' }, ...members);
  async function* swapping(): AsyncGenerator<Uint8Array, void> {
    for (let at = 0, turn = 0; at < tar.length; at += 1024, turn += 1) {
      yield tar.subarray(at, at + 1024);
      if (turn < 4) continue;
      // Somebody who could write into the draft, between any two members.
      if (turn % 2 === 0) {
        renameSync(`${draft.fs}/d`, `${draft.scratch}/d`);
        symlinkSync(outside, `${draft.fs}/d`);
      } else {
        rmSync(`${draft.fs}/d`);
        renameSync(`${draft.scratch}/d`, `${draft.fs}/d`);
      }
    }
  }
  await snapshots.apply(draft, swapping()).catch((error: unknown) => error);
  assert.deepEqual(readdirSync(outside), []);
  rmSync(outside, { recursive: true });
});

test('a layer refused late leaves nothing but its draft, which goes too', { skip }, async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const snapshots = overlaySnapshotter(store);
  using lease = store.lease('test');
  mkdirSync(`${lease.directory}/mine`);
  {
    await using draft = snapshots.draft(lease);
    const tar = memberTar({ path: 'a', body: 'x' }, { path: '../b', body: 'x' });
    await assert.rejects(snapshots.apply(draft, once(tar)), refused);
  }
  assert.deepEqual(readdirSync(lease.directory), ['mine']);
  assert.deepEqual(readdirSync(store.paths.layers), []);
  assert.deepEqual(
    store.read(({ layers }) => layers.list()),
    [],
  );
});
