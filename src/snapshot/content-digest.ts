import { createHash } from 'node:crypto';
import { breather } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import { xattrDigest } from '../layer/file-row.ts';
import { type Digest, type DiffId, finish } from '../oci/digest.ts';
import { deviceParts } from '../sys/node.ts';
import { layerXattrs } from './attributes.ts';
import { hashFile } from './hash-file.ts';
import type { Snapshotter } from './snapshotter.ts';
import type { StackEntry, StackView } from './stack-view.ts';

/** What {@link contentDigest} leaves out. */
export interface ContentOptions extends CallOptions {
  /** True for entries that do not count, with all below them. `path` is relative to where the digest starts, without a leading slash. */
  readonly skip?: (path: Buffer, entry: StackEntry) => boolean;
}

interface Item {
  /** Below the start; empty for the start itself. */
  readonly path: Buffer;
  readonly entry: StackEntry;
}

/** Beyond so many files, or bytes of them, in one layer its table is read instead of the files. */
const FEW_FILES = 500;
const FEW_BYTES = 8 * 1024 * 1024;
/** Any change of what is hashed, or how, changes this: old keys must not match by accident. */
const VERSION = 'stave content 1\n';

/**
 * The digest of what a file or directory of a stack holds, for cache keys: per entry its
 * name below the start, mode with type, owner, size, link target, device numbers, extended
 * attributes that are copied, and content. Not the times, nor where it lies, nor the name of
 * the start itself. Digests of content come out of the layers' file tables where they save
 * reading.
 */
export async function contentDigest(
  layers: Pick<Snapshotter, 'files'>,
  view: StackView,
  start: StackEntry,
  options: ContentOptions = {},
): Promise<Digest> {
  const pause = breather();
  const items: Item[] = [];
  for (const item of walk(view, { path: Buffer.alloc(0), entry: start }, options.skip)) {
    options.signal?.throwIfAborted();
    items.push(item);
    const rest = pause();
    if (rest) await rest;
  }
  const known = await tableDigests(layers, items, options);
  const hash = createHash('sha256').update(VERSION);
  for (const { path, entry } of items) {
    options.signal?.throwIfAborted();
    hash.update(describe(path, entry, view));
    if (entry.kind === 'file') hash.update(known.get(entry) ?? hashFile(entry.file));
    const rest = pause();
    if (rest) await rest;
  }
  return finish(hash);
}

function* walk(view: StackView, item: Item, skip: ContentOptions['skip']): Generator<Item, void> {
  const todo = [item];
  for (let next = todo.pop(); next; next = todo.pop()) {
    yield next;
    const { path, entry } = next;
    if (entry.kind !== 'directory') continue;
    const base = entry.path.length === 1 ? 1 : entry.path.length + 1;
    const inside = view.list(entry).map((child) => {
      const name = child.path.subarray(base);
      return {
        path: path.length === 0 ? name : Buffer.concat([path, SLASH, name]),
        entry: child,
      };
    });
    for (const child of inside.reverse()) {
      if (skip?.(child.path, child.entry) !== true) todo.push(child);
    }
  }
}

const SLASH = Buffer.from('/');

/** One entry without its content, each part with its length, so that no two entries read alike. */
function describe(path: Buffer, entry: StackEntry, view: StackView): Buffer {
  const { kind, stat, file } = entry;
  const special = kind === 'char' || kind === 'block' ? deviceParts(stat.rdev) : undefined;
  const copied = [...layerXattrs(file)].filter(([name]) => isCopied(name));
  const fields = [
    stat.mode,
    stat.uid,
    stat.gid,
    kind === 'file' ? stat.size : 0,
    special ? `${special.major}:${special.minor}` : '',
    copied.length > 0 ? xattrDigest(new Map(copied)) : '',
  ].join(' ');
  const link = kind === 'symlink' ? view.readlink(entry) : EMPTY;
  return Buffer.concat([Buffer.from(`${path.length} ${link.length} ${fields}\n`), path, link]);
}

const EMPTY = Buffer.alloc(0);

/** Labels of the security modules belong to the machine; capabilities to the file. */
function isCopied(name: string): boolean {
  return name === 'security.capability' || !/^(?:security|system)\./.test(name);
}

/** Looks up in the file tables what would take long to read. */
async function tableDigests(
  layers: Pick<Snapshotter, 'files'>,
  items: readonly Item[],
  options: CallOptions,
): Promise<Map<StackEntry, Digest>> {
  const byLayer = new Map<DiffId, { bytes: number; readonly files: StackEntry[] }>();
  for (const { entry } of items) {
    if (entry.kind !== 'file') continue;
    let group = byLayer.get(entry.layer);
    if (!group) byLayer.set(entry.layer, (group = { bytes: 0, files: [] }));
    group.files.push(entry);
    group.bytes += Number(entry.stat.size);
  }
  const known = new Map<StackEntry, Digest>();
  const pause = breather();
  for (const [layer, { bytes, files }] of byLayer) {
    if (files.length <= FEW_FILES && bytes <= FEW_BYTES) continue;
    const wanted = new Map(files.map((entry) => [entry.path.toString('latin1', 1), entry]));
    for (const row of layers.files(layer)) {
      options.signal?.throwIfAborted();
      if (row.digest === undefined) continue;
      const entry = wanted.get(
        Buffer.from(row.path.buffer, row.path.byteOffset, row.path.length).toString('latin1'),
      );
      if (entry && Number(entry.stat.size) === row.size) known.set(entry, row.digest);
      const rest = pause();
      if (rest) await rest;
    }
  }
  return known;
}
