import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { groupPath } from './groups.ts';
import { cgroupLayout } from './host.ts';
import { removeDebris, RUNTIME_STATE, sweep } from './state-dir.ts';

/** Where a store's containers leave things. */
export interface DebrisPlace {
  readonly stateDir: string;
  readonly storeId: string;
}

/** Whether the runtime still has something of a container that does not run. */
export function hasDebris({ stateDir }: DebrisPlace, id: string): boolean {
  return existsSync(join(stateDir, RUNTIME_STATE, id));
}

/**
 * Takes away what a container that has ended left, or its killed runtime: the runtime's state
 * and control groups.
 */
export function tidyContainer(
  { stateDir, storeId }: DebrisPlace,
  id: string,
  parent: string | undefined,
): void {
  removeDebris(stateDir, id, groupsOf(storeId, parent));
}

/** Takes away what builds left that were killed: their processes, mounts and control groups. */
export function sweepBuilds({ stateDir, storeId }: DebrisPlace): void {
  sweep(stateDir, groupsOf(storeId, undefined));
}

function groupsOf(storeId: string, parent: string | undefined): string[] {
  const path = groupPath(storeId, '', parent);
  const { roots, unified } = cgroupLayout();
  const places = unified === undefined ? roots : [...roots, unified.path];
  return places.map((root) => root + path);
}
