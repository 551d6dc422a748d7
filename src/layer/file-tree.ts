import type { LayerFile } from './file-table.ts';
import type { Digest } from '../oci/digest.ts';

/** What a file holds. Its hard links share it; it lies in one layer. */
export interface Content {
  /** Of the layer that has the bytes, from 0 at the bottom. */
  readonly layer: number;
  /** Of the layer that first wrote this under this name: others copied it. */
  readonly source: number;
  readonly size: number;
  readonly digest: Digest | undefined;
  /** Names that show it. */
  names: number;
}

/** A name in the stack as it is so far. */
export interface TreeNode {
  /** Of the layer that says what this is, from 0 at the bottom; -1 of a directory that none speaks of. */
  layer: number;
  type: 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo';
  mode: number;
  uid: number;
  gid: number;
  mtime: bigint;
  xattrs: Digest | undefined;
  linkTarget: Uint8Array | undefined;
  device: LayerFile['device'];
  /** Of files. */
  content: Content | undefined;
  /** Of directories: names, byte by byte in Latin-1. */
  children: Map<string, TreeNode> | undefined;
}

/** Something that a layer says of a name, or makes of it. */
export interface Change {
  /** From the root, without a slash in front; byte by byte in Latin-1. */
  readonly path: string;
  /** What stood there; nothing where there was nothing. */
  readonly before: TreeNode | undefined;
  /** What stands there now; nothing where it was deleted. */
  readonly after: TreeNode | undefined;
  /** The layer that does it. */
  readonly by: number;
  /** What no name shows any more. */
  readonly hidden: Content | undefined;
}

const nothing = (children: TreeNode['children']): TreeNode => ({
  layer: -1,
  type: children ? 'directory' : 'file',
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0n,
  xattrs: undefined,
  linkTarget: undefined,
  device: undefined,
  content: undefined,
  children,
});

/**
 * The files of a stack, put together from the file tables of its layers, bottom first: what a
 * container would see, and on the way all that it would not. Reads no file. Memory goes with the
 * number of names.
 */
export class FileTree {
  readonly root = nothing(new Map());
  readonly #watch: ((change: Change) => void) | undefined;
  #layer = -1;

  /** `watch` is told of all that a layer says. */
  constructor(watch?: (change: Change) => void) {
    this.#watch = watch;
  }

  /** Puts the next layer on top. Throws what reading `rows` throws. */
  add(rows: Iterable<LayerFile>): void {
    this.#layer += 1;
    for (const row of rows) this.#apply(row);
  }

  /** What a path stands for; links are not followed. */
  at(path: string): TreeNode | undefined {
    let node: TreeNode | undefined = this.root;
    if (path === '') return node;
    for (const name of path.split('/')) node = node?.children?.get(name);
    return node;
  }

  #apply(row: LayerFile): void {
    const path = latin1(row.path);
    if (row.type === 'opaque') {
      const node = this.at(path);
      if (node?.children) this.#clear(node, path);
      return;
    }
    if (path === '') {
      if (row.type === 'directory') describe(this.root, row, this.#layer);
      return;
    }
    const cut = path.lastIndexOf('/');
    if (row.type === 'whiteout') {
      const parent = cut < 0 ? this.root : this.at(path.slice(0, cut));
      this.#remove(parent, path.slice(cut + 1), path);
      return;
    }
    const parent = cut < 0 ? this.root : this.#directory(path.slice(0, cut));
    this.#put(parent, path.slice(cut + 1), path, row);
  }

  /** A directory, made with those above it where they are missing. */
  #directory(path: string): TreeNode {
    let node = this.root;
    let end = -1;
    for (const name of path.split('/')) {
      end += name.length + 1;
      let next = node.children?.get(name);
      if (!next?.children) {
        const made = nothing(new Map());
        if (next) made.layer = this.#layer;
        if (next) this.#replace(next, made, path.slice(0, end));
        node.children?.set(name, made);
        next = made;
      }
      node = next;
    }
    return node;
  }

  #put(parent: TreeNode, name: string, path: string, row: LayerFile): void {
    const before = parent.children?.get(name);
    if (before?.children && row.type === 'directory') {
      const was = this.#watch && { ...before };
      describe(before, row, this.#layer);
      this.#watch?.({ path, before: was, after: before, by: this.#layer, hidden: undefined });
      return;
    }
    const after = this.#node(row, before?.content);
    // A name that the same layer has twice is what the second entry says.
    if (before) this.#replace(before, after, path);
    else this.#tell(undefined, after, path);
    parent.children?.set(name, after);
  }

  #node(row: LayerFile, before: Content | undefined): TreeNode {
    const node = nothing(row.type === 'directory' ? new Map() : undefined);
    describe(node, row, this.#layer);
    if (row.type === 'hardlink') {
      const target = this.at(plain(latin1(row.linkTarget ?? new Uint8Array())));
      node.type = target && !target.children ? target.type : 'file';
      node.content = target?.content;
      if (target) {
        node.linkTarget = target.linkTarget;
        node.device = target.device;
        node.xattrs = target.xattrs;
      }
      if (node.content) node.content.names += 1;
      return node;
    }
    if (row.type === 'file') {
      const { size, digest } = row;
      const isCopy = digest !== undefined && digest === before?.digest;
      const source = isCopy ? before.source : this.#layer;
      node.content = { layer: this.#layer, source, size, digest, names: 1 };
    }
    return node;
  }

  /** Takes away what lower layers have under a name. */
  #remove(parent: TreeNode | undefined, name: string, path: string): void {
    const node = parent?.children?.get(name);
    if (!node) return;
    if (node.children) this.#clear(node, path);
    if (node.layer === this.#layer || (node.children?.size ?? 0) > 0) return;
    parent?.children?.delete(name);
    this.#tell(node, undefined, path);
  }

  /** Takes away what lower layers have in a directory. */
  #clear(directory: TreeNode, path: string): void {
    for (const name of directory.children?.keys() ?? []) {
      this.#remove(directory, name, path === '' ? name : `${path}/${name}`);
    }
  }

  #replace(before: TreeNode, after: TreeNode | undefined, path: string): void {
    for (const [name, child] of before.children ?? []) {
      this.#replace(child, undefined, `${path}/${name}`);
    }
    this.#tell(before, after, path);
  }

  #tell(before: TreeNode | undefined, after: TreeNode | undefined, path: string): void {
    const content = before?.content;
    if (content) content.names -= 1;
    const hidden = content?.names === 0 ? content : undefined;
    this.#watch?.({ path, before, after, by: this.#layer, hidden });
  }
}

/** A path or name byte by byte: every byte a character, so that nothing is lost or mixed up. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** Without empty and `.` components: how paths of trees are written. */
export function plain(path: string): string {
  const parts = path.split('/');
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

function describe(node: TreeNode, row: LayerFile, layer: number): void {
  node.layer = layer;
  if (row.type !== 'hardlink' && row.type !== 'whiteout' && row.type !== 'opaque') {
    node.type = row.type;
  }
  node.mode = row.mode;
  node.uid = row.uid;
  node.gid = row.gid;
  node.mtime = row.mtime;
  node.xattrs = row.xattrs;
  node.linkTarget = row.linkTarget;
  node.device = row.device;
}
