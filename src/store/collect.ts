import { readdirSync, rmSync, statSync } from 'node:fs';
import { breather } from '../base/limit.ts';
import { lockFile } from '../sys/lock.ts';
import { namesIn } from '../sys/names-in.ts';
import { withBallast } from './ballast.ts';
import type { Database } from './database.ts';
import { storeError } from './io-errors.ts';
import type { LeaseContext, Leases } from './leases.ts';
import { forgetBroken, isOrphan, orphans } from './orphans.ts';
import type { StorePaths } from './paths.ts';
import type { CollectResult } from './store.ts';

/** Files moved per transaction, so that no other writer waits long. */
const BATCH = 256;
/** How long a partial blob may wait to be resumed, in milliseconds. */
const PARTIAL_LIFE = 7 * 24 * 60 * 60 * 1000;
/** How long a file that is written in one go may take, in milliseconds. */
const WRITE_LIFE = 60 * 60 * 1000;
/** Bytes of the stat cache that are kept: more than a million files. */
const FILE_DIGESTS = 64 * 1024 * 1024;

/**
 * Removes what nothing reaches. First the rows go, in one transaction; then the files that
 * have neither row nor holder are moved to the trash, each under the writer's lock, so that
 * whoever comes to hold one either is seen or no longer finds it; then the trash is emptied.
 * A crash in between leaves files without rows and a mark that says so: see {@link finishSweep}.
 */
export async function collect(context: LeaseContext, leases: Leases): Promise<CollectResult> {
  try {
    leases.reap();
    const rows = withBallast(context.paths, () =>
      context.db.transaction('write', () => {
        const swept = sweepRows(context.db);
        context.db.run("INSERT OR REPLACE INTO meta VALUES ('sweep', 'begun')");
        return swept;
      }),
    );
    await finishSweep(context);
    removeStale(context.paths, context.clock.now().getTime());
    return { ...rows, bytes: await emptyTrash(context) };
  } catch (error) {
    throw storeError(context.paths.root, error);
  }
}

/** Takes what a sweep has left without rows, this one or one whose process was killed. */
export async function finishSweep(context: LeaseContext): Promise<void> {
  const { db } = context;
  const begun = db.transaction('read', () => db.get("SELECT 1 FROM meta WHERE key = 'sweep'"));
  if (begun === undefined) return;
  await takeOrphans(context);
  db.transaction('note', () => db.run("DELETE FROM meta WHERE key = 'sweep'"));
}

/** Moves every file without row and holder to the trash, and says which. */
export async function takeOrphans({ db, paths, trash }: LeaseContext): Promise<string[]> {
  const found = db.transaction('read', () => [...orphans(db, paths)]);
  const taken: string[] = [];
  const breathe = breather();
  for (let at = 0; at < found.length; at += BATCH) {
    db.transaction('note', () => {
      for (const one of found.slice(at, at + BATCH)) {
        if (isOrphan(db, paths, one) && trash.take(one.path)) taken.push(one.path);
      }
    });
    await breathe();
  }
  return taken;
}

/** Removes what is in the trash; returns the disk space that came free, in bytes. */
export async function emptyTrash({ trash }: LeaseContext): Promise<number> {
  const breathe = breather();
  const removal = trash.empty();
  for (;;) {
    const step = removal.next();
    if (step.done === true) return step.value;
    await breathe();
  }
}

/** Deletes the rows of what neither images, containers, cache records nor leases reach. */
function sweepRows(db: Database): { layers: number; blobs: number } {
  forgetBroken(db);
  db.run('DELETE FROM indexes WHERE digest NOT IN (SELECT idx FROM index_images)');
  db.run(
    `WITH RECURSIVE live (chain) AS (
       SELECT chain FROM images WHERE chain IS NOT NULL
       UNION SELECT chain FROM containers WHERE chain IS NOT NULL
       UNION SELECT chain FROM cache
       UNION SELECT key FROM holds WHERE kind = 'chain'
       UNION SELECT parent FROM live JOIN chains USING (chain) WHERE parent IS NOT NULL
     )
     DELETE FROM chains WHERE chain NOT IN (SELECT chain FROM live)`,
  );
  db.run('DELETE FROM origins WHERE chain NOT IN (SELECT chain FROM chains)');
  const layers = db.run(
    `DELETE FROM layers WHERE diff_id NOT IN (SELECT diff_id FROM chains)
       AND diff_id NOT IN (SELECT key FROM holds WHERE kind = 'layer')`,
  );
  // The tar of a layer that came from outside can be had from its blob only (writer = 0).
  const blobs = db.run(
    `DELETE FROM blobs WHERE digest NOT IN (
       SELECT id FROM images
       UNION ALL SELECT manifest_digest FROM images
       UNION ALL SELECT blob FROM image_blobs
       UNION ALL SELECT digest FROM indexes
       UNION ALL SELECT blob FROM index_blobs
       UNION ALL SELECT image FROM containers
       UNION ALL SELECT blob FROM sources WHERE blob IS NOT NULL
       UNION ALL SELECT key FROM holds WHERE kind = 'blob'
       UNION ALL SELECT blob FROM layer_blobs JOIN layers USING (diff_id) WHERE writer = 0
     )`,
  );
  db.run('DELETE FROM layer_blobs WHERE blob NOT IN (SELECT digest FROM blobs)');
  db.run(
    `DELETE FROM file_digests WHERE rowid <= (
       SELECT max(id) FROM (
         SELECT rowid AS id, sum(length(files)) OVER (ORDER BY rowid DESC) AS total
         FROM file_digests
       ) WHERE total > ?
     )`,
    FILE_DIGESTS,
  );
  return { layers, blobs };
}

/** Partial blobs that nobody came back for, and what killed writers left of small files and lists. */
export function removeStale(paths: StorePaths, now: number): void {
  for (const name of readdirSync(paths.ingest)) {
    const path = `${paths.ingest}/${name}`;
    if (name.startsWith('.')) {
      if (isOlder(path, now - WRITE_LIFE)) rmSync(path, { force: true });
    } else if (isOlder(path, now - PARTIAL_LIFE)) {
      using lock = lockFile(path, { exclusive: true, wait: false });
      if (lock) rmSync(path, { force: true });
    }
  }
  for (const name of namesIn(paths.lists)) {
    const path = `${paths.lists}/${name}`;
    if (name.startsWith('.') && isOlder(path, now - WRITE_LIFE)) rmSync(path, { force: true });
  }
  for (const name of readdirSync(paths.root)) {
    const path = `${paths.root}/${name}`;
    if (name.startsWith('.new-') && isOlder(path, now - WRITE_LIFE)) rmSync(path, { force: true });
  }
}

function isOlder(path: string, time: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.mtimeMs < time;
}
