import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratchStore } from '../../test/scratch-store.ts';
import { memberTar, type Member } from '../../test/support/member-tar.ts';
import { once } from '../base/bytes.ts';
import type { LayerFile } from '../layer/file-table.ts';
import type { Digest, DiffId } from '../oci/digest.ts';
import { contentDigest, type ContentOptions } from './content-digest.ts';
import { overlaySnapshotter } from './overlay.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root to unpack layers';
const DIRECTORY: Member = { path: 'd/', type: 'directory' };
const FILE: Member = { path: 'd/f', body: 'content' };

/** The digest of `path` in a stack of layers made of these members. */
async function digest(
  path: string,
  layers: readonly (readonly Member[])[],
  options: ContentOptions = {},
  asked: (layer: DiffId) => void = () => {},
): Promise<Digest> {
  using scratch = scratchStore();
  const snapshots = overlaySnapshotter(scratch.store);
  using lease = scratch.store.lease('test');
  const ids: DiffId[] = [];
  for (const members of layers) {
    await using draft = snapshots.draft(lease);
    ids.push((await snapshots.apply(draft, once(memberTar(...members)))).diffId);
  }
  const view = snapshots.view(ids);
  const start = view.find(path);
  assert.ok(start);
  const files = (layer: DiffId): Iterable<LayerFile> => {
    asked(layer);
    return snapshots.files(layer);
  };
  return await contentDigest({ files }, view, start, options);
}

test(
  'contentDigest() does not depend on times, layers, or the name of the start',
  { skip },
  async () => {
    const plain = await digest('/d', [[DIRECTORY, FILE]]);
    assert.equal(await digest('/d', [[DIRECTORY, { ...FILE, mtime: 5_000_000_000n }]]), plain);
    assert.equal(await digest('/d', [[DIRECTORY], [{ path: 'd/f', body: 'old' }], [FILE]]), plain);
    const moved = [
      { ...DIRECTORY, path: 'x/e/' },
      { ...FILE, path: 'x/e/f' },
    ];
    assert.equal(await digest('/x/e', [moved]), plain);
  },
);

test('contentDigest() depends on all that a copy takes over', { skip }, async () => {
  const xattrs = (name: string): NonNullable<Member['xattrs']> =>
    new Map([[name, Buffer.from('1')]]);
  const variants: readonly (readonly Member[])[] = [
    [DIRECTORY, FILE],
    [DIRECTORY, { ...FILE, body: 'CONTENT' }],
    [DIRECTORY, { ...FILE, mode: 0o755 }],
    [DIRECTORY, { ...FILE, uid: 1 }],
    [DIRECTORY, { ...FILE, gid: 1 }],
    [DIRECTORY, { ...FILE, path: 'd/g' }],
    [DIRECTORY, { ...FILE, xattrs: xattrs('user.x') }],
    [{ ...DIRECTORY, mode: 0o700 }, FILE],
    [DIRECTORY, FILE, { path: 'd/empty', body: '' }],
    [DIRECTORY, { path: 'd/f', type: 'symlink', linkTarget: 'a' }],
    [DIRECTORY, { path: 'd/f', type: 'symlink', linkTarget: 'b' }],
    [DIRECTORY, { path: 'd/f', type: 'char', device: { major: 1, minor: 3 } }],
    [DIRECTORY, { path: 'd/f', type: 'char', device: { major: 1, minor: 5 } }],
    [DIRECTORY, { path: 'd/f', type: 'fifo' }],
    [DIRECTORY],
  ];
  const digests = new Set<string>();
  for (const members of variants) digests.add(await digest('/d', [members]));
  assert.equal(digests.size, variants.length);
});

test('contentDigest() leaves out what is skipped, with all below it', { skip }, async () => {
  const more: Member[] = [
    { path: 'd/s/', type: 'directory' },
    { path: 'd/s/x', body: 'x' },
  ];
  const skipped = await digest('/d', [[DIRECTORY, FILE, ...more]], {
    skip: (path) => path.toString() === 's',
  });
  assert.equal(skipped, await digest('/d', [[DIRECTORY, FILE]]));
});

test(
  'contentDigest() is the same out of the file table and out of the files',
  { skip },
  async () => {
    const many = Array.from({ length: 600 }, (_, i): Member => ({ path: `d/${i}`, body: `${i}` }));
    let tables = 0;
    const all = [
      DIRECTORY,
      ...many,
      { path: 'd/0l', type: 'hardlink', linkTarget: 'd/0' } as const,
    ];
    const whole = await digest('/d', [all], {}, () => (tables += 1));
    assert.equal(tables, 1);
    // In two layers each part is small enough to be read.
    const split = await digest(
      '/d',
      [all.slice(0, 301), all.slice(301, -1), all.slice(0, 2)],
      {
        skip: (path) => path.toString() === '0l',
      },
      () => (tables += 1),
    );
    assert.equal(tables, 1);
    assert.equal(split, await digest('/d', [all.slice(0, -1)]));
    assert.notEqual(split, whole);
  },
);

test('contentDigest() of a single file is that of its content and metadata', { skip }, async () => {
  const one = await digest('/d/f', [[DIRECTORY, FILE]]);
  assert.equal(await digest('/other', [[{ ...FILE, path: 'other' }]]), one);
  assert.notEqual(await digest('/d', [[DIRECTORY, FILE]]), one);
});
