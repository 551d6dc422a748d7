import { readlinkSync, realpathSync } from 'node:fs';
import type { StackEntry } from './stack-view.ts';

/**
 * Whether what was opened under the path of an entry lies where the layer has it: on the way
 * there a running container may have put a link that leads elsewhere. `roots` remembers where
 * layers are.
 */
export function isInPlace(
  fd: number,
  { file, path }: Pick<StackEntry, 'file' | 'path'>,
  roots = new Map<string, string>(),
): boolean {
  const directory = file.subarray(0, file.length - path.length);
  const layer = directory.toString('latin1');
  let root = roots.get(layer);
  if (root === undefined) {
    root = realpathSync(directory, 'buffer').toString('latin1');
    roots.set(layer, root);
  }
  const place = readlinkSync(`/proc/self/fd/${fd}`, 'buffer').toString('latin1');
  return place === root + path.toString('latin1');
}
