import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { layerTree } from '../../test/layer-tree.ts';
import { scratchStore } from '../../test/scratch-store.ts';
import { memberTar as tar } from '../../test/support/member-tar.ts';
import { collect, once } from '../base/bytes.ts';
import { compressed } from '../layer/compression.ts';
import { chainOn, digestOf, type DiffId } from '../oci/digest.ts';
import type { Store } from '../store/store.ts';
import { makeNode } from '../sys/node.ts';
import { getXattr, setXattr } from '../sys/xattr.ts';
import { OPAQUE, YES } from './attributes.ts';
import { overlaySnapshotter } from './overlay.ts';
import type { SealedLayer } from './snapshotter.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root for devices and overlay attributes';

/** Seals what `fill` makes in a new draft. */
async function seal(store: Store, fill: (fs: string) => void): Promise<SealedLayer> {
  const lease = store.lease('test');
  const snapshots = overlaySnapshotter(store);
  await using draft = snapshots.draft(lease);
  fill(draft.fs);
  return await snapshots.seal(draft);
}

async function apply(store: Store, bytes: Buffer, below?: DiffId[]): Promise<SealedLayer> {
  const lease = store.lease('test');
  const snapshots = overlaySnapshotter(store);
  await using draft = snapshots.draft(lease);
  return await snapshots.apply(draft, once(bytes), below ? { below } : {});
}

/** A bit of everything that a layer can hold. */
function fillWithAll(fs: string): void {
  mkdirSync(`${fs}/dir/deep`, { recursive: true });
  writeFileSync(`${fs}/dir/file`, 'content');
  linkSync(`${fs}/dir/file`, `${fs}/also`);
  chmodSync(`${fs}/also`, 0o4755);
  chownSync(`${fs}/also`, 1000, 4_000_000_000);
  symlinkSync('../../../../etc/passwd', `${fs}/dir/deep/link`);
  makeNode(`${fs}/dir/gone`, 'char', 0, 0, 0);
  makeNode(`${fs}/dir/device`, 'block', 0o640, 8, 300);
  makeNode(`${fs}/dir/pipe`, 'fifo', 0o600);
  mkdirSync(`${fs}/opaque`);
  chmodSync(`${fs}/opaque`, 0o3777);
  setXattr(`${fs}/opaque`, OPAQUE, YES);
  setXattr(`${fs}/opaque`, 'trusted.overlay.impure', YES);
  setXattr(`${fs}/dir/file`, 'user.kept', Buffer.from([0, 255]));
  writeFileSync(`${fs}/sparse`, '');
  truncateSync(`${fs}/sparse`, 3_000_000);
  appendFileSync(`${fs}/sparse`, 'end');
  utimesSync(`${fs}/dir`, 1000, 1000);
}

test('seal() writes a tar that GNU tar reads, with marks for deletions', { skip }, async () => {
  using scratch = scratchStore();
  const layer = await seal(scratch.store, fillWithAll);
  const bytes = await collect(overlaySnapshotter(scratch.store).tar(layer.diffId), 1e8);
  assert.equal(digestOf(bytes), layer.diffId);
  assert.equal(bytes.length, layer.size);
  const listed = execFileSync('tar', ['-tf', '-'], { input: bytes, encoding: 'utf8' });
  assert.deepEqual(listed.trim().split('\n'), [
    'also',
    'dir/',
    'dir/deep/',
    'dir/deep/link',
    'dir/device',
    'dir/file',
    'dir/.wh.gone',
    'dir/pipe',
    'opaque/',
    'opaque/.wh..wh..opq',
    'sparse',
  ]);
});

test(
  'apply() makes the same directory and diff ID out of the tar that seal() made',
  { skip },
  async () => {
    using one = scratchStore();
    using two = scratchStore();
    const layer = await seal(one.store, fillWithAll);
    const bytes = await collect(overlaySnapshotter(one.store).tar(layer.diffId), 1e8);
    assert.deepEqual(await apply(two.store, bytes), layer);
    const fs = two.store.paths.layerFs(layer.diffId);
    assert.deepEqual(layerTree(fs), layerTree(one.store.paths.layerFs(layer.diffId)));
    assert.ok(lstatSync(`${fs}/sparse`).blocks < 1000, 'holes are kept');
    assert.equal(getXattr(`${fs}/opaque`, 'trusted.overlay.impure'), undefined);
  },
);

