import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
  copyFileSync,
  constants,
  rmdirSync,
} from 'node:fs';
import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { StackEntry, StackView } from '../../snapshot/stack-view.ts';
import { InsideRoot } from '../../sys/inside.ts';
import { deviceParts, makeNode } from '../../sys/node.ts';
import { setTimes } from '../../sys/times.ts';
import { setXattr } from '../../sys/xattr.ts';
import { travelling } from '../copy/stack-source.ts';
import { joinPath } from '../copy/tree.ts';
import { OutputError } from './errors.ts';
import { writeDirectory } from './places.ts';
import { treeEntries, type TreeRoot } from './tree.ts';
import { lchown } from '../../sys/owner.ts';

const NOTHING = Buffer.alloc(0);

/** How root file systems come to lie in a directory. */
export interface LocalOptions {
  /** Remove what is there and not in them. */
  readonly delete: boolean;
  /** Later times become this one, in nanoseconds. */
  readonly clamp: bigint | undefined;
}

/**
 * Writes root file systems into a directory: everything beside it first, then it is moved in,
 * so that a failure changes nothing there. Links that lie in the directory are replaced, not
 * followed. Root keeps owners, devices and attributes; others get what they may make.
 */
export async function writeLocal(
  directory: string,
  roots: readonly TreeRoot[],
  options: LocalOptions,
  call: CallOptions = {},
): Promise<void> {
  await writeDirectory(
    directory,
    (scratch) => fill(scratch, roots, options, call),
    (scratch) => moveIn(scratch, directory, options.delete),
  );
}

async function fill(
  scratch: string,
  roots: readonly TreeRoot[],
  { clamp }: LocalOptions,
  call: CallOptions,
): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const breathe = breather();
  const seen = new Map<string, string>();
  let skipped = 0;
  // Held open: whoever may write beside it cannot put another one in its place.
  using held = new InsideRoot(scratch);
  const top = held.path;
  for (const root of roots) {
    const settle: { entry: StackEntry; to: Buffer }[] = [];
    if (root.prefix !== '') mkdirSync(joinPath(top, Buffer.from(root.prefix)));
    for (const { entry, path, linkTo } of treeEntries(root)) {
      call.signal?.throwIfAborted();
      const to = joinPath(top, path);
      if (roots.length > 1 && root.prefix === '') {
        const key = path.toString('latin1');
        const before = seen.get(key);
        if (before === 'directory' && entry.kind === 'directory') continue;
        if (before !== undefined) throw twice(path);
        seen.set(key, entry.kind);
      }
      if (linkTo) linkSync(joinPath(top, linkTo), to);
      else if (!make(root.view, entry, to, isRoot)) skipped += 1;
      else if (entry.kind === 'directory') settle.push({ entry, to });
      else dress(entry, to, isRoot, clamp);
      await breathe();
    }
    // From the bottom up: what is put into a directory changes its time, and needs it writable.
    for (const { entry, to } of settle.reverse()) dress(entry, to, isRoot, clamp);
    for (const [name, data] of root.files) {
      const path = root.prefix === '' ? name : `${root.prefix}/${name}`;
      writeFileSync(joinPath(top, Buffer.from(path)), data, { flag: 'wx', mode: 0o644 });
    }
  }
  chmodSync(top, 0o755);
  if (skipped > 0) {
    reporter(call.progress).warn({
      code: 'DevicesLeftOut',
      message: `${skipped} device files were left out: only root can make them`,
    });
  }
}

function twice(path: Buffer): OutputError {
  return new OutputError(
    `several platforms have ${path.toString()}, and platform-split=false leaves one place for it`,
    { hint: 'Without platform-split=false each platform gets a directory of its own.' },
  );
}

/** Makes an entry where nothing is; false for what this user cannot make. */
function make(view: StackView, entry: StackEntry, to: Buffer, isRoot: boolean): boolean {
  switch (entry.kind) {
    case 'directory':
      mkdirSync(to, 0o700);
      return true;
    case 'file':
      copyFileSync(entry.file, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      return true;
    case 'symlink':
      symlinkSync(view.readlink(entry), to);
      return true;
    case 'fifo':
      makeNode(to, 'fifo', 0o600);
      return true;
    case 'char':
    case 'block': {
      if (!isRoot) return false;
      const { major, minor } = deviceParts(entry.stat.rdev);
      makeNode(to, entry.kind, 0o600, major, minor);
      return true;
    }
    case 'socket':
      return true;
    default:
      return entry.kind satisfies never;
  }
}

/** Owner before mode: changing the owner clears setuid. Times last. */
function dress(entry: StackEntry, to: Buffer, isRoot: boolean, clamp: bigint | undefined): void {
  const { stat, kind } = entry;
  if (isRoot) lchown(to, Number(stat.uid), Number(stat.gid));
  if (kind !== 'symlink') chmodSync(to, Number(stat.mode) & 0o7777);
  if (isRoot) for (const [name, value] of travelling(entry)) setXattr(to, name, value);
  setTimes(to, clamp !== undefined && stat.mtimeNs > clamp ? clamp : stat.mtimeNs);
}

/** Moves what lies in `scratch` into a directory that is there, whole subtrees where they are new. */
async function moveIn(scratch: string, directory: string, clean: boolean): Promise<void> {
  using from = new InsideRoot(scratch);
  using to = new InsideRoot(directory);
  const own = Buffer.from(scratch.slice(directory.length + 1));
  const breathe = breather();
  const merge = async (path: Buffer): Promise<void> => {
    const names = namesIn(from, path);
    for (const name of names) {
      const inner = path.length === 0 ? name : joinPath(path, name);
      const target = kindAt(to, inner);
      const source = kindAt(from, inner);
      if (source === 'directory' && target === 'directory') {
        await merge(inner);
        const stat = lstatSync(from.at(inner), { bigint: true });
        lchown(to.at(inner), Number(stat.uid), Number(stat.gid));
        to.chmod(inner, Number(stat.mode) & 0o7777);
        setTimes(to.at(inner), stat.mtimeNs);
        rmdirSync(from.at(inner));
        continue;
      }
      // Only a file can be renamed over what is there, and only over a file.
      if (target !== undefined && (target === 'directory' || source === 'directory')) {
        rmSync(to.at(inner), { recursive: true });
      }
      renameSync(from.at(inner), to.at(inner));
      await breathe();
    }
    if (!clean) return;
    const kept = new Set(names.map((name) => name.toString('latin1')));
    for (const name of namesIn(to, path)) {
      if (kept.has(name.toString('latin1')) || (path.length === 0 && name.equals(own))) continue;
      const inner = path.length === 0 ? name : joinPath(path, name);
      rmSync(to.at(inner), { recursive: true, force: true });
    }
  };
  await merge(NOTHING);
}

function namesIn(root: InsideRoot, path: Buffer): Buffer[] {
  const place = path.length === 0 ? root.path : root.at(path);
  return readdirSync(place, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b));
}

function kindAt(root: InsideRoot, path: Buffer): 'directory' | 'other' | undefined {
  const stat = lstatSync(root.at(path), { throwIfNoEntry: false });
  return stat && (stat.isDirectory() ? 'directory' : 'other');
}
