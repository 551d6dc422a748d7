import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { line, type PackageReader, shown, told, webPage } from './reader.ts';
import { type RpmHeader, rpmHeader } from './rpm-header.ts';

const FOLDERS = ['/var/lib/rpm', '/usr/lib/sysimage/rpm', '/usr/share/rpm'];
const SQLITE = 'rpmdb.sqlite';
/** Older forms of the database, and what they are called. */
const OTHERS: readonly (readonly [file: string, what: string])[] = [
  ['Packages.db', 'an rpm database in the ndb format'],
  ['Packages', 'an rpm database in the Berkeley DB format'],
];
const SIZE_LIMIT = 1024 ** 3;
const ROWS_LIMIT = 100_000;
const HEADER_LIMIT = 64 * 1024 * 1024;
/** The table as rpm makes it: nothing that would compute while it is read. */
const TABLE =
  /^create table ['"`]?packages['"`]? ?\( ?hnum integer primary key( autoincrement)? ?, ?blob blob( not null)? ?\)$/i;
/** Keys of signers are kept as packages. */
const KEYS = 'gpg-pubkey';

/** Packages of rpm, where its database is of SQLite; others are named as not read. */
export async function readRpm(reader: PackageReader): Promise<void> {
  const done = new Set<string>();
  for (const folder of FOLDERS) {
    const path = `${folder}/${SQLITE}`;
    const place = reader.files.locate(path);
    // One of the folders is often a link to another.
    if (place && !done.has(place.file)) {
      done.add(place.file);
      await readDatabase(reader, path, place);
    }
    for (const [name, what] of OTHERS) {
      const other = reader.files.locate(`${folder}/${name}`);
      if (!other || other.size === 0 || place || done.has(other.file)) continue;
      done.add(other.file);
      reader.pass(`${folder}/${name}`, `${what}, which is not read`);
    }
  }
}

async function readDatabase(
  reader: PackageReader,
  path: string,
  { file, size }: { readonly file: string; readonly size: number },
): Promise<void> {
  if (size > SIZE_LIMIT) return reader.pass(path, `it is larger than ${SIZE_LIMIT} bytes`);
  if ((reader.files.locate(`${path}-wal`)?.size ?? 0) > 0) {
    return reader.pass(path, 'its last changes are in a log beside it');
  }
  const { DatabaseSync } = await import('node:sqlite');
  // Immutable: no locks, and no files beside it.
  const url = `${pathToFileURL(file).href}?immutable=1`;
  try {
    using database = new DatabaseSync(url, { readOnly: true, allowExtension: false });
    readRows(reader, path, database);
  } catch (error) {
    if (!isSqlite(error)) throw error;
    reader.pass(path, `it is damaged: ${error.message}`);
  }
}

function readRows(reader: PackageReader, path: string, database: DatabaseSync): void {
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;');
  const [table, ...more] = database
    .prepare("SELECT type, sql FROM sqlite_schema WHERE name = 'Packages' COLLATE NOCASE LIMIT 2")
    .all();
  const sql = String(table?.['sql']).replaceAll(/\s+/g, ' ');
  if (table?.['type'] !== 'table' || more.length > 0 || !TABLE.test(sql)) {
    return reader.pass(path, 'it has no table of packages as rpm makes it');
  }
  const rows = database
    .prepare(
      `SELECT CASE WHEN length(blob) <= ${HEADER_LIMIT} THEN blob END AS header FROM Packages LIMIT ${ROWS_LIMIT + 1}`,
    )
    .iterate();
  let count = 0;
  for (const { header } of rows) {
    if ((count += 1) > ROWS_LIMIT) {
      return reader.pass(path, `only the first ${ROWS_LIMIT} packages were read`);
    }
    const found = header instanceof Uint8Array ? rpmHeader(header) : undefined;
    if (!found) reader.pass(path, 'a record that is no header of a package was passed over');
    if (!found || found.name === KEYS) continue;
    reader.add({
      kind: 'rpm',
      name: found.name,
      version: found.version,
      foundIn: shown(path),
      ...told({
        architecture: line(found.architecture),
        source: sourceOf(found),
        maintainer: line(found.vendor),
        license: line(found.license),
        homepage: webPage(found.url),
        description: line(found.summary),
      }),
    });
  }
}

/** `bash-5.2-1.fc40.src.rpm` in its parts; nothing where they are those of the package. */
function sourceOf(found: RpmHeader): { name: string; version: string } | undefined {
  const file = found.sourceRpm ?? '';
  const [, name, version] = /^(\S+)-([^-\s]+-[^-\s]+)\.(?:no)?src\.rpm$/.exec(file) ?? [];
  if (name === undefined || version === undefined) return undefined;
  const isSame = name === found.name && version === found.version.replace(/^\d+:/, '');
  return isSame ? undefined : { name, version };
}

function isSqlite(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}
