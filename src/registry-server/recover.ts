import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { IndexTables } from './index-tables.ts';
import { isRepositoryName } from './names.ts';
import { type RegistryPaths, repositoryOf } from './paths.ts';

/**
 * Makes the tables agree with the folders: one look at each journal's size, and `replay` for what
 * is new. Gives the repositories whose `index.json` is not up to date.
 */
export function catchUp(
  paths: RegistryPaths,
  tables: IndexTables,
  replay: (repository: string) => void,
): string[] {
  const known = new Map(tables.positions().map((row) => [row.name, row]));
  const stale: string[] = [];
  for (const name of repositoriesOn(paths)) {
    const stat = statSync(paths.journal(name), { throwIfNoEntry: false });
    if (!stat) continue;
    const { size } = stat;
    const journal = String(stat.ino);
    let row = known.get(name);
    known.delete(name);
    if (row && (row.applied > size || row.journal !== journal)) {
      tables.removeRepository(name);
      row = undefined;
    }
    if (!row) tables.addRepository(name, journal);
    if (row?.applied !== size) replay(name);
    if (row?.applied !== size || row.listed !== size) stale.push(name);
  }
  for (const gone of known.keys()) tables.removeRepository(gone);
  return stale;
}

/** Calls `remove` with each file of an upload that was last written before a time. */
export function sweepUploads(
  paths: RegistryPaths,
  before: number,
  remove: (path: string) => void,
): void {
  for (const entry of readdirSync(paths.uploads, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const place = join(paths.uploads, entry.name);
    for (const name of readdirSync(place)) {
      const path = join(place, name);
      const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
      if (modified !== undefined && modified < before) remove(path);
    }
  }
}

/** Removes what a process that was killed had begun to write or to remove. */
export function sweepPieces(paths: RegistryPaths): void {
  for (const entry of readdirSync(paths.uploads, { withFileTypes: true })) {
    if (!entry.isDirectory()) rmSync(join(paths.uploads, entry.name), { force: true });
  }
  rmSync(paths.trash, { recursive: true, force: true });
}

function repositoriesOn(paths: RegistryPaths): string[] {
  return readdirSync(paths.repositories).map(repositoryOf).filter(isRepositoryName);
}
