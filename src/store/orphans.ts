import { existsSync, readdirSync } from 'node:fs';
import type { Database } from './database.ts';
import type { StorePaths } from './paths.ts';
import { namesIn } from '../sys/names-in.ts';

/** A file or directory of the store. `key` is a digest, or the ID of a lease. */
export interface Stored {
  readonly kind: 'blob' | 'layer' | 'git' | 'scratch';
  readonly key: string;
  readonly path: string;
}

/** What lies in the store and has neither a row nor a holder. May be outdated at once: see {@link isOrphan}. */
export function* orphans(db: Database, paths: StorePaths): Generator<Stored, void> {
  for (const one of stored(paths)) if (isOrphan(db, paths, one)) yield one;
}

/** True when nothing knows of it. Certain only under the writer's lock. */
export function isOrphan(db: Database, paths: StorePaths, { kind, key }: Stored): boolean {
  if (kind === 'scratch') return !existsSync(`${paths.leases}/${key}`);
  const row = db.get(KNOWN[kind], key);
  return row === undefined && !isHeld(db, kind, key);
}

const KNOWN = {
  blob: 'SELECT 1 FROM blobs WHERE digest = ?',
  layer: 'SELECT 1 FROM layers WHERE diff_id = ?',
  git: 'SELECT 1 FROM sources WHERE key = ?',
};

function isHeld(db: Database, kind: string, key: string): boolean {
  return db.get('SELECT 1 FROM holds WHERE kind = ? AND key = ?', kind, key) !== undefined;
}

function* stored(paths: StorePaths): Generator<Stored, void> {
  for (const algorithm of readdirSync(paths.blobs)) {
    for (const name of readdirSync(`${paths.blobs}/${algorithm}`)) {
      const path = `${paths.blobs}/${algorithm}/${name}`;
      yield { kind: 'blob', key: `${algorithm}:${name}`, path };
    }
  }
  for (const name of readdirSync(paths.layers)) {
    yield { kind: 'layer', key: `sha256:${name}`, path: `${paths.layers}/${name}` };
  }
  for (const name of namesIn(paths.git)) {
    yield { kind: 'git', key: name, path: `${paths.git}/${name}` };
  }
  for (const name of readdirSync(paths.tmp)) {
    yield { kind: 'scratch', key: name, path: `${paths.tmp}/${name}` };
  }
}

/** Deletes the cache records whose stack is not whole any more. */
export function forgetBroken(db: Database): number {
  return db.run(
    `WITH RECURSIVE broken (chain) AS (
       SELECT chain FROM chains WHERE diff_id NOT IN (SELECT diff_id FROM layers)
         OR parent IS NOT NULL AND parent NOT IN (SELECT chain FROM chains)
       UNION SELECT chains.chain FROM chains JOIN broken ON chains.parent = broken.chain
     )
     DELETE FROM cache WHERE chain IN (SELECT chain FROM broken)
       OR chain NOT IN (SELECT chain FROM chains)`,
  );
}
