import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { scratchStore } from '../../test/scratch-store.ts';
import { startChild } from '../../test/store-child.ts';
import { openStore } from './open-store.ts';

/** A file system of its own with this much room, in KiB. */
function smallDisk(size: number): Disposable & { readonly path: string } {
  const path = mkdtempSync(`${tmpdir()}/stave-full-`);
  execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', path]);
  return {
    path,
    [Symbol.dispose]() {
      execFileSync('/bin/umount', ['-l', path]);
      rmSync(path, { recursive: true });
    },
  };
}
const notRoot = process.getuid?.() !== 0 && 'needs root, to mount a small file system';

test(
  'a full disk stops an ingest, keeps nothing of it, and the store goes on',
  { skip: notRoot },
  async () => {
    using disk = smallDisk(4096);
    using store = openStore(disk.path);
    const kept = store.blobs.putSync(Buffer.from('kept'));
    {
      await using writer = await store.blobs.ingest('k');
      await assert.rejects(
        async () => {
          for (;;) await writer.write(Buffer.alloc(64 * 1024, 1));
        },
        { code: 'DISK_FULL' },
      );
    }
    assert.deepEqual(readdirSync(store.paths.ingest), []);
    assert.deepEqual(store.blobs.readSync(kept.digest), Buffer.from('kept'));
    assert.throws(() => store.blobs.putSync(Buffer.alloc(8 << 20)), { code: 'DISK_FULL' });
    assert.deepEqual(readdirSync(store.paths.ingest), []);
    store.write(({ facts }) => facts.set('still', 'works'));
    assert.deepEqual((await store.check()).problems, []);
  },
);

test('a full disk stops a transaction, which leaves no trace', { skip: notRoot }, async () => {
  using disk = smallDisk(2048);
  using store = openStore(disk.path);
  const filler = `${disk.path}/filler`;
  try {
    writeFileSync(filler, Buffer.alloc(8 << 20));
  } catch {
    // It is as large as it can be.
  }
  assert.deepEqual(
    store.read(({ images }) => images.list()),
    [],
  );
  assert.throws(() => store.write(({ facts }) => facts.set('k', 'x'.repeat(4 << 20))), {
    code: 'DISK_FULL',
  });
  assert.equal(
    store.read(({ facts }) => facts.get('k')),
    undefined,
  );
  rmSync(filler);
  store.write(({ facts }) => facts.set('k', 'v'));
  assert.equal(
    store.read(({ facts }) => facts.get('k')),
    'v',
  );
});

test('a store that found no room to be made is made when there is some', { skip: notRoot }, () => {
  using disk = smallDisk(64);
  const root = `${disk.path}/store`;
  assert.throws(() => openStore(root), { code: 'DISK_FULL' });
  assert.deepEqual(
    readdirSync(root).filter((name) => name.startsWith('.')),
    [],
  );
  execFileSync('/bin/mount', ['-o', 'remount,size=4096k', disk.path]);
  using store = openStore(root);
  assert.match(store.id, /^[0-9a-f]{12}$/);
});

test('a store whose maker is killed at any moment is sound and can be used', async () => {
  const root = mkdtempSync(`${tmpdir()}/stave-kill-`);
  try {
    for (let round = 0; round < 8; round += 1) {
      rmSync(root, { recursive: true });
      const child = startChild(root, `say('ready'); openStore(root).id; await forever();`);
      await child.said('ready');
      await delay(round * 1.5);
      await child.kill();
      using store = openStore(root);
      store.write(({ facts }) => facts.set('k', 'v'));
      assert.deepEqual((await store.check()).problems, []);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

/** Makes images of one layer each, names and un-names them, and collects, as fast as it can. */
const CHURN = `
  import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
  import { createHash } from 'node:crypto';
  const store = openStore(root);
  const hash = (text) => 'sha256:' + createHash('sha256').update(text).digest('hex');
  const boot = (await import('node:fs')).readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  const media = (kind) => 'application/vnd.oci.image.' + kind;
  say('ready');
  for (let round = 0; ; round += 1) {
    const lease = store.lease('churn');
    const layer = hash('layer ' + (round % 7));
    const draft = lease.directory + '/draft';
    mkdirSync(draft + '/fs', { recursive: true });
    writeFileSync(draft + '/files', '');
    lease.hold('layer', layer);
    try { renameSync(draft, store.paths.layer(layer)); } catch {}
    store.note(({ layers }) => {
      const figures = { size: 1, contentSize: 1, entries: 1, writer: 1, createdAt: 1 };
      layers.put({ diffId: layer, ...figures, synced: true, bootId: boot });
      layers.putChain(layer, undefined, layer);
    });
    const rootfs = { type: 'layers', diff_ids: [layer] };
    const config = store.blobs.putSync(Buffer.from(JSON.stringify({ os: 'linux', rootfs })));
    const manifest = store.blobs.putSync(Buffer.from(JSON.stringify({
      schemaVersion: 2, config: { mediaType: media('config.v1+json'), ...config }, layers: [],
    })));
    const writer = await store.blobs.ingest('k' + (round % 3));
    await writer.write(Buffer.from('blob ' + round));
    if (round % 4) await writer.commit(); else await writer.discard();
    store.write(({ images }) => {
      images.put({
        id: config.digest, manifest: { mediaType: media('manifest.v1+json'), ...manifest },
        platform: { os: 'linux', architecture: 'x' }, chain: layer, storedAt: 1, size: 1, labels: {},
      });
      images.tag('docker.io/library/churn:' + (round % 3), config.digest, round);
    });
    lease[Symbol.dispose]();
    if (round % 2) store.write(({ images }) => images.remove(config.digest));
    if (round % 3 === 0) await store.collect();
  }`;

test('kill -9 at random moments leaves a store in which nothing is wrong', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  for (let round = 0; round < 10; round += 1) {
    const children = [startChild(scratch.root, CHURN), startChild(scratch.root, CHURN)];
    await Promise.all(children.map((child) => child.said('ready')));
    await delay(10 + Math.random() * 60);
    await Promise.all(children.map((child) => child.kill()));
    assert.deepEqual((await store.check()).problems, []);
  }
  store.write(({ images }) => images.list().forEach(({ id }) => images.remove(id)));
  await store.collect();
  const { paths } = store;
  for (const directory of [paths.layers, paths.tmp, paths.trash, `${paths.blobs}/sha256`]) {
    assert.deepEqual(readdirSync(directory), []);
  }
});
