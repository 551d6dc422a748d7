import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { digestOf, parseDigest } from '../oci/digest.ts';
import { DamagedTableError } from './errors.ts';
import { FileTableWriter, readFileTable } from './file-table-io.ts';
import type { LayerFile } from './file-table.ts';

let path = '';
let dir = '';
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'stave-table-'));
  path = join(dir, 'files');
});
after(() => rmSync(dir, { recursive: true, force: true }));

const plain: LayerFile = {
  path: Buffer.from('etc/passwd'),
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 5,
  mtime: 1_700_000_000_000_000_001n,
};

function write(rows: Iterable<LayerFile>): Buffer {
  const table = new FileTableWriter(path);
  for (const row of rows) table.add(row);
  table.close();
  return readFileSync(path);
}

suite('file tables', () => {
  test('readFileTable() gives back every kind of row', () => {
    const rows: LayerFile[] = [
      { ...plain, digest: digestOf('x'), xattrs: digestOf('y') },
      { ...plain, type: 'directory', path: Buffer.of(0xff, 0x2f, 0xfe), mode: 0o7777 },
      { ...plain, type: 'symlink', linkTarget: Buffer.from('../x') },
      { ...plain, type: 'hardlink', linkTarget: Buffer.alloc(65_536, 'a') },
      { ...plain, type: 'char', device: { major: 1, minor: 4_294_967_295 } },
      { ...plain, type: 'block', device: { major: 4095, minor: 0 }, xattrs: digestOf('z') },
      { ...plain, type: 'fifo', uid: 4_294_967_294, gid: 4_294_967_294 },
      { ...plain, type: 'whiteout', path: Buffer.alloc(0) },
      { ...plain, type: 'opaque', size: Number.MAX_SAFE_INTEGER },
      { ...plain, mtime: -1n },
      { ...plain, mtime: -(2n ** 63n) * 1_000_000_000n },
      { ...plain, digest: parseDigest(`sha512:${'ab'.repeat(64)}`) },
    ];
    write(rows);
    assert.deepEqual([...readFileTable(path)], rows);
  });

  test('a table keeps its bytes', () => {
    const expected = [
      '01', // version
      '52000000', // bytes of the row
      '00', // file
      '01', // with a digest
      'a401', // mode
      '0000000000000000', // uid, gid
      '0500000000000000', // size
      '00f153650000000001000000', // mtime
      '0a0000006574632f706173737764', // path
      '200000002d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881', // digest
      '000000000100000000000000', // the end, after one row
    ];
    assert.equal(write([{ ...plain, digest: digestOf('x') }]).toString('hex'), expected.join(''));
  });

  test('readFileTable() reads tables that are larger than its buffer', () => {
    const name = (i: number): Buffer => Buffer.from(`${'d/'.repeat(i % 300)}${i}`);
    write(Array.from({ length: 5000 }, (_, i) => ({ ...plain, path: name(i) })));
    let count = 0;
    for (const row of readFileTable(path)) assert.deepEqual(row.path, name(count++));
    assert.equal(count, 5000);
  });

  test('readFileTable() closes the file when it is left early', () => {
    write([plain, plain]);
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    for (const _ of readFileTable(path)) break;
    assert.equal(open(), before);
  });

  test('readFileTable() refuses a table that was cut off anywhere, or has more behind it', () => {
    const whole = write([{ ...plain, digest: digestOf('x') }, plain]);
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(path, whole.subarray(0, length));
      assert.throws(() => [...readFileTable(path)], DamagedTableError, `${length}`);
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.of(0)]));
    assert.throws(() => [...readFileTable(path)], DamagedTableError);
  });

  test('readFileTable() refuses lengths, types and versions that make no sense', () => {
    const whole = write([plain]);
    for (const [at, value] of [
      [0, 2],
      [4, 255],
      [5, 99],
      [6, 255],
      [37, 255],
      [40, 255],
    ] as const) {
      const damaged = Buffer.from(whole);
      damaged[at] = value;
      writeFileSync(path, damaged);
      assert.throws(() => [...readFileTable(path)], DamagedTableError, `${at}`);
    }
  });

  test('a writer that is left without close() leaves no table that can be read', () => {
    {
      using table = new FileTableWriter(path);
      table.add(plain);
    }
    assert.throws(() => [...readFileTable(path)], DamagedTableError);
  });

  test('close() twice is close() once', () => {
    const table = new FileTableWriter(path);
    table.close();
    table.close();
    assert.deepEqual([...readFileTable(path)], []);
  });
});
