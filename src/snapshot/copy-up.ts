import { chmodSync, constants, copyFileSync } from 'node:fs';
import { setTimes } from '../sys/times.ts';
import { setXattr } from '../sys/xattr.ts';
import { layerXattrs } from './attributes.ts';
import type { StackEntry } from './stack-view.ts';
import { lchown } from '../sys/owner.ts';

/** Copies a regular file of a stack with all that a layer keeps of it to `to`, where nothing is yet. */
export function copyUp(file: StackEntry, to: Buffer): void {
  // Both ends are known to be no links: `to` is made by this very call.
  copyFileSync(file.file, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  lchown(to, Number(file.stat.uid), Number(file.stat.gid));
  chmodSync(to, Number(file.stat.mode) & 0o7777);
  for (const [name, value] of layerXattrs(file.file)) setXattr(to, name, value);
  setTimes(to, file.stat.mtimeNs);
}
