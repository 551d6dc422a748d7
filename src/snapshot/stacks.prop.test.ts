import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { layerTree } from '../../test/layer-tree.ts';
import { scratchStore } from '../../test/scratch-store.ts';
import { act, operation, type Seen, walkMount, walkView } from '../../test/support/random-tree.ts';
import type { DiffId } from '../oci/digest.ts';
import { mountOverlay } from '../sys/mount.ts';
import { canMount, enterPrivateMounts } from '../sys/namespace.ts';
import { isOpaque } from './attributes.ts';
import { overlaySnapshotter } from './overlay.ts';

const skip = canMount() ? false : 'needs root with CAP_SYS_ADMIN';
// Only synchronous file calls below: other threads may not see these mounts.
if (skip === false) enterPrivateMounts();

async function* inPieces(bytes: Buffer[]): AsyncGenerator<Uint8Array, void> {
  yield* bytes;
}

test('any tree becomes a tar, and that tar the same tree and diff ID', { skip }, async () => {
  using one = scratchStore();
  using two = scratchStore();
  const [from, to] = [overlaySnapshotter(one.store), overlaySnapshotter(two.store)];
  using leaseOne = one.store.lease('test');
  using leaseTwo = two.store.lease('test');
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
      await using draft = from.draft(leaseOne);
      for (const each of operations) act(draft.fs, each, true);
      const before = layerTree(draft.fs);
      const layer = await from.seal(draft);
      const bytes: Buffer[] = [];
      for await (const chunk of from.tar(layer.diffId)) bytes.push(Buffer.from(chunk));
      await using copy = to.draft(leaseTwo);
      assert.deepEqual(await to.apply(copy, inPieces(bytes)), layer);
      assert.deepEqual(layerTree(two.store.paths.layerFs(layer.diffId)), before);
      assert.equal(await to.verify(layer.diffId), undefined);
      // Written again from the copy, it is checked against the diff ID.
      for await (const _ of to.tar(layer.diffId)) continue;
    }),
    { numRuns: 60 },
  );
});

test('a view of any stack is what overlayfs makes of it', { skip }, () => {
  const scratch = mkdtempSync(`${tmpdir()}/stave-stacks-`);
  using scratched = scratchStore();
  const snapshots = overlaySnapshotter(scratched.store);
  let count = 0;
  const layers = fc.array(fc.array(operation, { minLength: 5, maxLength: 20 }), {
    minLength: 2,
    maxLength: 4,
  });
  try {
    fc.assert(
      fc.property(layers, (stack) => {
        const ids = stack.map((operations) => {
          const id = `sha256:${String(count++).padStart(64, '0')}` as DiffId;
          const fs = scratched.store.paths.layerFs(id);
          mkdirSync(fs, { recursive: true });
          for (const each of operations) act(fs, each, true);
          return id;
        });
        const target = `${scratch}/${count}`;
        mkdirSync(target);
        using _mount = mountOverlay(target, { lower: [...snapshots.directories(ids)] });
        assert.deepEqual(walkView(snapshots.view(ids)), walkMount(target));
      }),
      { numRuns: 100 },
    );
  } finally {
    rmSync(scratch, { recursive: true });
  }
});

test('what is done in a mounted stack is in its sealed layer', { skip }, async () => {
  using scratched = scratchStore();
  const { store } = scratched;
  const snapshots = overlaySnapshotter(store);
  using lease = store.lease('test');
  const operations = fc.array(operation, { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(operations, operations, async (first, second) => {
      await using bottom = snapshots.draft(lease);
      for (const each of first) act(bottom.fs, each, false);
      const base = await snapshots.seal(bottom);
      await using draft = snapshots.draft(lease);
      const target = `${draft.scratch}/root`;
      mkdirSync(target);
      let seen: Seen[];
      {
        using _mount = mountOverlay(target, {
          lower: [...snapshots.directories([base.diffId])],
          upper: draft.fs,
          work: draft.work,
        });
        for (const each of second) act(target, each, false);
        seen = walkMount(target);
      }
      const layer = await snapshots.seal(draft);
      assert.deepEqual(walkView(snapshots.view([base.diffId, layer.diffId])), seen);
      assert.equal(isOpaque(Buffer.from(store.paths.layerFs(layer.diffId))), false);
    }),
    { numRuns: 60 },
  );
});
