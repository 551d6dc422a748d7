import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { layerXattrs } from '../../snapshot/attributes.ts';
import { copyUp } from '../../snapshot/copy-up.ts';
import type { StackEntry, StackView } from '../../snapshot/stack-view.ts';
import { makeNode } from '../../sys/node.ts';
import { setTimes } from '../../sys/times.ts';
import { setXattr } from '../../sys/xattr.ts';
import { lchown } from '../../sys/owner.ts';

const PERMISSIONS = 0o7777n;
const SLASH = Buffer.from('/');

/**
 * Copies what a directory of an image holds into the existing directory `to`, and its owner
 * and mode with it: a new volume begins as what it covers. Devices and sockets stay behind.
 */
export function copyTree(view: StackView, from: StackEntry, to: Buffer): void {
  for (const entry of view.list(from)) {
    const name = entry.path.subarray(entry.path.lastIndexOf(0x2f) + 1);
    copyEntry(view, entry, Buffer.concat([to, SLASH, name]));
  }
  copyMetadata(from, to);
}

/** Gives `to` owner, mode, attributes and times of an entry that is no symbolic link. */
export function copyMetadata({ file, stat }: StackEntry, to: Buffer): void {
  lchown(to, Number(stat.uid), Number(stat.gid));
  chmodSync(to, Number(stat.mode & PERMISSIONS));
  for (const [name, value] of layerXattrs(file)) setXattr(to, name, value);
  setTimes(to, stat.mtimeNs);
}

function copyEntry(view: StackView, entry: StackEntry, to: Buffer): void {
  switch (entry.kind) {
    case 'directory':
      mkdirSync(to);
      copyTree(view, entry, to);
      break;
    case 'file':
      copyUp(entry, to);
      break;
    case 'symlink':
      symlinkSync(view.readlink(entry), to);
      lchown(to, Number(entry.stat.uid), Number(entry.stat.gid));
      setTimes(to, entry.stat.mtimeNs);
      break;
    case 'fifo':
      makeNode(to, 'fifo', 0o600);
      copyMetadata(entry, to);
      break;
    case 'char':
    case 'block':
    case 'socket':
      break;
  }
}
