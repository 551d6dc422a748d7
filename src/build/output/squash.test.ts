import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seal } from '../../../test/support/scratch-layers.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import type { ChainId, DiffId } from '../../oci/digest.ts';
import { makeNode } from '../../sys/node.ts';
import { root } from '../testing/bench.ts';
import type { BuiltImage } from './compose.ts';
import { squashed } from './squash.ts';
import { treeEntries } from './tree.ts';

/** A deleted file as overlayfs keeps it. */
function whiteout(path: string): void {
  makeNode(path, 'char', 0, 0, 0);
}

test(
  'squashed() makes one layer that has the same effect, and tells it in the history',
  root,
  async () => {
    using scratch = scratchStore();
    const { store } = scratch;
    const snapshotter = overlaySnapshotter(store);
    const base = await seal(store, (fs) => {
      mkdirSync(`${fs}/d/sub`, { recursive: true });
      writeFileSync(`${fs}/d/kept`, 'kept');
      writeFileSync(`${fs}/d/gone`, 'gone');
      writeFileSync(`${fs}/d/sub/deep`, 'deep');
      mkdirSync(`${fs}/becomes-file`);
      writeFileSync(`${fs}/becomes-file/x`, 'x');
      writeFileSync(`${fs}/becomes-directory`, '');
    });
    const one = await seal(store, (fs) => {
      mkdirSync(`${fs}/d`);
      whiteout(`${fs}/d/gone`);
      writeFileSync(`${fs}/d/new`, 'first');
      linkSync(`${fs}/d/new`, `${fs}/d/same`);
      writeFileSync(`${fs}/short-lived`, '');
      writeFileSync(`${fs}/becomes-file`, 'file');
      whiteout(`${fs}/becomes-directory`);
    });
    const two = await seal(store, (fs) => {
      whiteout(`${fs}/short-lived`);
      mkdirSync(`${fs}/d/sub`, { recursive: true });
      chmodSync(`${fs}/d/sub`, 0o711);
      symlinkSync('kept', `${fs}/d/link`);
      mkdirSync(`${fs}/becomes-directory`);
      writeFileSync(`${fs}/becomes-directory/y`, 'y');
    });
    const layers = [base.diffId, one.diffId, two.diffId];
    let chain: ChainId | undefined;
    for (const layer of layers) chain = snapshotter.name(layer, chain);
    const image: BuiltImage = {
      platform: { os: 'linux', architecture: 'amd64' },
      config: {
        architecture: 'amd64',
        os: 'linux',
        rootfs: { type: 'layers', diff_ids: layers },
        history: [
          { created_by: 'base' },
          { created_by: 'ENV', empty_layer: true },
          { created_by: 'one' },
          { created_by: 'two' },
        ],
      },
      solved: { chain, layers, createdAt: 0 },
      base: { name: 'base', digest: `sha256:${'b'.repeat(64)}` },
      steps: { file: '-', inherited: 2, lines: [] },
    };
    using lease = store.lease('test');
    const result = await squashed(image, 1, { snapshotter, lease: () => lease, now: 1000 }, {});
    const [, layer] = result.solved.layers;
    assert.equal(result.solved.layers.length, 2);
    assert.deepEqual(result.config.rootfs.diff_ids, result.solved.layers);
    assert.deepEqual(listing(snapshotter, result.solved.layers), listing(snapshotter, layers));
    assert.deepEqual(
      result.config.history?.map(({ created_by, empty_layer }) => [created_by, empty_layer]),
      [
        ['base', undefined],
        ['ENV', true],
        ['one', true],
        ['two', true],
        [undefined, undefined],
      ],
    );
    assert.match(result.config.history?.at(-1)?.comment ?? '', /^merge sha256:\w+ to sha256:b+$/);
    const names = [...snapshotter.files(layer as DiffId)].map(({ path }) =>
      Buffer.from(path).toString(),
    );
    assert.ok(
      !names.some((name) => name.includes('short-lived') || name.endsWith('kept')),
      names.join(),
    );
    assert.ok(names.includes('d/gone'), names.join());
    const fs = store.paths.layerFs(layer as DiffId);
    assert.equal(lstatSync(`${fs}/d/new`).nlink, 2);
  },
);

function listing(
  snapshotter: ReturnType<typeof overlaySnapshotter>,
  layers: readonly DiffId[],
): string[] {
  const view = snapshotter.view(layers);
  return [...treeEntries({ view, prefix: '', files: new Map() })].map(({ entry, path }) => {
    const { mode, mtimeNs, uid } = entry.stat;
    const content = entry.kind === 'file' ? readFileSync(entry.file, 'utf8') : '';
    return `${path.toString()} ${entry.kind} ${mode} ${uid} ${mtimeNs} ${content}`;
  });
}

test('squashed() leaves an image as it is that has nothing above its base', root, async () => {
  using scratch = scratchStore();
  const snapshotter = overlaySnapshotter(scratch.store);
  const image: BuiltImage = {
    platform: { os: 'linux', architecture: 'amd64' },
    config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
    solved: { chain: undefined, layers: [], createdAt: 0 },
    base: undefined,
    steps: { file: '-', inherited: 0, lines: [] },
  };
  using lease = scratch.store.lease('test');
  assert.equal(await squashed(image, 0, { snapshotter, lease: () => lease, now: 1 }, {}), image);
});
