import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { systemClock, type Clock } from '../base/clock.ts';
import { isErrno } from '../base/errors.ts';
import { randomHex } from '../sys/random.ts';
import { syncDirectory } from './blob-ingest.ts';
import type { BlobStore } from './blob-store.ts';
import { blobTable } from './blob-table.ts';
import { cacheTable } from './cache-table.ts';
import { createDatabase, Database } from './database.ts';
import { DiskBlobs } from './disk-blobs.ts';
import { StoreDamagedError, StoreFormatError, StoreMissingError } from './errors.ts';
import { eventTable } from './event-table.ts';
import { imageTable } from './image-table.ts';
import { indexTable } from './index-table.ts';
import { withStoreErrors } from './io-errors.ts';
import { layerTable } from './layer-table.ts';
import { endpointTable, networkTable } from './network-table.ts';
import { leaseTable } from './lease-table.ts';
import { Leases, type LeaseContext } from './leases.ts';
import { makeRoot } from './make-root.ts';
import { storePaths, type StorePaths } from './paths.ts';
import { FORMAT } from './schema.ts';
import { fileDigestTable } from './file-digests.ts';
import { volumeTable } from './volume-table.ts';
import { containerTable, factTable, searchedTable, sourceTable } from './small-tables.ts';
import { selectionTable } from './selections.ts';
import type {
  CheckOptions,
  CheckResult,
  CollectResult,
  Lease,
  NotPromise,
  Store,
  StoreOptions,
} from './store.ts';
import type { Tables } from './tables.ts';
import { Trash } from './trash.ts';

/**
 * Opens the store in the directory `root`, and makes it where there is none. Costs one small
 * read: the database is opened by the first question. `run` is the directory for run-time
 * state, by default inside.
 *
 * Throws StoreFormatError when it was written by a newer stave, StoreMissingError when it is
 * not there and `mustExist` is given, StoreDamagedError, StoreReadOnlyError, DiskFullError.
 */
export function openStore(
  root: string,
  options: StoreOptions & { readonly run?: string } = {},
): Store {
  const paths = storePaths(root, options.run);
  const format = readFormat(paths);
  if (format === undefined) {
    if (options.mustExist === true) throw new StoreMissingError(root);
    withStoreErrors(root, () => makeStore(paths));
  } else if (format > FORMAT) {
    throw new StoreFormatError(root, String(format), String(FORMAT));
  }
  return new DiskStore(paths, options.clock ?? systemClock);
}

class DiskStore implements Store {
  readonly paths: StorePaths;
  readonly clock: Clock;
  readonly blobs: BlobStore;
  readonly #db: Database;
  readonly #tables: Tables;
  readonly #leases: Leases;
  readonly #context: LeaseContext;
  #id: string | undefined;

  constructor(paths: StorePaths, clock: Clock) {
    this.paths = paths;
    this.clock = clock;
    this.#db = new Database(paths);
    this.#context = { paths, db: this.#db, trash: new Trash(paths.trash), clock };
    const leases = new Leases(this.#context);
    this.#leases = leases;
    this.#tables = tablesOf(this.#db, (kind, key) => leases.holdWithAll(kind, key));
    this.blobs = new DiskBlobs({
      paths,
      db: this.#db,
      hold: (digest) => leases.holdWithAll('blob', digest),
    });
  }

  get id(): string {
    this.#id ??= this.#db.transaction('read', () =>
      this.#db.get<{ value: string }>("SELECT value FROM meta WHERE key = 'id'"),
    )?.value;
    if (this.#id === undefined) throw new StoreDamagedError(this.paths.root, 'it has no id');
    return this.#id;
  }

  read<T>(body: (tables: Tables) => NotPromise<T>): T {
    return this.#db.transaction('read', () => body(this.#tables));
  }

  write<T>(body: (tables: Tables) => NotPromise<T>): T {
    return this.#db.transaction('write', () => body(this.#tables));
  }

  note<T>(body: (tables: Tables) => NotPromise<T>): T {
    return this.#db.transaction('note', () => body(this.#tables));
  }

  lease(purpose: string): Lease {
    return withStoreErrors(this.paths.root, () => this.#leases.open(purpose));
  }

  async collect(): Promise<CollectResult> {
    const { collect } = await import('./collect.ts');
    return collect(this.#context, this.#leases);
  }

  async check(options?: CheckOptions): Promise<CheckResult> {
    const { check } = await import('./check.ts');
    const { blobs } = this;
    const [store, leases, tables] = [this.#context, this.#leases, this.#tables];
    return check({ store, leases, tables, blobs }, options);
  }

  [Symbol.dispose](): void {
    this.#leases[Symbol.dispose]();
    this.#db[Symbol.dispose]();
  }
}

function tablesOf(db: Database, hold: (kind: 'layer' | 'chain', key: string) => void): Tables {
  return {
    images: imageTable(db),
    indexes: indexTable(db),
    layers: layerTable(db, hold),
    blobs: blobTable(db),
    cache: cacheTable(db),
    selections: selectionTable(db),
    files: fileDigestTable(db),
    containers: containerTable(db),
    volumes: volumeTable(db),
    networks: networkTable(db),
    endpoints: endpointTable(db),
    facts: factTable(db),
    sources: sourceTable(db),
    events: eventTable(db),
    leases: leaseTable(db),
    searched: searchedTable(db),
  };
}

/** The format of the store; undefined when there is none. */
function readFormat({ root, format }: StorePaths): number | undefined {
  let text: string;
  try {
    text = withStoreErrors(root, () => readFileSync(format, 'utf8'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  if (!/^[1-9][0-9]{0,8}\n$/.test(text)) {
    throw new StoreDamagedError(root, 'its FORMAT file says nothing that is known');
  }
  return Number(text);
}

/**
 * Makes the directories, the database, and last FORMAT: a store with that file is whole. Any
 * number of processes may do this at once: the database is made aside, and the first one that
 * gives it its name wins.
 */
function makeStore(paths: StorePaths): void {
  const { root, blobs, ingest, layers, leases, tmp, trash, cacheMounts, containers } = paths;
  makeRoot(root);
  // Layers hold programs with the setuid bit that nobody has looked at. What is in use
  // already, for something else too, keeps its mode.
  if (readdirSync(root).length === 0) chmodSync(root, 0o700);
  const inside = [`${blobs}/sha256`, ingest, layers, leases, tmp, trash, cacheMounts, containers];
  for (const directory of inside) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const aside = `${root}/.new-${randomHex(8)}`;
  try {
    createDatabase(aside, paths, randomHex(6));
    try {
      linkSync(aside, paths.database);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    writeDurably(`${aside}-format`, `${FORMAT}\n`);
    renameSync(`${aside}-format`, paths.format);
  } finally {
    for (const end of ['', '-wal', '-shm', '-format']) rmSync(`${aside}${end}`, { force: true });
  }
  syncDirectory(root);
}

function writeDurably(path: string, text: string): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
