import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { collect as collectBytes } from '../base/bytes.ts';
import { StaveError } from '../base/errors.ts';
import { reporter, type Reporter } from '../base/reporter.ts';
import { chainId, type Digest } from '../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import { diffIdsOf, parseConfig } from '../oci/parse-config.ts';
import { parseIndex, parseManifest } from '../oci/parse-manifest.ts';
import type { BlobStore } from './blob-store.ts';
import type { Database } from './database.ts';
import { emptyTrash, finishSweep, removeStale, takeOrphans } from './collect.ts';
import type { LeaseContext, Leases } from './leases.ts';
import { forgetBroken, orphans } from './orphans.ts';
import type { CheckOptions, CheckResult, Problem } from './store.ts';
import type { ImageRow, LayerRow, Tables } from './tables.ts';

/** What a check looks at. */
export interface CheckContext {
  readonly store: LeaseContext;
  readonly leases: Leases;
  readonly tables: Tables;
  readonly blobs: BlobStore;
}

/**
 * Checks the whole store: the database file, blobs against their digests, layers against
 * their diff IDs, images for all that they are made of, and then for what belongs to nobody.
 * What killed processes left is removed first, as every command that writes does.
 */
export async function check(
  context: CheckContext,
  options: CheckOptions = {},
): Promise<CheckResult> {
  const found = new Findings(options.repair === true);
  const { db } = context.store;
  checkDatabase(context, found);
  if (found.problems.length > 0)
    return { images: 0, blobs: 0, layers: 0, problems: found.problems };
  context.leases.reap();
  await finishSweep(context.store);
  removeStale(context.store.paths, context.store.clock.now().getTime());
  await emptyTrash(context.store);
  const report = reporter(options.progress);
  const read = <T>(body: (tables: Tables) => T): T =>
    db.transaction('read', () => body(context.tables));
  const blobs = read(() => knownBlobs(db));
  await checkBlobs(context, blobs, found, report, options);
  const layers = read((tables) => tables.layers.list());
  await checkLayers(context, layers, found, report, options);
  const images = read((tables) => tables.images.list());
  for (const image of images) await checkImage(context, image, found);
  checkIndexes(context, found);
  checkCache(context, found);
  await checkLitter(context, found);
  const counts = { images: images.length, blobs: blobs.length, layers: layers.length };
  return { ...counts, problems: found.problems };
}

/** Gathers problems, and mends them where asked to. */
class Findings {
  readonly problems: Problem[] = [];
  /** Keys of all problems, mended or not: what needs one of these is broken too. */
  readonly keys = new Set<string>();
  readonly repairs: boolean;

  constructor(repairs: boolean) {
    this.repairs = repairs;
  }

  /** `mend` says, if it must, how the problem was mended. */
  add(kind: Problem['kind'], key: string, what: string, mend?: () => string | void): void {
    this.keys.add(key);
    if (!this.repairs || mend === undefined) {
      this.problems.push({ kind, key, what, repaired: false });
      return;
    }
    const how = mend();
    const said = typeof how === 'string' ? `${what}; ${how}` : what;
    this.problems.push({ kind, key, what: said, repaired: true });
  }
}

function checkDatabase({ store: { db } }: CheckContext, found: Findings): void {
  try {
    for (const line of db.integrity()) found.add('store', 'store.db', line);
    for (const row of db.all<{ table: string }>('PRAGMA foreign_key_check')) {
      const what = `a row of ${row.table} points at nothing`;
      found.add('store', 'store.db', what);
    }
  } catch (error) {
    // Another format, or a file that is no database at all: nothing more can be looked at.
    if (!(error instanceof StaveError)) throw error;
    found.add('store', 'store.db', error.message);
  }
}

/** A blob that is in the table of blobs, or that an image is linked to and should be there. */
interface KnownBlob {
  readonly digest: Digest;
  readonly size: number | null;
}

function knownBlobs(db: Database): KnownBlob[] {
  return db.all<KnownBlob>(
    `SELECT digest, size FROM blobs
     UNION ALL SELECT DISTINCT blob, NULL FROM (
       SELECT blob FROM image_blobs UNION SELECT blob FROM index_blobs
       UNION SELECT digest FROM indexes
     ) WHERE blob NOT IN (SELECT digest FROM blobs)`,
  );
}

async function checkBlobs(
  context: CheckContext,
  rows: readonly KnownBlob[],
  found: Findings,
  report: Reporter,
  options: CheckOptions,
): Promise<void> {
  const { db, paths } = context.store;
  using task = report.begin('checking blobs', { total: rows.length, unit: 'items' });
  for (const [at, blob] of rows.entries()) {
    options.signal?.throwIfAborted();
    const { digest } = blob;
    const what = await blobProblem(context.blobs, blob, options);
    // The collector may have taken it since the list was made.
    if (what !== undefined && knownBlobs(db).some((row) => row.digest === digest)) {
      found.add('blob', digest, what, () =>
        db.transaction('write', () => {
          db.run('DELETE FROM blobs WHERE digest = ?', digest);
          db.run('DELETE FROM layer_blobs WHERE blob = ?', digest);
          db.run('DELETE FROM image_blobs WHERE blob = ?', digest);
          db.run('DELETE FROM index_blobs WHERE blob = ?', digest);
          rmSync(paths.blob(digest), { force: true });
        }),
      );
    }
    task.advance(at + 1);
  }
  task.outcome = 'done';
}

