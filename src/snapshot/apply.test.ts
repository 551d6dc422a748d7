import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { layerTree } from '../../test/layer-tree.ts';
import { scratchStore } from '../../test/scratch-store.ts';
import { memberTar as tar } from '../../test/support/member-tar.ts';
import { apply } from '../../test/support/scratch-layers.ts';
import { getXattr } from '../sys/xattr.ts';
import { OPAQUE } from './attributes.ts';
import { overlaySnapshotter } from './overlay.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root for devices and overlay attributes';

test(
  'apply() puts parents that are not listed where the layers below have them',
  { skip },
  async () => {
    using scratch = scratchStore();
    const { store } = scratch;
    const base = await apply(
      store,
      tar(
        { path: 'usr/bin/', type: 'directory', mode: 0o711, uid: 7 },
        { path: 'bin', type: 'symlink', linkTarget: 'usr/bin' },
        { path: 'usr/bin/tool', body: 'tool', mode: 0o755 },
      ),
    );
    const top = await apply(
      store,
      tar(
        { path: 'bin/new', body: 'new' },
        { path: 'fresh/x', body: 'x' },
        { path: 'usr/bin/tool2', type: 'hardlink', linkTarget: 'usr/bin/tool' },
      ),
      [base.diffId],
    );
    const fs = store.paths.layerFs(top.diffId);
    assert.ok(!existsSync(`${fs}/bin`));
    const bin = lstatSync(`${fs}/usr/bin`);
    assert.deepEqual([bin.mode & 0o7777, bin.uid], [0o711, 7]);
    assert.deepEqual(readdirSync(`${fs}/usr/bin`), ['new', 'tool', 'tool2']);
    assert.equal(lstatSync(`${fs}/usr/bin/tool`).ino, lstatSync(`${fs}/usr/bin/tool2`).ino);
    const paths = [...overlaySnapshotter(store).files(top.diffId)].map(({ path }) =>
      Buffer.from(path).toString(),
    );
    assert.deepEqual(paths, ['usr/bin/new', 'fresh/x', 'usr/bin/tool2']);
    assert.equal(await overlaySnapshotter(store).verify(top.diffId), undefined);
  },
);

test(
  'apply() of marks in any order hides what is below and keeps what comes with them',
  { skip },
  async () => {
    using scratch = scratchStore();
    const directory = { type: 'directory' } as const;
    const top = await apply(
      scratch.store,
      tar(
        { path: '.wh.before' },
        { path: 'before', body: 'x' },
        { path: 'after/', ...directory },
        { path: '.wh.after' },
        { path: 'after/x', body: 'x' },
        { path: '.wh.parent' },
        { path: 'parent/x', body: 'x' },
        { path: '.wh.dir' },
        { path: 'dir/', ...directory },
        { path: '.wh..wh.plnk/', ...directory },
        { path: '.wh..wh.plnk/123', body: 'aufs' },
      ),
    );
    assert.deepEqual(
      layerTree(scratch.store.paths.layerFs(top.diffId)).map((line) => line.split(' ')[0]),
      ['/after', '/after/x', '/before', '/dir', '/parent', '/parent/x'],
    );
    for (const name of ['after', 'parent', 'dir']) {
      const path = `${scratch.store.paths.layerFs(top.diffId)}/${name}`;
      assert.equal(getXattr(path, OPAQUE)?.toString(), 'y', name);
    }
  },
);

test(
  'apply() keeps times, owners, setuid bits, capabilities and link texts',
  { skip },
  async () => {
    using scratch = scratchStore();
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
    const layer = await apply(
      scratch.store,
      tar(
        { path: './', type: 'directory', mode: 0o700 },
        { path: 'd/', type: 'directory', mtime: 1_000_000_000n },
        { path: 'd/', type: 'directory', mode: 0o1777, mtime: 2_000_000_000n },
        {
          path: 'd/ping',
          body: 'x',
          mode: 0o4755,
          uid: 3,
          gid: 4,
          mtime: -5_000_000_000n,
          xattrs: new Map([
            ['security.capability', capability],
            ['security.selinux', Buffer.from('no')],
          ]),
        },
        { path: 'd/link', type: 'symlink', linkTarget: '//../x/./y' },
      ),
    );
    const fs = scratch.store.paths.layerFs(layer.diffId);
    const stat = lstatSync(`${fs}/d/ping`, { bigint: true });
    assert.deepEqual(
      [stat.mode & 0o7777n, stat.uid, stat.gid, stat.mtimeNs],
      [0o4755n, 3n, 4n, -5_000_000_000n],
    );
    assert.ok(getXattr(`${fs}/d/ping`, 'security.capability')?.equals(capability));
    assert.equal(getXattr(`${fs}/d/ping`, 'security.selinux'), undefined);
    assert.equal(readlinkSync(`${fs}/d/link`), '//../x/./y');
    const d = lstatSync(`${fs}/d`, { bigint: true });
    assert.deepEqual([d.mode & 0o7777n, d.mtimeNs], [0o1777n, 2_000_000_000n]);
    assert.equal(lstatSync(fs).mode & 0o777, 0o700);
  },
);
