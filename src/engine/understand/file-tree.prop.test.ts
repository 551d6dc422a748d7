import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { seal } from '../../../test/support/scratch-layers.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { isErrno } from '../../base/errors.ts';
import type { DiffId } from '../../oci/digest.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { makeNode } from '../../sys/node.ts';
import { setXattr } from '../../sys/xattr.ts';
import { FileTree, type Content, type TreeNode } from '../../layer/file-tree.ts';
import { visibleFiles } from './visible-files.ts';

const skip = process.getuid?.() === 0 ? false : 'layers keep owners, which needs root';

const name = fc.constantFrom('a', 'a', 'b', 'c\xff');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const operation = fc.record({
  kind: fc.constantFrom(
    'file',
    'file',
    'link',
    'directory',
    'symlink',
    'remove',
    'whiteout',
    'opaque',
  ),
  path,
  other: path,
  mode: fc.constantFrom(0o644, 0o755),
  owner: fc.constantFrom(0, 1000),
  size: fc.integer({ min: 0, max: 50 }),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function act(fs: string, { kind, path: at, other, mode, owner, size }: Operation): void {
  const place = Buffer.concat([Buffer.from(`${fs}/`), Buffer.from(at, 'latin1')]);
  const second = Buffer.concat([Buffer.from(`${fs}/`), Buffer.from(other, 'latin1')]);
  try {
    if (kind === 'remove') {
      rmSync(place, { recursive: true });
      return;
    }
    mkdirSync(place.subarray(0, place.lastIndexOf('/')), { recursive: true });
    if (kind === 'link') linkSync(second, place);
    if (kind === 'symlink') symlinkSync(other, place);
    if (kind === 'whiteout') makeNode(place, 'char', 0, 0, 0);
    if (kind === 'directory' || kind === 'opaque') mkdirSync(place, { recursive: true });
    if (kind === 'opaque') setXattr(place, 'trusted.overlay.opaque', Buffer.from('y'));
    if (kind !== 'file') return;
    writeFileSync(place, 'x'.repeat(size), { flag: 'wx' });
    chownSync(place, owner, owner);
    chmodSync(place, mode);
  } catch (error) {
    const usual = ['EEXIST', 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'EPERM', 'ERR_FS_EISDIR'];
    if (!isErrno(error, ...usual)) throw error;
  }
}

function linesOfTree(node: TreeNode, at = ''): string[] {
  return [...(node.children ?? [])]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, child]) => {
      const size = child.content?.size ?? 0;
      const says = `${at}/${key} ${child.type} ${child.mode.toString(8)} ${child.uid} ${size}`;
      return [says, ...linesOfTree(child, `${at}/${key}`)];
    });
}

function linesOfView(view: StackView, at: string | Buffer = '/'): string[] {
  const start = view.find(at, { followLast: false });
  return (start ? view.list(start) : []).flatMap(({ path: below, kind, stat }) => {
    const size = kind === 'file' ? Number(stat.size) : 0;
    const mode = (Number(stat.mode) & 0o7777).toString(8);
    const says = `${below.toString('latin1')} ${kind} ${mode} ${stat.uid} ${size}`;
    return kind === 'directory' ? [says, ...linesOfView(view, below)] : [says];
  });
}

test(
  'FileTree has of any stack what a view of it shows, and counts every byte once',
  { skip },
  async () => {
    using scratch = scratchStore();
    const { store } = scratch;
    const snapshotter = overlaySnapshotter(store);
    const layers = fc.array(fc.array(operation, { minLength: 3, maxLength: 20 }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(layers, async (stack) => {
        const sealed = [];
        for (const operations of stack) {
          sealed.push(await seal(store, (fs) => operations.forEach((one) => act(fs, one))));
        }
        let hidden = 0;
        const gone = new Set<Content>();
        const tree = new FileTree(({ hidden: content }) => {
          if (!content) return;
          assert.equal(gone.has(content), false);
          gone.add(content);
          hidden += content.size;
        });
        const ids = sealed.map(({ diffId }): DiffId => diffId);
        for (const id of ids) tree.add(snapshotter.files(id));
        assert.deepEqual(linesOfTree(tree.root), linesOfView(snapshotter.view(ids)));
        const all = sealed.reduce((sum, { contentSize }) => sum + contentSize, 0);
        assert.equal(visibleFiles(tree, 0).bytes + hidden, all);
      }),
      { numRuns: 60 },
    );
  },
);
