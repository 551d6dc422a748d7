import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { PackageList } from './package.ts';
import { packagesOnDisk } from './testing/memory-files.ts';

const PATH = '/usr/lib/sysimage/rpm/rpmdb.sqlite';
const TABLE =
  "CREATE TABLE 'Packages' (\n\thnum INTEGER PRIMARY KEY AUTOINCREMENT,\n\tblob BLOB NOT NULL\n)";

/** A header with texts and numbers under their tags. */
function header(values: Readonly<Record<number, string | number>>): Buffer {
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let at = 0;
  for (const [tag, value] of Object.entries(values)) {
    const bytes =
      typeof value === 'string'
        ? Buffer.from(`${value}\0`)
        : Buffer.from(Uint32Array.of(value).buffer).swap32();
    const entry = Buffer.alloc(16);
    entry.writeUInt32BE(Number(tag), 0);
    entry.writeUInt32BE(typeof value === 'string' ? 6 : 4, 4);
    entry.writeUInt32BE(at, 8);
    entry.writeUInt32BE(1, 12);
    index.push(entry);
    data.push(bytes);
    at += bytes.length;
  }
  const counts = Buffer.alloc(8);
  counts.writeUInt32BE(index.length, 0);
  counts.writeUInt32BE(at, 4);
  return Buffer.concat([counts, ...index, ...data]);
}

const BASH = {
  1000: 'bash',
  1001: '5.2.26',
  1002: '3.fc40',
  1003: 1,
  1004: 'The GNU Bourne Again shell',
  1011: 'Fedora Project',
  1014: 'GPL-3.0-or-later',
  1020: 'https://www.gnu.org/software/bash',
  1022: 'x86_64',
  1044: 'shells-5.2.26-3.fc40.src.rpm',
};

/** A database as rpm leaves it. */
function database(headers: readonly Buffer[], table = TABLE): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'rpm-test-'));
  try {
    const file = join(folder, 'db');
    const made = new DatabaseSync(file);
    made.exec('PRAGMA journal_mode = WAL');
    made.exec(table);
    for (const blob of headers) made.prepare('INSERT INTO Packages (blob) VALUES (?)').run(blob);
    made.close();
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const names = ({ packages }: PackageList): string[] =>
  packages.map(({ name, version }) => `${name} ${version}`);

test('packages of rpm are read out of its database', async () => {
  const key = header({ ...BASH, 1000: 'gpg-pubkey' });
  const { packages, notRead } = await packagesOnDisk({ [PATH]: database([key, header(BASH)]) });
  assert.deepEqual(packages, [
    {
      kind: 'rpm',
      name: 'bash',
      version: '1:5.2.26-3.fc40',
      architecture: 'x86_64',
      source: { name: 'shells', version: '5.2.26-3.fc40' },
      maintainer: 'Fedora Project',
      license: 'GPL-3.0-or-later',
      homepage: 'https://www.gnu.org/software/bash',
      description: 'The GNU Bourne Again shell',
      foundIn: PATH,
    },
  ]);
  assert.deepEqual(notRead, []);
});

for (const [file, what] of [
  ['/var/lib/rpm/Packages', 'an rpm database in the Berkeley DB format, which is not read'],
  ['/usr/lib/sysimage/rpm/Packages.db', 'an rpm database in the ndb format, which is not read'],
] as const) {
  test(`${file} is named as ${what}, and the rest is read`, async () => {
    const dpkg = 'Package: a\nVersion: 1\n';
    const list = await packagesOnDisk({ [file]: 'x', '/var/lib/dpkg/status': dpkg });
    assert.deepEqual(list.notRead, [{ path: file, reason: what }]);
    assert.deepEqual(names(list), ['a 1']);
  });
}

test('a database whose last changes are beside it is not read', async () => {
  const list = await packagesOnDisk({ [PATH]: database([header(BASH)]), [`${PATH}-wal`]: 'x' });
  assert.deepEqual(list.notRead, [
    { path: PATH, reason: 'its last changes are in a log beside it' },
  ]);
  assert.deepEqual(list.packages, []);
});

for (const [what, table] of [
  [
    'computes its content',
    'CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB AS (zeroblob(999999999)))',
  ],
  ['is a view', 'CREATE VIEW Packages AS SELECT 1 AS hnum, zeroblob(9) AS blob'],
  ['is another', 'CREATE TABLE Others (blob)'],
] as const) {
  test(`a table that ${what} is not read`, async () => {
    const { packages, notRead } = await packagesOnDisk({ [PATH]: database([], table) });
    assert.deepEqual(packages, []);
    assert.deepEqual(notRead, [
      { path: PATH, reason: 'it has no table of packages as rpm makes it' },
    ]);
  });
}

test('headers that lie about themselves are passed over, and the others are read', async () => {
  const good = header(BASH);
  const outside = header({ ...BASH, 1000: 'x' });
  outside.writeUInt32BE(0x7fffffff, 8 + 8);
  const many = Buffer.from(good);
  many.writeUInt32BE(0xffffffff, 0);
  const list = await packagesOnDisk({
    [PATH]: database([good.subarray(0, 5), many, outside, good.subarray(0, 100), good]),
  });
  assert.deepEqual(names(list), ['bash 1:5.2.26-3.fc40']);
  assert.deepEqual(list.notRead, [
    { path: PATH, reason: 'a record that is no header of a package was passed over' },
  ]);
});

for (const [what, damage] of [
  ['no database', (): Buffer => Buffer.from('x'.repeat(5000))],
  ['cut short', (data: Buffer): Buffer => data.subarray(0, 5000)],
  ['half zero', (data: Buffer): Buffer => Buffer.from(data).fill(0, 4096)],
] as const) {
  test(`a file that is ${what} is named, and nothing of it is listed`, async () => {
    const { packages, notRead } = await packagesOnDisk({
      [PATH]: damage(database([header(BASH)])),
    });
    assert.deepEqual(packages, []);
    assert.deepEqual(
      notRead.map(({ path }) => path),
      [PATH],
    );
  });
}
