import { chmodSync, mkdirSync } from 'node:fs';
import { makeNode } from '../../sys/node.ts';
import { setTimes } from '../../sys/times.ts';
import { setXattr } from '../../sys/xattr.ts';
import { joinPath, type Source, type TreeEntry } from '../copy/tree.ts';
import type { Survey } from './survey.ts';

const SLASH = 0x2f;

/**
 * Makes a directory that, stacked on a directory of a context, takes away what the context
 * does not have: whiteouts, in directories that look like those below. A top directory that
 * is the context's own becomes 0755.
 */
export function makeHiding(
  into: string,
  source: Source,
  top: TreeEntry,
  hidden: Survey['hidden'],
): void {
  const root = Buffer.from(into);
  mkdirSync(root, 0o755);
  const made = new Map<string, TreeEntry>([['', top]]);
  const below = top.path.length === 1 ? 1 : top.path.length + 1;
  for (const { directory, names } of hidden) {
    const relative = directory.path.subarray(below);
    for (let end = 0; end < relative.length;) {
      const slash = relative.indexOf(SLASH, end + 1);
      end = slash < 0 ? relative.length : slash;
      const part = relative.subarray(0, end);
      if (made.has(part.toString('latin1'))) continue;
      mkdirSync(joinPath(root, part), 0o755);
      const like = source.tree.find(joinPath(top.path, part), { followLast: false });
      made.set(part.toString('latin1'), like ?? directory);
    }
    const place = relative.length === 0 ? root : joinPath(root, relative);
    for (const name of names) makeNode(joinPath(place, name), 'char', 0, 0, 0);
  }
  // Last, because whatever is made in a directory changes its times.
  for (const [path, like] of made) {
    const place = path === '' ? root : joinPath(root, Buffer.from(path, 'latin1'));
    settle(source, like, place);
  }
}

function settle(source: Source, like: TreeEntry, place: Buffer): void {
  chmodSync(place, like.path.length === 1 ? 0o755 : Number(like.stat.mode) & 0o7777);
  for (const [name, value] of source.xattrs(like)) setXattr(place, name, value);
  setTimes(place, like.stat.mtimeNs);
}
