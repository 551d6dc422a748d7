import { closeSync, constants, openSync, readSync } from 'node:fs';
import { breather } from '../../base/limit.ts';
import type { Bytes } from '../../base/bytes.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { TarEntry } from '../../layer/tar-entry.ts';
import { encodeHeader, padding, TRAILER } from '../../layer/tar-writer.ts';
import type { StackEntry, StackView } from '../../snapshot/stack-view.ts';
import { deviceParts } from '../../sys/node.ts';
import { travelling } from '../copy/stack-source.ts';
import { joinPath } from '../copy/tree.ts';

const CHUNK = 512 * 1024;

/** A root file system to write, with files of our own at its top. */
export interface TreeRoot {
  readonly view: StackView;
  /** A directory that it comes to lie in: `linux_amd64`; '' for none. */
  readonly prefix: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** One entry of a root file system, with the path it gets. */
export interface TreeEntry {
  readonly entry: StackEntry;
  /** Relative, bytes. */
  readonly path: Buffer;
  /** The path that the same file was met under before. */
  readonly linkTo?: Buffer;
}

/** All of a root file system but the root itself: a directory before what is in it, names sorted. */
export function* treeEntries({ view, prefix }: TreeRoot): Generator<TreeEntry, void> {
  const links = new Map<string, Buffer>();
  const top = view.find('/');
  if (!top) return;
  const levels: { path: Buffer; rest: Iterator<StackEntry> }[] = [
    { path: Buffer.from(prefix), rest: view.list(top).values() },
  ];
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    const next = level.rest.next();
    if (next.done) {
      levels.pop();
      continue;
    }
    const entry = next.value;
    const name = entry.path.subarray(entry.path.lastIndexOf(0x2f) + 1);
    const path = level.path.length === 0 ? Buffer.from(name) : joinPath(level.path, name);
    if (entry.kind === 'socket') continue;
    const identity =
      entry.kind === 'file' && entry.stat.nlink > 1n
        ? `${entry.stat.dev}:${entry.stat.ino}`
        : undefined;
    const linkTo = identity === undefined ? undefined : links.get(identity);
    if (identity !== undefined && !linkTo) links.set(identity, path);
    yield { entry, path, ...(linkTo && { linkTo }) };
    if (entry.kind === 'directory') levels.push({ path, rest: view.list(entry).values() });
  }
}

/**
 * Root file systems as one tar, from what lies in the store: streamed, in the order of names,
 * the same bytes for the same files. Later times than `clamp` (nanoseconds) become it. A
 * chunk holds until the next is asked for.
 */
export async function* treeTar(
  roots: readonly TreeRoot[],
  clamp: bigint | undefined,
  { signal }: CallOptions = {},
): Bytes {
  const breathe = breather();
  const large = Buffer.allocUnsafeSlow(CHUNK);
  const batch: Buffer[] = [];
  let size = 0;
  const flush = (): Buffer => {
    size = 0;
    return Buffer.concat(batch.splice(0));
  };
  const time = (mtime: bigint): bigint => (clamp !== undefined && mtime > clamp ? clamp : mtime);
  const put = (bytes: Uint8Array): void => {
    batch.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    size += bytes.length;
  };
  for (const root of roots) {
    if (root.prefix !== '') put(encodeHeader(own(root.prefix, 'directory', 0o755, 0)));
    for (const { entry, path, linkTo } of treeEntries(root)) {
      signal?.throwIfAborted();
      put(encodeHeader(tarEntry(root.view, entry, path, linkTo, time(entry.stat.mtimeNs))));
      if (entry.kind === 'file' && !linkTo) {
        for (const chunk of content(entry, large)) {
          // One that came short is in `large` all the same.
          if (chunk.length < CHUNK) put(chunk.buffer === large.buffer ? Buffer.from(chunk) : chunk);
          else {
            // As it is: copies and buffers would pile up until they are collected.
            if (size > 0) yield flush();
            yield chunk;
          }
          if (size >= CHUNK) yield flush();
        }
        put(padding(Number(entry.stat.size)));
      }
      if (size >= CHUNK) yield flush();
      await breathe();
    }
    for (const [name, data] of root.files) {
      const path = root.prefix === '' ? name : `${root.prefix}/${name}`;
      put(encodeHeader(own(path, 'file', 0o644, data.length)));
      put(data);
      put(padding(data.length));
    }
  }
  put(TRAILER);
  yield flush();
}

function own(path: string, type: 'file' | 'directory', mode: number, size: number): TarEntry {
  return {
    path: Buffer.from(path),
    type,
    mode,
    uid: 0,
    gid: 0,
    size,
    mtime: 0n,
    xattrs: new Map(),
  };
}

function tarEntry(
  view: StackView,
  entry: StackEntry,
  path: Buffer,
  linkTo: Buffer | undefined,
  mtime: bigint,
): TarEntry {
  const { stat, kind } = entry;
  if (kind === 'socket') throw new TypeError('sockets have no place in a tar');
  const linkTarget = linkTo ?? (kind === 'symlink' ? view.readlink(entry) : undefined);
  const device = kind === 'char' || kind === 'block' ? deviceParts(stat.rdev) : undefined;
  return {
    path,
    type: linkTo ? 'hardlink' : kind,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: kind === 'file' && !linkTo ? Number(stat.size) : 0,
    mtime,
    xattrs: linkTo ? new Map() : travelling(entry),
    ...(linkTarget && { linkTarget }),
    ...(device && { device }),
  };
}

/** What a file holds, in pieces; those that fill `large` are in it. */
function* content({ file, stat }: StackEntry, large: Buffer): Generator<Buffer, void> {
  let left = Number(stat.size);
  if (left === 0) return;
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    while (left > 0) {
      const chunk = left < large.length ? Buffer.allocUnsafeSlow(left) : large;
      const count = readSync(fd, chunk, 0, chunk.length, null);
      if (count === 0) throw new Error(`${file.toString()} is shorter than the layer says`);
      left -= count;
      yield count === chunk.length ? chunk : chunk.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}
