import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { isErrno } from '../base/errors.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { lockFile, type Lock } from '../sys/lock.ts';
import { Changes, journalOf } from './changes.ts';
import { Content } from './content.ts';
import { syncPath } from './durable.ts';
import { dropManifest } from './drop-manifest.ts';
import { RegistryDataError } from './errors.ts';
import { ContentCount, diskOf, tryWriting } from './file-figures.ts';
import { FileUploads } from './file-uploads.ts';
import { type HistoryRow, IndexTables } from './index-tables.ts';
import { LayoutIndexes } from './layout-index.ts';
import { RegistryPaths } from './paths.ts';
import { Pulls } from './pulls.ts';
import { RecentBodies } from './recent-bodies.ts';
import { repositorySize } from './repository-size.ts';
import { catchUp, sweepPieces, sweepUploads } from './recover.ts';
import type {
  NewManifest,
  OpenBlob,
  Page,
  Referrer,
  ReferrerPage,
  RegistryStorage,
  StorageFigures,
  StoredManifest,
  Upload,
} from './storage.ts';
import { Turns } from './turns.ts';
import { makeDirectories } from '../sys/make-directories.ts';

/** How long an upload is kept without a byte, and how often that is looked at; in milliseconds. */
const UPLOAD_LIFE = 24 * 3600 * 1000;
const SWEEP_INTERVAL = 3600 * 1000;
const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

/** What is decided about a registry in files. */
export interface FileSettings {
  /** Tags that stay what they are once they mean something. Without it, none. */
  readonly isFixed?: ((repository: string, tag: string) => boolean) | undefined;
}

/** What a registry in files is made of, for those who keep it in order. */
export interface FileParts {
  readonly paths: RegistryPaths;
  readonly clock: Clock;
  readonly content: Content;
  readonly tables: IndexTables;
  readonly changes: Changes;
  readonly uploads: FileUploads;
  readonly indexes: LayoutIndexes;
  /** By the name of the repository that is being changed. */
  readonly turns: Turns;
}

/**
 * A registry in a folder of files, which it makes when it is not there. One process has it at a
 * time: RegistryDataError for another one. Throws system errors. See {@link RegistryPaths}.
 */
