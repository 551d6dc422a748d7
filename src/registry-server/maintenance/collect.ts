import {
  existsSync,
  mkdirSync,
  opendirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import { breather } from '../../base/limit.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import { randomHex } from '../../sys/random.ts';
import type { FileParts } from '../file-storage.ts';
import { repositoryOf } from '../paths.ts';
import { contents } from './contents.ts';

/** Files that are looked at in one turn of a repository, and names that are read ahead. */
const BATCH = 64;
const NAMES = 1000;
/** Clients wait at most about so long, in milliseconds. */
const BREATH = 10;

/** How a collection goes about it. */
export interface CollectOptions {
  /** What was of use less than this ago stays; in milliseconds. */
  readonly grace: number;
  /** Nothing is removed: rows say what would be. */
  readonly dryRun: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What a collection found of one thing, and why it stays or goes. */
export interface CollectRow {
  /** `content` stands for the bytes; `blob` is what one repository has of them. */
  readonly kind: 'blob' | 'content' | 'upload' | 'repository';
  readonly repository: string | undefined;
  /** A digest, or the name of an upload. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly removed: boolean;
  /** One clause: `needed by sha256:…`. */
  readonly reason: string;
}

/**
 * Collects what nobody needs while clients push and pull. Whatever a manifest of the same
 * repository names stays, and so do manifests. The rest stays as long as the grace lasts after it
 * was last uploaded, mounted, asked for or needed.
 */
export async function* collect(
  parts: FileParts,
  options: CollectOptions,
): AsyncGenerator<CollectRow> {
  const before = parts.clock.now().getTime() - options.grace;
  const pause = breather(BREATH);
  yield* collectUploads(parts, options, before);
  /** How many would lose a content, when nothing is really removed. */
  const fewer = new Map<string, number>();
  let after = '';
  for (;;) {
    const names = parts.tables.repositories(after, NAMES);
    for (const name of names) {
      await pause();
      for await (const row of collectRepository(parts, name, options, before)) {
        const counts = options.dryRun && row.removed && row.kind === 'blob';
        if (counts) fewer.set(row.name, (fewer.get(row.name) ?? 0) + 1);
        yield row;
      }
      options.signal?.throwIfAborted();
    }
    if (names.length < NAMES) break;
    after = names.at(-1) ?? '';
  }
  yield* collectContents(parts, options, before, fewer);
  for (let byte = 0; byte < 256 && !options.dryRun; byte += 1) {
    parts.tables.forgetNeeds(byte);
    await pause();
  }
}

async function* collectRepository(
  parts: FileParts,
  repository: string,
  options: CollectOptions,
  before: number,
): AsyncGenerator<CollectRow> {
  for (const algorithm of ['sha256', 'sha512']) {
    const folder = join(parts.paths.repository(repository), 'blobs', algorithm);
    for await (const names of batches(folder)) {
      options.signal?.throwIfAborted();
      yield* await parts.turns.take(repository, async () =>
        names.flatMap((name) => {
          const digest = `${algorithm}:${name}`;
          return isDigest(digest) ? blobRow(parts, repository, digest, options, before) : [];
        }),
      );
    }
  }
  if (!options.dryRun)
    await parts.turns.take(repository, async () => removePieces(parts, repository));
  yield* await parts.turns.take(repository, async () =>
    emptyRepository(parts, repository, options, before),
  );
}

/** To be called in turn. */
function blobRow(
  parts: FileParts,
  repository: string,
  digest: Digest,
  options: CollectOptions,
  before: number,
): CollectRow[] {
  const { content, paths, tables } = parts;
  const stat = statSync(paths.blob(repository, digest), { throwIfNoEntry: false });
  if (!stat) return [];
  const row = { kind: 'blob', repository, name: digest, size: stat.size } as const;
  const kept = (reason: string): CollectRow[] => [{ ...row, removed: false, reason }];
  if (tables.manifest(repository, digest)) {
    const [tag] = tables.tagsOf(repository, digest);
    return kept(tag === undefined ? 'a manifest without a tag' : `the manifest of ${tag}`);
  }
  const needed = tables.neededBy(repository, digest);
  if (needed !== undefined) return kept(`needed by ${needed}`);
  const since = new Date(stat.mtimeMs).toISOString();
  if (stat.mtimeMs >= before) return kept(`within the grace, in use until ${since}`);
  if (!options.dryRun) content.unlink(repository, digest);
  return [{ ...row, removed: true, reason: `unreferenced since ${since}` }];
}

/** What a process that was killed had begun to write. To be called in turn. */
function removePieces({ paths }: FileParts, repository: string): void {
  for (const name of ['journal.new', 'index.json.new']) {
    rmSync(join(paths.repository(repository), name), { force: true });
  }
}

/** A repository that has nothing goes with its journal. To be called in turn, at once. */
function emptyRepository(
  parts: FileParts,
  repository: string,
  options: CollectOptions,
  before: number,
): CollectRow[] {
  const { paths, tables } = parts;
  const folder = paths.repository(repository);
  const journal = statSync(paths.journal(repository), { throwIfNoEntry: false });
  if (!journal || journal.mtimeMs >= before) return [];
  if (tables.manifests(repository, 0, 1).length > 0) return [];
  const blobs = ['sha256', 'sha512'].map((one) => join(folder, 'blobs', one));
  const isFilled = (path: string): boolean => existsSync(path) && readdirSync(path).length > 0;
  if (blobs.some(isFilled) || isFilled(paths.uploadsOf(repository))) return [];
  const since = new Date(journal.mtimeMs).toISOString();
  const reason = `empty since ${since}`;
  const row = { kind: 'repository', repository, name: repository, size: 0, reason } as const;
  if (!options.dryRun) {
    const way = join(paths.trash, randomHex(16));
    mkdirSync(paths.trash, { recursive: true });
    renameSync(folder, way);
    tables.change(() => tables.removeRepository(repository));
    rmSync(way, { recursive: true, force: true });
  }
  return [{ ...row, removed: true }];
}

async function* collectUploads(
  { paths, uploads }: FileParts,
  options: CollectOptions,
  before: number,
): AsyncGenerator<CollectRow> {
  for await (const folders of batches(paths.uploads)) {
    for (const folder of folders) {
      const place = join(paths.uploads, folder);
      if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) continue;
      const repository = repositoryOf(folder);
      for (const name of readdirSync(place)) {
        const path = join(place, name);
        const stat = statSync(path, { throwIfNoEntry: false });
        if (!stat) continue;
        const row = { kind: 'upload', repository, name, size: stat.size } as const;
        const since = new Date(stat.mtimeMs).toISOString();
        const isBusy = uploads.isBusy(path);
        if (isBusy || stat.mtimeMs >= before) {
          const reason = isBusy ? 'bytes are coming' : `within the grace, last byte at ${since}`;
          yield { ...row, removed: false, reason };
          continue;
        }
        if (!options.dryRun) uploads.forget(path);
        yield { ...row, removed: true, reason: `no byte since ${since}` };
      }
      if (!options.dryRun) removeEmpty(place);
    }
  }
}

/** What no repository has any more leaves the disk. */
async function* collectContents(
  { content, paths }: FileParts,
  options: CollectOptions,
  before: number,
  fewer: ReadonlyMap<string, number>,
): AsyncGenerator<CollectRow> {
  for await (const { digest, path } of contents(paths.blobs)) {
    options.signal?.throwIfAborted();
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat || stat.nlink - (fewer.get(digest) ?? 0) > 1) continue;
    const row = { kind: 'content', repository: undefined, name: digest, size: stat.size } as const;
    const since = new Date(stat.mtimeMs).toISOString();
    if (content.isHeld(digest) || stat.mtimeMs >= before) {
      yield { ...row, removed: false, reason: `within the grace, in use until ${since}` };
      continue;
    }
    if (!options.dryRun) rmSync(path, { force: true });
    yield { ...row, removed: true, reason: `in no repository, of use until ${since}` };
  }
}

/** Names in a folder, some at a time; others get to run in between. */
async function* batches(folder: string): AsyncGenerator<string[]> {
  if (!existsSync(folder)) return;
  const pause = breather(BREATH);
  const directory = opendirSync(folder, { bufferSize: BATCH });
  try {
    for (;;) {
      const names: string[] = [];
      while (names.length < BATCH) {
        const entry = directory.readSync();
        if (!entry) break;
        names.push(entry.name);
      }
      if (names.length === 0) return;
      yield names;
      await pause();
    }
  } finally {
    directory.closeSync();
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'ENOENT')) throw error;
  }
}
