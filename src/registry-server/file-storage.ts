import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { isErrno } from '../base/errors.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { lockFile, type Lock } from '../sys/lock.ts';
import { checkManifest, referrerOf } from './check-manifest.ts';
import { Content } from './content.ts';
import { syncPath } from './durable.ts';
import { RegistryDataError } from './errors.ts';
import { emptyHash, FileUpload, type RunningHash } from './file-upload.ts';
import { IndexTables } from './index-tables.ts';
import { appendEntry, type JournalEntry, readEntries } from './journal.ts';
import { LayoutIndexes } from './layout-index.ts';
import { RegistryPaths } from './paths.ts';
import { RecentBodies } from './recent-bodies.ts';
import { catchUp, sweepUploads } from './recover.ts';
import type {
  NewManifest,
  OpenBlob,
  Page,
  Referrer,
  ReferrerPage,
  ReferrerRow,
  RegistryStorage,
  StoredManifest,
  Upload,
} from './storage.ts';
import { Turns } from './turns.ts';

/** Hashes of open uploads that are kept; the bytes of others are read again at their end. */
const HASH_LIMIT = 1000;
/** How long an upload is kept without a byte, and how often that is looked at; in milliseconds. */
const UPLOAD_LIFE = 24 * 3600 * 1000;
const SWEEP_INTERVAL = 3600 * 1000;
const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

/**
 * A registry in a folder of files, which it makes when it is not there. One process has it at a
 * time: RegistryDataError for another one. Throws system errors. See {@link RegistryPaths}.
 */
