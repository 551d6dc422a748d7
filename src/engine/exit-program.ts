import { join } from 'node:path';
import type { Store } from '../store/store.ts';

/** As in bin/stave. */
const NODE_FLAGS = [
  '--optimize-for-size',
  '--max-semi-space-size=2',
  '--no-concurrent-sparkplug',
  '--no-concurrent-recompilation',
];

/** The word by which the program is told that a container has ended; then come store and ID. */
export const ENDED = '__ended';

/** The word for the helper of a store; then comes the store. */
export const TEND = 'tend';

/** The program that a monitor calls with the ID of a container that has ended. */
export function exitProgram({ paths }: Pick<Store, 'paths'>): readonly string[] {
  return [...thisProgram(), ENDED, paths.root, paths.run];
}

/** The program that stays while containers need it: see `engine/tend/`. */
export function helperProgram({ paths }: Pick<Store, 'paths'>): readonly string[] {
  return [...thisProgram(), TEND, paths.root, paths.run];
}

/** This very program, by absolute paths. */
export function thisProgram(): readonly string[] {
  // This code may have been bundled into a folder beside its own.
  const folder = join(import.meta.dirname, '../cli');
  const bin = join(folder, import.meta.filename.endsWith('.ts') ? 'bin.ts' : 'bin.js');
  return [process.execPath, ...NODE_FLAGS, bin];
}
