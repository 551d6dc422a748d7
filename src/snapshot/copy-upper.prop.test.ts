import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { layerTree } from '../../test/layer-tree.ts';
import { scratchStore } from '../../test/scratch-store.ts';
import { act, operation, walkMount, walkView } from '../../test/support/random-tree.ts';
import { FileTableWriter } from '../layer/file-table-io.ts';
import { LayerStream } from '../layer/layer-stream.ts';
import { mountOverlay } from '../sys/mount.ts';
import { canMount, enterPrivateMounts } from '../sys/namespace.ts';
import { copyUpper } from './copy-upper.ts';
import { overlaySnapshotter } from './overlay.ts';

const skip = canMount() ? false : 'needs root with CAP_SYS_ADMIN';
// Only synchronous file calls below: other threads may not see these mounts.
if (skip === false) enterPrivateMounts();

test('copyUpper() makes a layer of what was done in a mounted stack', { skip }, async () => {
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
      await using changed = snapshots.draft(lease);
      await using draft = snapshots.draft(lease);
      const target = `${changed.scratch}/root`;
      mkdirSync(target);
      using _mount = mountOverlay(target, {
        lower: [...snapshots.directories([base.diffId])],
        upper: changed.fs,
        work: changed.work,
      });
      for (const each of second) act(target, each, false);
      const before = layerTree(changed.fs);
      const table = new FileTableWriter(join(draft.scratch, 'files'));
      const stream = new LayerStream({ table });
      const below = snapshots.view([base.diffId]);
      const isChanged = await copyUpper(changed.fs, draft.fs, stream, { below });
      const figures = stream.finish();
      table.close();
      const layer = snapshots.sealHashed(draft, figures, join(draft.scratch, 'files'));
      const after = walkView(snapshots.view([base.diffId, layer.diffId]));
      assert.deepEqual(after, walkMount(target));
      if (!isChanged) assert.deepEqual(after, walkView(below));
      // It is the layer that its directory gives when it is read anew.
      assert.equal(await snapshots.verify(layer.diffId), undefined);
      assert.deepEqual(layerTree(changed.fs), before);
    }),
    { numRuns: 60 },
  );
});