export function openFileStorage(root: string, clock: Clock): FileStorage {
  const paths = new RegistryPaths(root);
  for (const folder of [paths.repositories, paths.uploads]) mkdirSync(folder, { recursive: true });
  const lock = lockFile(paths.lock, { exclusive: true, wait: false });
  if (!lock) throw new RegistryDataError(`another registry is using ${root}`);
  try {
    return new FileStorage(paths, lock, clock);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** See {@link openFileStorage}. */
export class FileStorage implements RegistryStorage {
  readonly #paths: RegistryPaths;
  readonly #lock: Lock;
  readonly #clock: Clock;
  readonly #content: Content;
  readonly #tables: IndexTables;
  readonly #indexes: LayoutIndexes;
  readonly #turns = new Turns();
  readonly #bodies = new RecentBodies();
  /** Uploads that a request is working on. */
  readonly #busy = new Set<string>();
  readonly #hashes = new Map<string, RunningHash>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(paths: RegistryPaths, lock: Lock, clock: Clock) {
    this.#paths = paths;
    this.#lock = lock;
    this.#clock = clock;
    this.#content = new Content(paths);
    this.#tables = new IndexTables(paths.database);
    this.#indexes = new LayoutIndexes(paths, this.#tables);
    const replay = (name: string): void => this.#replay(name);
    for (const name of catchUp(paths, this.#tables, replay)) this.#indexes.changed(name);
    this.#sweep();
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_INTERVAL).unref();
  }

  hasRepository(repository: string): boolean {
    return this.#tables.repository(repository) !== undefined;
  }

  repositories({ after = '', limit }: Page): readonly string[] {
    return this.#tables.repositories(after, limit);
  }

  blobSize(repository: string, digest: Digest): number | undefined {
    return this.#content.size(repository, digest);
  }

  openBlob(repository: string, digest: Digest): OpenBlob | undefined {
    return this.#content.open(repository, digest);
  }

  async mount(repository: string, digest: Digest, from: string | undefined): Promise<boolean> {
    const isThere =
      from === undefined
        ? this.#content.isUsed(digest)
        : this.#content.isKnown(digest) && this.#content.size(from, digest) !== undefined;
    if (!isThere) return false;
    return this.#turns.take(repository, async () => {
      await this.#makeRepository(repository);
      await this.#content.link(repository, digest);
      return true;
    });
  }

  async removeBlob(
    repository: string,
    digest: Digest,
  ): Promise<'removed' | 'unknown' | 'a manifest'> {
    return this.#turns.take(repository, async () => {
      if (this.#tables.manifest(repository, digest)) return 'a manifest';
      return this.#content.unlink(repository, digest) ? 'removed' : 'unknown';
    });
  }

  startUpload(repository: string, algorithm: 'sha256' | 'sha512'): string {
    const id = randomUUID();
    const path = this.#paths.upload(repository, id);
    let fd: number;
    try {
      fd = openSync(path, 'wx', 0o644);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      mkdirSync(this.#paths.uploadsOf(repository), { recursive: true });
      fd = openSync(path, 'wx', 0o644);
    }
    closeSync(fd);
    this.#keepHash(path, emptyHash(algorithm));
    return id;
  }

  openUpload(repository: string, id: string): Upload | 'busy' | undefined {
    const path = this.#paths.upload(repository, id);
    if (this.#busy.has(path)) return 'busy';
    let upload: Upload;
    try {
      upload = new FileUpload(path, this.#hashes.get(path), {
        isKnown: (digest) => this.#content.isKnown(digest),
        commit: (file, digest) => this.#commit(file, repository, digest),
        closed: (running) => {
          this.#busy.delete(path);
          this.#keepHash(path, running);
        },
      });
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
    this.#hashes.delete(path);
    this.#busy.add(path);
    return upload;
  }

  uploadOffset(repository: string, id: string): number | undefined {
    return statSync(this.#paths.upload(repository, id), { throwIfNoEntry: false })?.size;
  }

  manifest(repository: string, reference: string): StoredManifest | undefined {
    return isDigest(reference)
      ? this.#tables.manifest(repository, reference)
      : this.#tables.tagged(repository, reference);
  }

  manifestBody(repository: string, digest: Digest): Uint8Array | undefined {
    const known = this.#bodies.get(digest);
    if (known) return known;
    try {
      const body = readFileSync(this.#paths.blob(repository, digest));
      this.#bodies.add(digest, body);
      return body;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  async putManifest(
    repository: string,
    manifest: NewManifest,
  ): ReturnType<RegistryStorage['putManifest']> {
    const { digest, mediaType, body, tags, needs, referrer, mayReplace } = manifest;
    return this.#turns.take(repository, async () => {
      const [first] = tags;
      const current = first === undefined ? undefined : this.#tables.tagged(repository, first);
      if (mayReplace && !mayReplace(current?.digest)) return 'replaced';
      for (const need of needs) {
        const size = this.#content.size(repository, need.digest);
        if (size === undefined) return { missing: need.digest };
        if (size !== need.size) return { wrongSize: need.digest };
      }
      await this.#makeRepository(repository);
      await this.#content.write(repository, digest, body);
      const at = this.#clock.now().toISOString();
      const entry = { at, put: digest, type: mediaType, size: body.length, tags };
      await this.#record(repository, entry, referrer);
      return undefined;
    });
  }

  async removeManifest(repository: string, reference: string): Promise<boolean> {
    return this.#turns.take(repository, async () => {
      if (!this.manifest(repository, reference)) return false;
      const at = this.#clock.now().toISOString();
      if (isDigest(reference)) {
        await this.#record(repository, { at, remove: reference });
        this.#content.unlink(repository, reference);
      } else await this.#record(repository, { at, untag: reference });
      return true;
    });
  }

  tags(repository: string, { after = '', limit }: Page): readonly string[] {
    return this.#tables.tags(repository, after, limit);
  }

  referrers(repository: string, subject: Digest, options: ReferrerPage): Iterable<Referrer> {
    return this.#tables.referrers(repository, subject, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper);
    try {
      this.#indexes.flush();
    } finally {
      this.#tables[Symbol.dispose]();
      this.#lock[Symbol.dispose]();
    }
  }

  async #commit(file: string, repository: string, digest: Digest): Promise<void> {
    await this.#turns.take(repository, async () => {
      await this.#makeRepository(repository);
      await this.#content.commit(file, repository, digest);
    });
  }

  /** To be called in turn. */
  async #makeRepository(repository: string): Promise<void> {
    const folder = this.#paths.repository(repository);
    if (existsSync(join(folder, 'oci-layout'))) return;
    for (const algorithm of ['sha256', 'sha512']) {
      mkdirSync(join(folder, 'blobs', algorithm), { recursive: true });
    }
    writeFileSync(this.#paths.journal(repository), '', { flag: 'a' });
    writeFileSync(join(folder, 'oci-layout'), LAYOUT);
    for (const path of [join(folder, 'blobs'), join(folder, 'oci-layout'), folder]) {
      await syncPath(path);
    }
    await syncPath(this.#paths.repositories);
    this.#tables.addRepository(repository);
    this.#indexes.changed(repository);
  }

  /** Writes what changed, for good, and then makes it visible. To be called in turn. */
  async #record(repository: string, entry: JournalEntry, referrer?: ReferrerRow): Promise<void> {
    const end = await appendEntry(this.#paths.journal(repository), entry);
    this.#tables.change(() => this.#apply(repository, entry, end, referrer));
    this.#indexes.changed(repository);
  }

  /** Takes up what the tables do not hold of a journal. */
  #replay(repository: string): void {
    const { applied = 0 } = this.#tables.repository(repository) ?? {};
    this.#tables.change(() => {
      for (const { entry, end } of readEntries(this.#paths.journal(repository), applied)) {
        this.#apply(repository, entry, end);
      }
    });
  }

  #apply(repository: string, entry: JournalEntry, end: number, referrer?: ReferrerRow): void {
    if ('put' in entry) {
      const { put: digest, type: mediaType, size, tags = [] } = entry;
      const row = { digest, mediaType, size };
      // Without its body it was removed later: so another entry says.
      if (this.#content.size(repository, digest) !== undefined) {
        this.#tables.putManifest(
          repository,
          row,
          tags,
          referrer ?? this.#referrer(repository, row),
        );
      }
    } else if ('untag' in entry) this.#tables.removeTag(repository, entry.untag);
    else this.#tables.removeManifest(repository, entry.remove);
    this.#tables.setApplied(repository, end);
  }

  #referrer(repository: string, row: StoredManifest): ReferrerRow | undefined {
    const body = this.manifestBody(repository, row.digest);
    return body && referrerOf(checkManifest(body, row.mediaType), row);
  }

  #keepHash(path: string, running: RunningHash | undefined): void {
    if (!running) return;
    this.#hashes.set(path, running);
    const [oldest] = this.#hashes.keys();
    if (this.#hashes.size > HASH_LIMIT && oldest !== undefined) this.#hashes.delete(oldest);
  }

  #sweep(): void {
    const before = this.#clock.now().getTime() - UPLOAD_LIFE;
    sweepUploads(this.#paths, before, (path) => {
      if (this.#busy.has(path)) return;
      this.#hashes.delete(path);
      rmSync(path, { force: true });
    });
  }
}
