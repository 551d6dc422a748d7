import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Changes } from '../changes.ts';
import { removeIndex } from '../index-connection.ts';
import { IndexTables } from '../index-tables.ts';
import { LayoutIndexes, listText } from '../layout-index.ts';
import { catchUp } from '../recover.ts';
import type { Check, Problem } from './fsck.ts';

/** What must agree, without when it was last pulled and in which order it came. */
const COMPARED: Readonly<Record<string, string>> = {
  manifests: 'repository, digest, media_type, size',
  tags: 'repository, name, digest',
  referrers: 'repository, subject, digest, artifact_type, descriptor',
};

/** Makes tables from the journals and compares those that are there; and each `index.json`. */
export async function* checkIndex(check: Check): AsyncGenerator<Problem> {
  const { paths, repair } = check;
  const spare = `${paths.database}.check`;
  removeIndex(spare);
  const damage = existsSync(paths.database) ? openFault(paths.database) : undefined;
  if (damage === undefined) openAsEver(check);
  try {
    using tables = new IndexTables(spare);
    fill(check, tables);
    const problem = damage ?? compare(paths.database, tables);
    if (problem !== undefined) {
      yield {
        file: 'index.db',
        problem,
        consequence: 'clients may not see what was pushed, or see what was removed',
        repair: repair ? 'made anew from the journals' : undefined,
      };
      if (repair) removeIndex(paths.database);
    }
    for (const { name } of tables.positions()) {
      const path = join(paths.repository(name), 'index.json');
      if (isListed(path, tables, name)) continue;
      yield {
        file: relative(paths.root, path),
        problem: 'it does not list what is there',
        consequence: 'other tools that read the folder see something else than clients',
        repair: repair ? 'written anew' : undefined,
      };
      if (repair) writeLists(check, tables, [name]);
    }
    if (repair && problem !== undefined) await makeIndex(check);
  } finally {
    removeIndex(spare);
  }
}

/** Makes the tables and each `index.json` anew from the journals. */
export async function makeIndex(check: Check): Promise<void> {
  removeIndex(check.paths.database);
  using tables = new IndexTables(check.paths.database);
  writeLists(check, tables, fill(check, tables));
}

/** Gives the repositories whose `index.json` is not known to be right. */
function fill({ paths }: Check, tables: IndexTables): string[] {
  const changes = new Changes(paths, tables, new LayoutIndexes(paths, tables));
  return catchUp(paths, tables, (name) => changes.replay(name));
}

function writeLists({ paths }: Check, tables: IndexTables, names: readonly string[]): void {
  const lists = new LayoutIndexes(paths, tables);
  for (const name of names) lists.changed(name);
  lists.flush();
}

/** What a crash left behind catches up when the registry starts: that is no fault. */
function openAsEver(check: Check): void {
  using tables = new IndexTables(check.paths.database);
  writeLists(check, tables, fill(check, tables));
}

/** Why tables cannot be read, or undefined. */
function openFault(database: string): string | undefined {
  try {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const connection = new DatabaseSync(database, { readOnly: true });
    try {
      const [row] = connection.prepare('PRAGMA quick_check(1)').all();
      const said = String(row?.['quick_check']);
      return said === 'ok' ? undefined : `it is damaged: ${said}`;
    } finally {
      connection.close();
    }
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** How the tables at a place differ from right ones; undefined when they do not. */
function compare(database: string, right: IndexTables): string | undefined {
  right.db.run('ATTACH DATABASE ? AS other', database);
  for (const [table, columns] of Object.entries(COMPARED)) {
    const one = `SELECT ${columns} FROM main.${table}`;
    const other = `SELECT ${columns} FROM other.${table}`;
    const count = (sql: string): number =>
      right.db.get<{ n: number }>(`SELECT count(*) AS n FROM (${sql})`)?.n ?? 0;
    const lacks = count(`${one} EXCEPT ${other}`);
    if (lacks > 0) return `${lacks} ${table} of the journals are missing`;
    const more = count(`${other} EXCEPT ${one}`);
    if (more > 0) return `${more} ${table} are in no journal`;
  }
  return undefined;
}

function isListed(path: string, tables: IndexTables, repository: string): boolean {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return false;
  }
  return text === [...listText(tables, repository)].join('');
}
