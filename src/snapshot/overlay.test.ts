import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { layerTree } from '../../test/layer-tree.ts';
import { scratchStore } from '../../test/scratch-store.ts';
import { apply, seal } from '../../test/support/scratch-layers.ts';
import { memberTar as tar } from '../../test/support/member-tar.ts';
import { collect, once } from '../base/bytes.ts';
import { compressed } from '../layer/compression.ts';
import { chainOn, digestOf, type DiffId } from '../oci/digest.ts';
import { bindMount, mountOverlay } from '../sys/mount.ts';
import { canMount, enterPrivateMounts } from '../sys/namespace.ts';
import { makeNode } from '../sys/node.ts';
import { getXattr, setXattr } from '../sys/xattr.ts';
import { OPAQUE, YES } from './attributes.ts';
import { overlaySnapshotter } from './overlay.ts';

const skip = canMount() ? false : 'needs root with CAP_SYS_ADMIN';
if (skip === false) enterPrivateMounts();

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

test(
  'directories() names a layer that comes again once, where it is on top',
  { skip },
  async () => {
    using scratch = scratchStore();
    const snapshots = overlaySnapshotter(scratch.store);
    const one = await seal(scratch.store, (fs) => writeFileSync(`${fs}/a`, '1'));
    const two = await seal(scratch.store, (fs) => makeNode(`${fs}/a`, 'char', 0, 0, 0));
    const lower = snapshots.directories([one, two, one, two, one].map(({ diffId }) => diffId));
    assert.deepEqual(lower, snapshots.directories([two.diffId, one.diffId]));
    const root = `${scratch.store.paths.root}/mounted`;
    mkdirSync(root);
    using _mount = mountOverlay(root, { lower });
    assert.deepEqual(readdirSync(root), ['a']);
  },
);

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

test('a draft that goes does not delete what is still mounted in it', { skip }, async () => {
  using scratch = scratchStore();
  const lease = scratch.store.lease('test');
  const mine = `${scratch.root}/mine`;
  mkdirSync(mine);
  writeFileSync(`${mine}/file`, 'mine');
  {
    await using draft = overlaySnapshotter(scratch.store).draft(lease);
    bindMount(mine, draft.scratch);
  }
  assert.equal(readFileSync(`${mine}/file`, 'utf8'), 'mine');
});
