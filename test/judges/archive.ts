import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { fileSource, members, memorySource, type Member, type Source } from './tar.ts';

/** The parts of an image config that judges read. */
export interface JudgedConfig {
  readonly architecture: string;
  readonly os: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly history?: readonly {
    readonly created_by?: string;
    readonly comment?: string;
    readonly empty_layer?: boolean;
  }[];
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** One entry of a tree or layer, ready to be compared. */
export interface Leaf {
  readonly type: Member['type'];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly link: string;
  readonly device: string;
  readonly xattrs: string;
  /** sha256 of a regular file's content. */
  readonly digest: string;
}

export interface Layer {
  readonly diffId: string;
  readonly entries: ReadonlyMap<string, Leaf>;
}

/** An image out of `save`. */
export interface JudgedImage {
  readonly config: JudgedConfig;
  readonly layers: readonly Layer[];
  /** All layers applied. Hard links are resolved to what they name. */
  readonly tree: ReadonlyMap<string, Leaf>;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function plain(bytes: Buffer): Buffer {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes);
  if (bytes.readUInt32LE(0) === 0xfd2fb528) return zstdDecompressSync(bytes);
  return bytes;
}

function readLayer(bytes: Buffer): Layer {
  const tar = plain(bytes);
  const source = memorySource(tar);
  const entries = new Map<string, Leaf>();
  for (const member of members(source)) {
    const content = member.type === 'file' ? sha256(source(member.at, member.size)) : '';
    entries.set(member.name, {
      type: member.type,
      mode: member.mode,
      uid: member.uid,
      gid: member.gid,
      size: member.size,
      mtime: member.mtime,
      link: member.type === 'hardlink' ? member.link.replace(/^(?:\.?\/)+/, '') : member.link,
      device: member.device,
      xattrs: [...member.xattrs]
        .map(([key, value]) => `${key}=${Buffer.from(value, 'latin1').toString('hex')}`)
        .sort()
        .join(' '),
      digest: content,
    });
  }
  return { diffId: `sha256:${sha256(tar)}`, entries };
}

function removeBelow(tree: Map<string, Leaf>, path: string): void {
  for (const key of tree.keys()) if (key.startsWith(`${path}/`)) tree.delete(key);
}

function apply(tree: Map<string, Leaf>, layer: Layer): void {
  const below = new Set(tree.keys());
  for (const [path] of layer.entries) {
    const cut = path.lastIndexOf('/') + 1;
    const directory = path.slice(0, cut);
    const name = path.slice(cut);
    if (name === '.wh..wh..opq') {
      for (const key of below) if (key.startsWith(directory)) tree.delete(key);
    } else if (name.startsWith('.wh.')) {
      const gone = directory + name.slice(4);
      tree.delete(gone);
      removeBelow(tree, gone);
    }
  }
  for (const [path, leaf] of layer.entries) {
    if (path.slice(path.lastIndexOf('/') + 1).startsWith('.wh.')) continue;
    if (leaf.type !== 'directory') removeBelow(tree, path);
    const target = leaf.type === 'hardlink' ? (tree.get(leaf.link) ?? leaf) : leaf;
    tree.set(path, target);
  }
}

function blobs(source: Source): Map<string, Member> {
  return new Map([...members(source)].map((member) => [member.name, member]));
}

/** Reads the first image of an archive that `docker save` or `stave save` wrote. */
export function readArchive(path: string): JudgedImage {
  const fd = openSync(path, 'r');
  try {
    const source = fileSource(fd);
    const names = blobs(source);
    const read = (name: string): Buffer => {
      const member = names.get(name);
      if (member === undefined) throw new Error(`${path} has no ${name}`);
      const followed = member.type === 'file' ? member : names.get(member.link);
      if (followed === undefined) throw new Error(`${path}: ${name} leads nowhere`);
      return source(followed.at, followed.size);
    };
    const [manifest] = JSON.parse(read('manifest.json').toString()) as {
      Config: string;
      Layers: string[] | null;
    }[];
    if (manifest === undefined) throw new Error(`${path} holds no image`);
    const config = JSON.parse(read(manifest.Config).toString()) as JudgedConfig;
    const layers = (manifest.Layers ?? []).map((name) => readLayer(read(name)));
    const tree = new Map<string, Leaf>();
    for (const layer of layers) apply(tree, layer);
    tree.delete('');
    return { config, layers, tree };
  } finally {
    closeSync(fd);
  }
}
