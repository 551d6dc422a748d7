import { closeSync, constants, openSync, readSync } from 'node:fs';
import { batchedSink } from '../base/batched-sink.ts';
import type { ByteSink } from '../base/bytes.ts';
import { isErrno } from '../base/errors.ts';
import { breather } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import type { TarEntry } from '../layer/tar-entry.ts';
import { encodeHeader, padding, TRAILER } from '../layer/tar-writer.ts';
import { deviceParts } from '../sys/node.ts';
import { layerXattrs } from './attributes.ts';
import { isInPlace } from './in-place.ts';
import type { StackEntry, StackView } from './stack-view.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
const PIECE = 256 * 1024;
const SLASH = 0x2f;

/**
 * Writes what a stack of layers amounts to as one tar, without whiteouts and without an entry
 * for the root: depth first, names sorted by their bytes, names of one file as hard links.
 * `extra` are empty files that are there unless the stack has something of that name, by their
 * names in the root.
 *
 * The stack may be changing: a file that is gone when its turn comes is left out, and so is one
 * to which its path leads no more, for a link in its place may lead out of the stack. One that
 * becomes shorter while it is read is filled up with zeros.
 */
export async function pourFlatTar(
  view: StackView,
  extra: readonly string[],
  sink: ByteSink,
  { signal }: CallOptions = {},
): Promise<void> {
  const root = view.find('/');
  const { write, flush } = batchedSink(sink);
  const writer = new FlatWriter(view, write);
  const pause = breather();
  for (const name of extra) {
    if (!view.find(`/${name}`, { followLast: false })) write(emptyFile(name));
  }
  for (const _ of root ? writer.below(root) : []) {
    signal?.throwIfAborted();
    const rest = pause();
    if (rest) await rest;
  }
  write(TRAILER);
  flush();
}

function emptyFile(name: string): Buffer {
  return encodeHeader({
    path: Buffer.from(name),
    type: 'file',
    mode: 0o755,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 0n,
    xattrs: new Map(),
  });
}

class FlatWriter {
  readonly #view: StackView;
  readonly #write: ByteSink;
  /** Names of files that have several, by device and inode. */
  readonly #links = new Map<string, Buffer>();
  readonly #piece = Buffer.allocUnsafeSlow(PIECE);
  /** Where the directories of layers really are. */
  readonly #roots = new Map<string, string>();

  constructor(view: StackView, write: ByteSink) {
    this.#view = view;
    this.#write = write;
  }

  /** Pauses after each entry and each piece of content. */
  *below(directory: StackEntry): Generator<void, void> {
    for (const entry of unlessGone(() => this.#view.list(directory)) ?? []) {
      yield* this.#entry(entry);
      yield;
      if (entry.kind === 'directory') yield* this.below(entry);
    }
  }

  *#entry(entry: StackEntry): Generator<void, void> {
    const { kind, stat } = entry;
    if (kind === 'socket') return;
    if (kind !== 'file') {
      const header = unlessGone(() => this.#headerOf(entry));
      if (header) this.#write(header);
      return;
    }
    const identity = stat.nlink > 1n ? `${stat.dev}:${stat.ino}` : '';
    const first = this.#links.get(identity);
    if (first) return this.#write(encodeHeader({ ...linkOf(entry), linkTarget: first }));
    const fd = unlessGone(() => openSync(entry.file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    if (fd === undefined) return;
    try {
      if (!isInPlace(fd, entry, this.#roots)) return;
      if (identity !== '') this.#links.set(identity, pathOf(entry));
      this.#write(this.#headerOf(entry));
      const size = Number(stat.size);
      for (let left = size; left > 0;) {
        const want = Math.min(left, PIECE);
        const count = readSync(fd, this.#piece, 0, want, null) || this.#zeros(want);
        this.#write(this.#piece.subarray(0, count));
        left -= count;
        if (left > 0) yield;
      }
      this.#write(padding(size));
    } finally {
      closeSync(fd);
    }
  }

  #zeros(count: number): number {
    this.#piece.fill(0, 0, count);
    return count;
  }

  #headerOf(entry: StackEntry): Buffer {
    const { kind, stat, file } = entry;
    const target = kind === 'symlink' ? this.#view.readlink(entry) : undefined;
    const device = kind === 'char' || kind === 'block' ? deviceParts(stat.rdev) : undefined;
    return encodeHeader({
      ...attributesOf(entry),
      type: kind as Exclude<StackEntry['kind'], 'socket'>,
      size: kind === 'file' ? Number(stat.size) : 0,
      xattrs: layerXattrs(file),
      ...(target && { linkTarget: target }),
      ...(device && { device }),
    });
  }
}

function linkOf(entry: StackEntry): TarEntry {
  return { ...attributesOf(entry), type: 'hardlink', size: 0, xattrs: new Map() };
}

function attributesOf(
  entry: StackEntry,
): Pick<TarEntry, 'path' | 'mode' | 'uid' | 'gid' | 'mtime'> {
  const { stat } = entry;
  return {
    path: pathOf(entry),
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: stat.mtimeNs,
  };
}

/** Without the slash at its beginning. */
function pathOf({ path }: StackEntry): Buffer {
  return path[0] === SLASH ? path.subarray(1) : path;
}

function unlessGone<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}