export function openFileStorage(
  root: string,
  clock: Clock,
  settings: FileSettings = {},
): FileStorage {
  const paths = new RegistryPaths(root);
  try {
    for (const folder of [paths.repositories, paths.uploads]) makeDirectories(folder);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EEXIST', 'EACCES', 'EROFS', 'EPERM')) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new RegistryDataError(`a registry cannot keep anything in ${root}: ${why}`);
  }
  const lock = lockFile(paths.lock, { exclusive: true, wait: false });
  if (!lock) throw new RegistryDataError(`another registry is using ${root}`);
  try {
    return new FileStorage(paths, lock, clock, settings);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** See {@link openFileStorage}. */
export class FileStorage implements RegistryStorage {
  readonly parts: FileParts;
  readonly #lock: Lock;
  readonly #isFixed: (repository: string, tag: string) => boolean;
  readonly #bodies = new RecentBodies();
  readonly #pulls: Pulls;
  readonly #count: ContentCount;
  readonly #sweeper: NodeJS.Timeout;

  constructor(paths: RegistryPaths, lock: Lock, clock: Clock, settings: FileSettings) {
    this.#lock = lock;
    this.#isFixed = settings.isFixed ?? (() => false);
    this.#count = new ContentCount(paths, clock);
    const content = new Content(paths, clock);
    const tables = new IndexTables(paths.database);
    const indexes = new LayoutIndexes(paths, tables);
    const changes = new Changes(paths, tables, indexes);
    const uploads = new FileUploads(paths, content, (file, repository, digest) =>
      this.#commit(file, repository, digest),
    );
    this.parts = { paths, clock, content, tables, changes, uploads, indexes, turns: new Turns() };
    sweepPieces(paths);
    for (const name of catchUp(paths, tables, (one) => changes.replay(one))) indexes.changed(name);
    this.#sweep();
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_INTERVAL).unref();
    this.#pulls = new Pulls((repository, digests) => this.#recordPulls(repository, digests));
  }

  hasRepository(repository: string): boolean {
    return this.parts.tables.repository(repository) !== undefined;
  }

  repositories({ after = '', limit }: Page): readonly string[] {
    return this.parts.tables.repositories(after, limit);
  }

  blobSize(repository: string, digest: Digest): number | undefined {
    return this.parts.content.asked(repository, digest);
  }

  holders(digest: Digest): number {
    return this.parts.content.holders(digest);
  }

  openBlob(repository: string, digest: Digest): OpenBlob | undefined {
    return this.parts.content.open(repository, digest);
  }

  async mount(repository: string, digest: Digest, from: string | undefined): Promise<boolean> {
    const { content, turns } = this.parts;
    using _ = content.hold(digest);
    const isThere =
      from === undefined
        ? content.isUsed(digest)
        : content.isKnown(digest) && content.size(from, digest) !== undefined;
    if (!isThere) return false;
    return await turns.take(repository, async () => {
      await this.#makeRepository(repository);
      await content.link(repository, digest);
      return true;
    });
  }

  async removeBlob(
    repository: string,
    digest: Digest,
  ): Promise<'removed' | 'unknown' | 'a manifest'> {
    const { content, tables, turns } = this.parts;
    return turns.take(repository, async () => {
      if (tables.manifest(repository, digest)) return 'a manifest';
      return content.unlink(repository, digest) ? 'removed' : 'unknown';
    });
  }

  repositorySize(repository: string): Promise<number> {
    return repositorySize(this.parts.paths.repository(repository));
  }

  startUpload(repository: string, algorithm: 'sha256' | 'sha512'): string {
    return this.parts.uploads.start(repository, algorithm);
  }

  openUpload(repository: string, id: string): Upload | 'busy' | undefined {
    return this.parts.uploads.open(repository, id);
  }

  uploadOffset(repository: string, id: string): number | undefined {
    return this.parts.uploads.offset(repository, id);
  }

  manifest(repository: string, reference: string): StoredManifest | undefined {
    const { tables } = this.parts;
    return isDigest(reference)
      ? tables.manifest(repository, reference)
      : tables.tagged(repository, reference);
  }

  manifestBody(repository: string, digest: Digest): Uint8Array | undefined {
    const known = this.#bodies.get(digest);
    if (known) return known;
    try {
      const body = readFileSync(this.parts.paths.blob(repository, digest));
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
    const { digest, mediaType, body, tags, names, referrer, by } = manifest;
    const { changes, clock, content, turns } = this.parts;
    return turns.take(repository, async () => {
      const obstacle = this.#obstacle(repository, manifest);
      if (obstacle !== undefined) return obstacle;
      await this.#makeRepository(repository);
      if (manifest.mirrored !== undefined) await this.#mark(repository, manifest.mirrored);
      await content.write(repository, digest, body);
      const at = clock.now().toISOString();
      const entry = { at, put: digest, type: mediaType, size: body.length, tags, by };
      await changes.record(repository, entry, { names, referrer });
      return undefined;
    });
  }

  async removeManifest(
    repository: string,
    reference: string,
    by?: string,
  ): ReturnType<RegistryStorage['removeManifest']> {
    const { changes, clock, tables, turns } = this.parts;
    return turns.take(repository, async () => {
      const manifest = this.manifest(repository, reference);
      if (!manifest) return 'unknown';
      const named = isDigest(reference) ? tables.tagsOf(repository, reference) : [reference];
      const fixed = named.find((tag) => this.#isFixed(repository, tag));
      if (fixed !== undefined) return { fixed };
      const at = clock.now().toISOString();
      if (isDigest(reference)) await dropManifest(this.parts, repository, manifest, { at, by });
      else await changes.record(repository, { at, untag: reference, by });
      return 'removed';
    });
  }

  pulled(repository: string, digest: Digest): void {
    this.#pulls.add(repository, digest);
  }

  tags(repository: string, { after = '', limit }: Page): readonly string[] {
    return this.parts.tables.tags(repository, after, limit);
  }

  history(repository: string, tag: string | undefined, limit: number): readonly HistoryRow[] {
    return this.parts.tables.history(repository, tag, limit);
  }

  referrers(repository: string, subject: Digest, options: ReferrerPage): Iterable<Referrer> {
    return this.parts.tables.referrers(repository, subject, options);
  }

  probe(readOnly: boolean): void {
    const { paths, tables } = this.parts;
    tables.repositories('', 1);
    if (!readOnly) tryWriting(paths);
  }

  async figures(): Promise<StorageFigures> {
    const { paths, tables } = this.parts;
    const [disk, contents] = await Promise.all([diskOf(paths), this.#count.contents()]);
    return { ...tables.counts(), ...disk, contents };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper);
    try {
      await this.#pulls[Symbol.asyncDispose]();
      this.parts.indexes.flush();
    } catch {
      // Neither is the truth; what could not be written is when the registry is opened again.
    } finally {
      this.parts.tables[Symbol.dispose]();
      this.#lock[Symbol.dispose]();
    }
  }

  #obstacle(
    repository: string,
    { digest, tags, needs, mayReplace }: NewManifest,
  ): Awaited<ReturnType<RegistryStorage['putManifest']>> {
    const { content, tables } = this.parts;
    const [first] = tags;
    const current = first === undefined ? undefined : tables.tagged(repository, first);
    if (mayReplace && !mayReplace(current?.digest)) return 'replaced';
    const fixed = tags.find((tag) => {
      if (!this.#isFixed(repository, tag)) return false;
      const means = tables.tagged(repository, tag);
      return means !== undefined && means.digest !== digest;
    });
    if (fixed !== undefined) return { fixed };
    for (const need of needs) {
      const size = content.size(repository, need.digest);
      if (size === undefined) return { missing: need.digest };
      if (size !== need.size) return { wrongSize: need.digest };
    }
    return undefined;
  }

  /** A repository without the manifests has nothing to remember. */
  async #recordPulls(repository: string, digests: readonly Digest[]): Promise<void> {
    const { changes, clock, tables, turns } = this.parts;
    await turns.take(repository, async () => {
      const pulled = digests.filter((digest) => tables.manifest(repository, digest));
      if (pulled.length === 0) return;
      await changes.record(repository, { at: clock.now().toISOString(), pulled });
    });
  }

  async #commit(file: string, repository: string, digest: Digest): Promise<void> {
    const { content, turns } = this.parts;
    await turns.take(repository, async () => {
      await this.#makeRepository(repository);
      await content.commit(file, repository, digest);
    });
  }

  /** To be called in turn. */
  async #makeRepository(repository: string): Promise<void> {
    const { indexes, paths, tables } = this.parts;
    const folder = paths.repository(repository);
    if (existsSync(join(folder, 'oci-layout'))) return;
    for (const algorithm of ['sha256', 'sha512']) {
      mkdirSync(join(folder, 'blobs', algorithm), { recursive: true });
    }
    writeFileSync(paths.journal(repository), '', { flag: 'a' });
    writeFileSync(join(folder, 'oci-layout'), LAYOUT);
    for (const path of [join(folder, 'blobs'), join(folder, 'oci-layout'), folder]) {
      await syncPath(path);
    }
    await syncPath(paths.repositories);
    tables.addRepository(repository, journalOf(paths, repository));
    indexes.changed(repository);
  }

  async #mark(repository: string, origin: string): Promise<void> {
    const path = this.parts.paths.mirrored(repository);
    if (existsSync(path)) return;
    writeFileSync(path, `${origin}\n`);
    await syncPath(path);
    await syncPath(dirname(path));
  }

  #sweep(): void {
    const { clock, paths, uploads } = this.parts;
    sweepUploads(paths, clock.now().getTime() - UPLOAD_LIFE, (path) => {
      if (!uploads.isBusy(path)) uploads.forget(path);
    });
  }
}
