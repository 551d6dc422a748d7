import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { layerTree } from '../../test/layer-tree.ts';
import { scratchStore } from '../../test/scratch-store.ts';
import { isErrno } from '../base/errors.ts';
import type { DiffId } from '../oci/digest.ts';
import { mountOverlay } from '../sys/mount.ts';
import { canMount, enterPrivateMounts } from '../sys/namespace.ts';
import { makeNode } from '../sys/node.ts';
import { setXattr } from '../sys/xattr.ts';
import { isOpaque, OPAQUE, YES } from './attributes.ts';
import { overlaySnapshotter } from './overlay.ts';
import type { StackView } from './stack-view.ts';

const skip = canMount() ? false : 'needs root with CAP_SYS_ADMIN';
// Only synchronous file calls below: other threads may not see these mounts.
if (skip === false) enterPrivateMounts();

// Few names, so that layers meet in them.
const name = fc.constantFrom('a', 'a', 'a', 'b', 'b', 'c\xff\n', 'd'.repeat(120));
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const operation = fc.record({
  kind: fc.constantFrom(
    'file',
    'file',
    'directory',
    'directory',
    'symlink',
    'hardlink',
    'fifo',
    'remove',
    'remove',
    'rename',
    'opaque',
    'opaque',
    'whiteout',
    'whiteout',
  ),
  path,
  other: path,
  mode: fc.constantFrom(0o644, 0o755, 0o4755, 0o1777, 0o600),
  owner: fc.constantFrom(0, 1000, 3_000_000_000),
  body: fc.constantFrom('', 'x', 'y'.repeat(5000), '\0'.repeat(200_000)),
  time: fc.integer({ min: -1000, max: 1_700_000_000 }),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Does one thing below `root`, or nothing where it makes no sense. */
function act(root: string, { kind, path: at, other, ...rest }: Operation, raw: boolean): void {
  const place = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(at, 'latin1')]);
  const second = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(other, 'latin1')]);
  try {
    // Parents as they are needed: most operations then do something.
    if (kind !== 'remove') {
      mkdirSync(place.subarray(0, place.lastIndexOf('/')), { recursive: true });
    }
    switch (kind) {
      case 'file':
        writeFileSync(place, rest.body, { flag: 'wx' });
        break;
      case 'directory':
        mkdirSync(place);
        break;
      case 'symlink':
        symlinkSync(other, place);
        break;
      case 'hardlink':
        if (lstatSync(second).isFile()) linkSync(second, place);
        return;
      case 'fifo':
        makeNode(place, 'fifo', 0o600);
        break;
      case 'remove':
        rmSync(place, { recursive: true });
        return;
      case 'rename':
        renameSync(place, second);
        return;
      case 'opaque':
        if (!raw) return;
        mkdirSync(place, { recursive: true });
        setXattr(place, OPAQUE, YES);
        return;
      case 'whiteout':
        if (raw) makeNode(place, 'char', 0, 0, 0);
        return;
    }
    if (kind === 'symlink') return;
    chownSync(place, rest.owner, rest.owner);
    chmodSync(place, rest.mode);
    utimesSync(place, rest.time, rest.time);
  } catch (error) {
    const usual = [
      'EEXIST',
      'ENOENT',
      'ENOTDIR',
      'EISDIR',
      'EXDEV',
      'ENOTEMPTY',
      'EINVAL',
      'ELOOP',
    ];
    if (!isErrno(error, ...usual, 'EBUSY', 'ERR_FS_EISDIR')) throw error;
  }
}

interface Seen {
  readonly path: string;
  readonly says: string;
}

function line(at: string, file: Buffer): Seen | undefined {
  const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  // A whiteout in a directory that only one layer has: overlayfs lists its name, and no more.
  if (!stat || (stat.isCharacterDevice() && stat.rdev === 0n)) return undefined;
  const content = stat.isFile()
    ? readFileSync(file, 'latin1')
    : stat.isSymbolicLink()
      ? readlinkSync(file, 'latin1')
      : '';
  // Whole seconds, as in tars: of two layers that differ in less the store keeps the first.
  const time = stat.mtimeNs / 1_000_000_000n;
  return { path: at, says: `${stat.mode} ${stat.uid} ${stat.gid} ${time} ${content}` };
}

function walkMount(root: string): Seen[] {
  const found: Seen[] = [];
  const walk = (directory: Buffer, shown: string): void => {
    for (const entry of readdirSync(directory, { encoding: 'buffer' }).sort((a, b) =>
      Buffer.compare(a, b),
    )) {
      const file = Buffer.concat([directory, Buffer.from('/'), entry]);
      const seen = line(`${shown}/${entry.toString('latin1')}`, file);
      if (!seen) continue;
      found.push(seen);
      if (lstatSync(file).isDirectory()) walk(file, seen.path);
    }
  };
  walk(Buffer.from(root), '');
  return found;
}

function walkView(view: StackView): Seen[] {
  const found: Seen[] = [];
  const walk = (directory: string | Buffer): void => {
    const start = view.find(directory, { followLast: false });
    for (const entry of start ? view.list(start) : []) {
      const seen = line(entry.path.toString('latin1'), entry.file);
      assert.ok(seen, 'a view shows no whiteouts');
      found.push(seen);
      if (entry.kind === 'directory') walk(entry.path);
    }
  };
  walk('/');
  return found;
}

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