test('seal() keeps rows in its table in the order of the tar', { skip }, async () => {
  using scratch = scratchStore();
  const layer = await seal(scratch.store, fillWithAll);
  const rows = [...overlaySnapshotter(scratch.store).files(layer.diffId)].map(
    ({ path, type }) => `${type} ${Buffer.from(path).toString()}`,
  );
  assert.deepEqual(rows.slice(4, 10), [
    'block dir/device',
    'hardlink dir/file',
    'whiteout dir/gone',
    'fifo dir/pipe',
    'directory opaque',
    'opaque opaque',
  ]);
  assert.equal(rows.length, layer.entries);
});

test(
  'seal() leaves sockets out and refuses names that would read as deletions',
  { skip },
  async () => {
    using scratch = scratchStore();
    const server = createServer().unref();
    const layer = await (async () => {
      const snapshots = overlaySnapshotter(scratch.store);
      const lease = scratch.store.lease('test');
      await using draft = snapshots.draft(lease);
      await new Promise<void>((resolve) => server.listen(`${draft.fs}/socket`, resolve));
      return await snapshots.seal(draft);
    })();
    server.close();
    assert.equal(layer.entries, 0);
    await assert.rejects(
      seal(scratch.store, (fs) => writeFileSync(`${fs}/.wh.x`, '')),
      { code: 'UNWRITABLE_LAYER' },
    );
  },
);

test('seal() of the same tree twice keeps one layer and leaves no draft', { skip }, async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const fill = (fs: string): void => {
    writeFileSync(`${fs}/x`, 'x');
    utimesSync(`${fs}/x`, 5, 5);
  };
  const one = await seal(store, fill);
  const { ino } = lstatSync(store.paths.layer(one.diffId));
  assert.deepEqual(await seal(store, fill), one);
  assert.equal(lstatSync(store.paths.layer(one.diffId)).ino, ino);
  assert.equal(readdirSync(store.paths.layers).length, 1);
  for (const lease of readdirSync(store.paths.tmp)) {
    assert.deepEqual(readdirSync(`${store.paths.tmp}/${lease}`), []);
  }
});

test('sealHashed() takes a writer at its word', { skip }, async () => {
  using scratch = scratchStore();
  const snapshots = overlaySnapshotter(scratch.store);
  const lease = scratch.store.lease('test');
  await using draft = snapshots.draft(lease);
  writeFileSync(`${draft.scratch}/table`, 'rows');
  const figures = {
    diffId: digestOf('x') as string as DiffId,
    size: 1,
    contentSize: 2,
    entries: 3,
  };
  snapshots.sealHashed(draft, figures, `${draft.scratch}/table`);
  assert.equal(readFileSync(scratch.store.paths.layerFiles(figures.diffId), 'utf8'), 'rows');
  const row = scratch.store.read(({ layers }) => layers.get(figures.diffId));
  assert.deepEqual([row?.size, row?.contentSize, row?.entries, row?.writer], [1, 2, 3, 1]);
});

test('name() makes stacks, and sync() makes them durable', { skip }, async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const snapshots = overlaySnapshotter(store);
  const one = await seal(store, (fs) => writeFileSync(`${fs}/1`, ''));
  const two = await seal(store, (fs) => writeFileSync(`${fs}/2`, ''));
  const first = snapshots.name(one.diffId, undefined);
  const second = snapshots.name(two.diffId, first, {
    instruction: 'RUN x',
    file: 'Dockerfile',
    lines: [3, 4],
  });
  assert.equal(second, chainOn(first, two.diffId));
  assert.deepEqual(snapshots.stack(second), [one.diffId, two.diffId]);
  assert.equal(snapshots.stack(chainOn(second, one.diffId)), undefined);
  const [, origin] = store.read(({ layers }) => layers.origins(second));
  assert.deepEqual([origin?.instruction, origin?.firstLine, origin?.lastLine], ['RUN x', 3, 4]);
  snapshots.sync([one.diffId]);
  const synced = (layer: DiffId): boolean | undefined =>
    store.read(({ layers }) => layers.get(layer)?.synced);
  assert.deepEqual([synced(one.diffId), synced(two.diffId)], [true, false]);
});

