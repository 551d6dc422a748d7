import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsRoot } from '../../test/scratch-images.ts';
import { scratchStore } from '../../test/scratch-store.ts';
import { LayerStream } from '../layer/layer-stream.ts';
import { copyUpper } from './copy-upper.ts';
import { overlaySnapshotter } from './overlay.ts';

test(
  'copyUpper() copies a directory in the place of a link that leads nowhere',
  { skip: needsRoot },
  async () => {
    using scratched = scratchStore();
    const snapshots = overlaySnapshotter(scratched.store);
    using lease = scratched.store.lease('test');
    await using bottom = snapshots.draft(lease);
    symlinkSync('a', join(bottom.fs, 'a'));
    const base = await snapshots.seal(bottom);
    await using changed = snapshots.draft(lease);
    mkdirSync(join(changed.fs, 'a/b'), { recursive: true });
    writeFileSync(join(changed.fs, 'a/b/c'), 'x');
    await using draft = snapshots.draft(lease);
    const stream = new LayerStream();
    const below = snapshots.view([base.diffId]);
    assert.equal(await copyUpper(changed.fs, draft.fs, stream, { below }), true);
    assert.equal(stream.finish().entries, 3);
  },
);
