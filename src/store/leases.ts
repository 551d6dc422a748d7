import { existsSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { isErrno, StaveError } from '../base/errors.ts';
import type { Clock } from '../base/clock.ts';
import { bootId } from '../sys/boot.ts';
import { lockFile, type Lock } from '../sys/lock.ts';
import type { Digest, DiffId } from '../oci/digest.ts';
import { randomHex } from '../sys/random.ts';
import { takeBallast, withBallast } from './ballast.ts';
import { removeDeadIngests } from './blob-ingest.ts';
import type { Database } from './database.ts';
import { forgetBroken, isOrphan } from './orphans.ts';
import type { StorePaths } from './paths.ts';
import type { Lease } from './store.ts';
import type { Trash } from './trash.ts';

/** What lease IDs look like; other names in the directory are no leases. */
const ID = /^[0-9a-f]{16}$/;

/** What every lease of a process needs. */
export interface LeaseContext {
  readonly paths: StorePaths;
  readonly db: Database;
  readonly trash: Trash;
  readonly clock: Clock;
}

/**
 * The leases of one open store, and the end of those whose process is gone.
 *
 * A lease is alive as long as the lock on its file is held. Its file is there before its
 * rows and its directory are, and goes after them; so a row or a directory without a file
 * is nobody's, and a file that can be locked is a dead lease, or one that is being born and
 * then tries again under another name.
 */
export class Leases implements Disposable {
  readonly #context: LeaseContext;
  readonly #live = new Set<DiskLease>();

  constructor(context: LeaseContext) {
    this.#context = context;
  }

  open(purpose: string): Lease {
    const { paths, db, clock, trash } = this.#context;
    if (this.#afterBoot()) for (const _ of trash.empty()) continue;
    this.reap();
    takeBallast(paths);
    for (;;) {
      const id = randomHex(8);
      const lock = lockFile(`${paths.leases}/${id}`, { exclusive: true, wait: false });
      if (lock === undefined) continue;
      db.transaction('note', () =>
        db.run(
          'INSERT INTO leases (id, pid, boot_id, purpose, created_at) VALUES (?, ?, ?, ?, ?)',
          id,
          process.pid,
          bootId(),
          purpose,
          clock.now().getTime(),
        ),
      );
      const lease = new DiskLease(this.#context, id, lock, () => this.#live.delete(lease));
      this.#live.add(lease);
      return lease;
    }
  }

  /** Holds something with every live lease of this open store: whoever made it has one of them. */
  holdWithAll(kind: Parameters<Lease['hold']>[0], key: string): void {
    for (const lease of this.#live) lease.hold(kind, key);
  }

  /** Ends the leases whose process is gone, and removes their directories and what they were writing. */
  reap(): void {
    const { paths, db } = this.#context;
    removeDeadIngests(paths);
    const own = new Set([...this.#live].map((lease) => lease.id));
    for (const id of readdirSync(paths.leases)) {
      if (!ID.test(id) || own.has(id)) continue;
      using lock = lockFile(`${paths.leases}/${id}`, { exclusive: true, wait: false });
      if (lock === undefined) continue;
      withBallast(paths, () => end(this.#context, id));
    }
    const rows = db.transaction('read', () => db.all<{ id: string }>('SELECT id FROM leases'));
    for (const { id } of rows) {
      if (own.has(id) || existsSync(`${paths.leases}/${id}`)) continue;
      end(this.#context, id);
    }
  }

  [Symbol.dispose](): void {
    for (const lease of this.#live) lease[Symbol.dispose]();
  }

  /**
   * Once per boot, before anybody works: layers that were not synced when the machine went
   * down may be damaged, so their rows go, and the directories that nobody then knows of.
   * No lease can be alive that was there before. True when there was something to do.
   */
  #afterBoot(): boolean {
    const { paths, db, trash } = this.#context;
    const boot = bootId();
    const current = (): boolean =>
      db.transaction('read', () =>
        db.get<{ value: string }>("SELECT value FROM meta WHERE key = 'boot'"),
      )?.value === boot;
    if (current()) return false;
    using _lock = lockFile(`${paths.leases}/.boot`, { exclusive: true, wait: true });
    if (current()) return false;
    db.transaction('write', () => {
      db.run('DELETE FROM layers WHERE synced = 0 AND boot_id <> ?', boot);
      db.run('DELETE FROM leases');
      forgetBroken(db);
      for (const name of readdirSync(paths.layers)) {
        const known = db.get('SELECT 1 FROM layers WHERE diff_id = ?', `sha256:${name}`);
        if (known === undefined) trash.take(`${paths.layers}/${name}`);
      }
    });
    db.transaction('note', () => db.run("INSERT OR REPLACE INTO meta VALUES ('boot', ?)", boot));
    return true;
  }
}

class DiskLease implements Lease {
  readonly id: string;
  readonly #context: LeaseContext;
  readonly #lock: Lock;
  readonly #ended: () => void;
  /** What is held for good: rows of a lease go with it, not before, unless a transaction is undone. */
  readonly #held = new Set<string>();
  #undone = 0;
  #alive = true;
  #directory: string | undefined;

  constructor(context: LeaseContext, id: string, lock: Lock, ended: () => void) {
    this.#context = context;
    this.id = id;
    this.#lock = lock;
    this.#ended = ended;
  }

  get directory(): string {
    this.#assertAlive();
    if (this.#directory === undefined) {
      const path = `${this.#context.paths.tmp}/${this.id}`;
      mkdirSync(path, { recursive: true, mode: 0o700 });
      this.#directory = path;
    }
    return this.#directory;
  }

  hold(kind: Parameters<Lease['hold']>[0], key: string): void {
    this.#assertAlive();
    const { db } = this.#context;
    if (this.#undone !== db.undone) this.#held.clear();
    this.#undone = db.undone;
    const name = `${kind} ${key}`;
    if (this.#held.has(name)) return;
    this.#hold(kind, key);
    // The parts of an image may become others.
    if (kind !== 'image') this.#held.add(name);
  }

  #hold(kind: Parameters<Lease['hold']>[0], key: string): void {
    const { db } = this.#context;
    const add = 'INSERT OR IGNORE INTO holds (lease, kind, key)';
    db.transaction('note', () => {
      db.run(`${add} VALUES (?, ?, ?)`, this.id, kind, key);
      if (kind !== 'image') return;
      // The image's own row may go while it is in use; what it is made of must not.
      db.run(
        `${add} SELECT ?, 'chain', chain FROM images WHERE id = ? AND chain IS NOT NULL`,
        this.id,
        key,
      );
      db.run(`${add} SELECT ?, 'blob', id FROM images WHERE id = ?`, this.id, key);
      db.run(`${add} SELECT ?, 'blob', manifest_digest FROM images WHERE id = ?`, this.id, key);
      db.run(`${add} SELECT ?, 'blob', blob FROM image_blobs WHERE image = ?`, this.id, key);
    });
  }

  holdIndex(digest: Digest): void {
    this.#assertAlive();
    const { db } = this.#context;
    db.transaction('note', () => {
      this.hold('blob', digest);
      db.run(
        `INSERT OR IGNORE INTO holds (lease, kind, key)
         SELECT ?, 'blob', blob FROM index_blobs WHERE idx = ?`,
        this.id,
        digest,
      );
      const rows = db.all<{ image: Digest }>(
        'SELECT DISTINCT image FROM index_images WHERE idx = ?',
        digest,
      );
      for (const { image } of rows) this.hold('image', image);
    });
  }

  [Symbol.dispose](): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#ended();
    try {
      withBallast(this.#context.paths, () => end(this.#context, this.id));
    } catch (error) {
      // The work is done or has failed for a better reason; the next lease cleans up.
      if (!(error instanceof StaveError) && !isErrno(error, 'ENOSPC', 'EIO', 'EROFS')) throw error;
    } finally {
      this.#lock[Symbol.dispose]();
    }
  }

  #assertAlive(): void {
    if (!this.#alive) throw new Error(`lease ${this.id} has ended`);
  }
}

/**
 * Ends a lease: directory, rows, file, in the order that {@link Leases} relies on. What it
 * held and had put into place, but not yet into a table, goes too: nobody else knows of it.
 */
function end({ paths, db, trash }: LeaseContext, id: string): void {
  // First of all, because the disk may be so full that not even rows can be deleted.
  const scratch = trash.take(`${paths.tmp}/${id}`);
  if (scratch !== undefined) trash.drop(scratch);
  const places = db.transaction('note', () => {
    const held = db.all<Unknown>(
      `SELECT kind, key FROM holds WHERE lease = ? AND (
         kind = 'layer' AND key NOT IN (SELECT diff_id FROM layers)
         OR kind = 'blob' AND key NOT IN (SELECT digest FROM blobs)
         OR kind = 'git' AND key NOT IN (SELECT key FROM sources))`,
      id,
    );
    db.run('DELETE FROM leases WHERE id = ?', id);
    return held.map(({ kind, key }) => {
      const path = placeOf(paths, kind, key);
      return isOrphan(db, paths, { kind, key, path }) ? trash.take(path) : undefined;
    });
  });
  for (const place of places) if (place !== undefined) trash.drop(place);
  try {
    unlinkSync(`${paths.leases}/${id}`);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

interface Unknown {
  readonly kind: 'layer' | 'blob' | 'git';
  readonly key: string;
}

function placeOf(paths: StorePaths, kind: Unknown['kind'], key: string): string {
  if (kind === 'git') return `${paths.git}/${key}`;
  return kind === 'layer' ? paths.layer(key as DiffId) : paths.blob(key as Digest);
}