test('view() and directories() show a stack', { skip }, async () => {
  using scratch = scratchStore();
  const snapshots = overlaySnapshotter(scratch.store);
  const one = await seal(scratch.store, (fs) => writeFileSync(`${fs}/a`, '1'));
  const two = await apply(scratch.store, tar({ path: '.wh..wh..opq' }, { path: 'b', body: '2' }));
  assert.equal(snapshots.view([one.diffId]).read('/a', 10)?.toString(), '1');
  assert.equal(snapshots.view([one.diffId, two.diffId]).find('/a'), undefined);
  assert.deepEqual(snapshots.directories([one.diffId, two.diffId]), [
    scratch.store.paths.layerFs(two.diffId),
  ]);
  assert.equal(snapshots.directories([two.diffId, one.diffId]).length, 2);
  const missing = digestOf('missing') as string as DiffId;
  assert.throws(() => snapshots.view([missing]), { code: 'LAYER_MISSING' });
  assert.throws(() => snapshots.files(missing), { code: 'LAYER_MISSING' });
});

test('tar() prefers the blob that is kept, and says when it is another', { skip }, async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const snapshots = overlaySnapshotter(store);
  const bytes = Buffer.concat([tar({ path: './x', body: 'odd form' }), Buffer.alloc(8192)]);
  const layer = await apply(store, bytes);
  await assert.rejects(collect(snapshots.tar(layer.diffId)), { code: 'LAYER_DAMAGED' });
  const keep = (packed: Buffer): void => {
    const { digest, size } = store.blobs.putSync(packed);
    const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
    store.write((tables) =>
      tables.blobs.putLayerBlob({ diffId: layer.diffId, blob: { digest, size, mediaType } }),
    );
  };
  keep(await collect(compressed(once(bytes), 'gzip')));
  assert.ok(bytes.equals(await collect(snapshots.tar(layer.diffId))));
  assert.equal(await snapshots.verify(layer.diffId), undefined);
});

test('verify() finds what was changed behind its back', { skip }, async () => {
  using scratch = scratchStore();
  const snapshots = overlaySnapshotter(scratch.store);
  const made = await seal(scratch.store, fillWithAll);
  const got = await apply(
    scratch.store,
    tar({ path: './a/', type: 'directory' }, { path: './a/b', body: 'text' }),
  );
  assert.equal(await snapshots.verify(made.diffId), undefined);
  assert.equal(await snapshots.verify(got.diffId), undefined);
  writeFileSync(`${scratch.store.paths.layerFs(made.diffId)}/dir/file`, 'CONTENT');
  chmodSync(`${scratch.store.paths.layerFs(got.diffId)}/a`, 0o700);
  assert.match((await snapshots.verify(made.diffId)) ?? '', /"also" has other content/);
  assert.match((await snapshots.verify(got.diffId)) ?? '', /"a" has other modes/);
  const missing = digestOf('missing') as string as DiffId;
  assert.equal(await snapshots.verify(missing), 'it is not in the database');
});

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

test('apply() on a full disk says so', { skip }, async () => {
  using scratch = scratchStore();
  const snapshots = overlaySnapshotter(scratch.store);
  const lease = scratch.store.lease('test');
  await using draft = snapshots.draft(lease);
  async function* full(): AsyncGenerator<Uint8Array, void> {
    yield tar({ path: 'x' }).subarray(0, 512);
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  }
  await assert.rejects(snapshots.apply(draft, full()), { code: 'DISK_FULL' });
});