/** What is wrong with a blob, or undefined. */
async function blobProblem(
  blobs: BlobStore,
  { digest, size }: KnownBlob,
  options: CheckOptions,
): Promise<string | undefined> {
  const info = await blobs.stat(digest);
  if (info === undefined) return 'is missing';
  if (size === null) return 'is not in the table of blobs';
  if (info.size !== size) return `has ${info.size} bytes instead of ${size}`;
  if (options.quick === true) return undefined;
  const [algorithm = ''] = digest.split(':');
  const hash = createHash(algorithm);
  const bytes = await blobs.open(digest, options);
  for await (const chunk of bytes) hash.update(chunk);
  return `${algorithm}:${hash.digest('hex')}` === digest ? undefined : 'is damaged';
}

async function checkLayers(
  context: CheckContext,
  rows: readonly LayerRow[],
  found: Findings,
  report: Reporter,
  options: CheckOptions,
): Promise<void> {
  const { db, paths, trash } = context.store;
  using task = report.begin('checking layers', { total: rows.length, unit: 'items' });
  for (const [at, { diffId }] of rows.entries()) {
    options.signal?.throwIfAborted();
    const there = existsSync(paths.layerFs(diffId)) && existsSync(paths.layerFiles(diffId));
    const what = there
      ? options.quick === true
        ? undefined
        : await options.verifyLayer?.(diffId, options)
      : 'is missing or has lost its file table';
    const known = (): boolean =>
      db.get('SELECT 1 FROM layers WHERE diff_id = ?', diffId) !== undefined;
    if (what !== undefined && known()) {
      found.add('layer', diffId, what, () =>
        db.transaction('write', () => {
          db.run('DELETE FROM layers WHERE diff_id = ?', diffId);
          trash.take(paths.layer(diffId));
        }),
      );
    }
    task.advance(at + 1);
  }
  task.outcome = 'done';
}

/** An image without its config, its manifest or a layer is lost, and named with its names. */
async function checkImage(context: CheckContext, image: ImageRow, found: Findings): Promise<void> {
  const { store, tables } = context;
  const what = await imageProblem(context, image, found.keys);
  if (what === undefined) return;
  const names = store.db.transaction('read', () => tables.images.names(image.id));
  const called = names.length === 0 ? '' : ` (${names.map((row) => row.name).join(', ')})`;
  found.add('image', image.id, `${what}${called}`, () => {
    store.db.transaction('write', () => tables.images.remove(image.id));
    return 'the image was removed';
  });
}

async function imageProblem(
  { store, tables, blobs }: CheckContext,
  image: ImageRow,
  broken: ReadonlySet<string>,
): Promise<string | undefined> {
  const document = async (digest: Digest): Promise<Buffer | undefined> =>
    (await blobs.stat(digest)) && collectBytes(await blobs.open(digest), DOCUMENT_LIMIT);
  const [config, manifest] = [await document(image.id), await document(image.manifest.digest)];
  if (config === undefined || broken.has(image.id)) return 'its config is lost';
  if (manifest === undefined || broken.has(image.manifest.digest)) return 'its manifest is lost';
  try {
    if (parseManifest(manifest).config.digest !== image.id)
      return 'its manifest is of another image';
    if (chainId(diffIdsOf(parseConfig(config))) !== image.chain) return 'its layers are others';
  } catch (error) {
    if (error instanceof StaveError) return error.message;
    throw error;
  }
  const { chain } = image;
  if (chain === undefined) return undefined;
  const layers = store.db.transaction('read', () => tables.layers.stack(chain));
  const whole = layers?.every(({ diffId }) => !broken.has(diffId)) === true;
  return whole ? undefined : 'a layer of it is lost';
}

/** Without its own document, or that of a platform, an index is lost; its images stay. */
function checkIndexes({ store: { db }, tables, blobs }: CheckContext, found: Findings): void {
  const indexes = db.transaction('read', () =>
    tables.indexes.list().map((row) => ({ ...row, parts: tables.indexes.blobs(row.digest) })),
  );
  for (const { digest, descriptor, members, parts } of indexes) {
    const what = indexProblem();
    if (what === undefined) continue;
    found.add('image', digest, what, () => {
      db.transaction('write', () => tables.indexes.remove(digest));
      return 'the index was removed';
    });

    function indexProblem(): string | undefined {
      if (members.length === 0) return 'none of its images is here';
      if (found.keys.has(digest)) return 'the index is lost';
      if (parts.some((part) => found.keys.has(part))) return 'a part of the index is lost';
      try {
        const entries = parseIndex(blobs.readSync(digest), descriptor.mediaType).manifests;
        const listed = new Set(entries.map((entry) => entry.digest));
        if (members.every(({ manifest }) => listed.has(manifest.digest))) return undefined;
        return 'it does not list an image that is said to be of it';
      } catch (error) {
        if (error instanceof StaveError) return error.message;
        throw error;
      }
    }
  }
}

function checkCache({ store: { db }, tables }: CheckContext, found: Findings): void {
  const broken = db.transaction('read', () =>
    tables.cache.list().filter(({ chain }) => tables.layers.stack(chain) === undefined),
  );
  for (const { key } of broken) {
    found.add('cache', key, 'its result is gone', () =>
      db.transaction('note', () => void forgetBroken(db)),
    );
  }
}

/** What lies in the store's directories and belongs to nobody. */
async function checkLitter({ store }: CheckContext, found: Findings): Promise<void> {
  const { db, paths } = store;
  const litter = db.transaction('read', () => [...orphans(db, paths)]).map(({ path }) => path);
  const gone = new Set(found.repairs ? await takeOrphans(store) : []);
  await emptyTrash(store);
  for (const path of litter) {
    found.add('litter', path, 'belongs to nothing', gone.has(path) ? () => undefined : undefined);
  }
  for (const name of readdirSync(paths.trash)) {
    found.add('litter', `${paths.trash}/${name}`, 'cannot be removed');
  }
}
