import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import * as fc from 'fast-check';
import { isErrno } from '../../src/base/errors.ts';
import { OPAQUE, YES } from '../../src/snapshot/attributes.ts';
import type { StackView } from '../../src/snapshot/stack-view.ts';
import { makeNode } from '../../src/sys/node.ts';
import { setXattr } from '../../src/sys/xattr.ts';

// Few names, so that layers meet in them.
const name = fc.constantFrom('a', 'a', 'a', 'b', 'b', 'c\xff\n', 'd'.repeat(120));
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
/** One random thing that is done in a tree. */
export const operation = fc.record({
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

/** Does one thing below `root`, or nothing where it makes no sense. `raw`: in the directory of a layer. */
export function act(
  root: string,
  { kind, path: at, other, ...rest }: Operation,
  raw: boolean,
): void {
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

/** What is at a path. */
export interface Seen {
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

/** All that is below a directory. */
export function walkMount(root: string): Seen[] {
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

/** The same of a view. */
export function walkView(view: StackView): Seen[] {
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
