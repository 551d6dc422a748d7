import {
  chmodSync,
  closeSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  symlinkSync,
} from 'node:fs';
import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { LayerStream } from '../../layer/layer-stream.ts';
import type { TarEntry } from '../../layer/tar-entry.ts';
import { deviceParts, makeNode } from '../../sys/node.ts';
import { setTimes } from '../../sys/times.ts';
import { writeAll } from '../../sys/write-all.ts';
import { setXattr } from '../../sys/xattr.ts';
import type { Plan, PlannedDirectory, PlannedFile, PlannedNode } from './plan.ts';
import { joinPath } from './tree.ts';

const CHUNK = 1024 * 1024;
const SLASH = Buffer.from('/');

/**
 * Writes a plan into an empty directory that nobody else can see, in tar order, and feeds the
 * layer's stream on the way: every byte of a source is read once here. Without a stream it
 * only writes.
 */
export async function writePlan(
  plan: Plan,
  into: string,
  stream: LayerStream | undefined,
  call: CallOptions = {},
): Promise<void> {
  const breathe = breather();
  const buffer = Buffer.allocUnsafe(CHUNK);
  const written = new Map<string, { disk: Buffer; path: Buffer }>();

  const directory = async (node: PlannedDirectory, disk: Buffer, path: Buffer): Promise<void> => {
    plan.expand(node, joinPath(SLASH, path));
    for (const key of [...node.children.keys()].sort()) {
      const name = Buffer.from(key, 'latin1');
      const childPath = path.length === 0 ? name : joinPath(path, name);
      await one(node.children.get(key)!, joinPath(disk, name), childPath);
    }
    // Memory holds what is being written, not all that was.
    node.children.clear();
  };

  const one = async (node: PlannedNode, disk: Buffer, path: Buffer): Promise<void> => {
    call.signal?.throwIfAborted();
    const first =
      node.kind === 'file' && node.inode !== undefined ? written.get(node.inode) : undefined;
    if (first) {
      linkSync(first.disk, disk);
      stream?.entry(entryFor(node, path, { linkTarget: first.path }));
      return;
    }
    switch (node.kind) {
      case 'directory':
        stream?.entry(entryFor(node, path));
        mkdirSync(disk, 0o700);
        await directory(node, disk, path);
        break;
      case 'file':
        await file(node, disk, path);
        if (node.inode !== undefined) written.set(node.inode, { disk, path });
        break;
      case 'symlink':
        stream?.entry(entryFor(node, path, { linkTarget: node.target ?? Buffer.alloc(0) }));
        symlinkSync(node.target ?? '', disk);
        break;
      default: {
        const device = deviceParts(node.rdev ?? 0n);
        stream?.entry(entryFor(node, path, node.kind === 'fifo' ? {} : { device }));
        makeNode(disk, node.kind, 0o600, device.major, device.minor);
      }
    }
    settle(node, disk);
    await breathe();
  };

  const file = async (node: PlannedFile, disk: Buffer, path: Buffer): Promise<void> => {
    const out = openSync(disk, 'wx', 0o600);
    try {
      if (Buffer.isBuffer(node.from)) {
        stream?.entry(entryFor(node, path, { size: node.from.length }));
        if (node.from.length > 0) {
          writeAll(out, node.from);
          stream?.content(node.from);
        }
        return;
      }
      const { source, entry } = node.from;
      const size = Number(entry.stat.size);
      const digest = source.contentDigest(entry);
      stream?.entry(entryFor(node, path, { size }), { digest });
      const fd = source.open(entry);
      try {
        let left = size;
        while (left > 0) {
          const count = readSync(fd, buffer, 0, Math.min(buffer.length, left), null);
          if (count === 0) break;
          const chunk = buffer.subarray(0, count);
          stream?.content(chunk);
          writeAll(out, chunk);
          left -= count;
          await breathe();
        }
        if (left > 0)
          throw new Error(`${entry.path.toString()} became shorter while it was copied`);
      } finally {
        closeSync(fd);
      }
    } finally {
      closeSync(out);
    }
  };

  await directory(plan.root, Buffer.from(into), Buffer.alloc(0));
}

/** Owner before mode: changing the owner clears setuid. Times last. */
function settle(node: PlannedNode, disk: Buffer): void {
  lchownSync(disk, node.uid, node.gid);
  if (node.kind !== 'symlink') chmodSync(disk, node.mode);
  for (const [name, value] of node.xattrs) setXattr(disk, name, value);
  setTimes(disk, node.mtime);
}

function entryFor(
  node: PlannedNode,
  path: Buffer,
  more: { linkTarget?: Buffer; device?: { major: number; minor: number }; size?: number } = {},
): TarEntry {
  const hardlink = node.kind === 'file' && more.linkTarget !== undefined;
  return {
    path,
    type: hardlink ? 'hardlink' : node.kind,
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    size: more.size ?? 0,
    mtime: node.mtime,
    ...(more.linkTarget && { linkTarget: more.linkTarget }),
    ...(more.device && { device: more.device }),
    xattrs: node.xattrs,
  };
}
