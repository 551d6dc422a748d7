import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
  openSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { readAll } from '../../test/support/tar-blocks.ts';
import { tarEntry } from '../../test/support/tar-entries.ts';
import { LayerStream } from './layer-stream.ts';
import type { TarEntry } from './tar-entry.ts';

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const noTar = !has('tar') && 'tar is not installed';
const noPython = !has('python3') && 'python3 is not installed';
const SECOND = 1_000_000_000n;
const LONG = `${'directory/'.repeat(30)}file`;

let dir = '';
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'stave-tar-'));
});
after(() => rmSync(dir, { recursive: true, force: true }));

function run(program: string, ...args: readonly string[]): string {
  const done = spawnSync(program, args, {
    cwd: dir,
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

/** Entries that need every part of the writer, and what `tar -tv` and tarfile say of them. */
const entries: readonly (readonly [TarEntry, string])[] = [
  [tarEntry('etc', { type: 'directory' }), ''],
  [
    tarEntry('etc/file', { mode: 0o4755, uid: 1000, gid: 100, mtime: 1_000_000_000n * SECOND }),
    'content',
  ],
  [tarEntry('etc/old', { mtime: -86_400n * SECOND }), ''],
  [tarEntry('etc/ids', { uid: 3_000_000, gid: 4_000_000_000 }), ''],
  [tarEntry('etc/link', { type: 'symlink', mode: 0o777, linkTarget: Buffer.from(LONG) }), ''],
  [tarEntry('etc/hard', { type: 'hardlink', linkTarget: Buffer.from('etc/file') }), ''],
  [tarEntry('dev/zero', { type: 'char', device: { major: 1, minor: 5 } }), ''],
  [tarEntry('dev/disk', { type: 'block', device: { major: 259, minor: 70_000 } }), ''],
  [tarEntry('dev/pipe', { type: 'fifo' }), ''],
  [tarEntry(LONG), 'x'.repeat(2000)],
  [tarEntry('ü/ß', { xattrs: new Map([['user.bytes', Buffer.from([0, 10, 255])]]) }), ''],
];

function archive(): string {
  const chunks: Uint8Array[] = [];
  const stream = new LayerStream({ output: (chunk) => chunks.push(Uint8Array.from(chunk)) });
  for (const [entry, content] of entries) {
    stream.entry({ ...entry, size: content.length });
    stream.content(Buffer.from(content));
  }
  stream.finish();
  const path = join(dir, 'ours.tar');
  writeFileSync(path, Buffer.concat(chunks));
  return path;
}

suite('archives that we wrote', () => {
  test('GNU tar lists them as they are', { skip: noTar }, () => {
    const list = run(
      'tar',
      '--numeric-owner',
      '--full-time',
      '--quoting-style=literal',
      '-tvf',
      archive(),
    );
    assert.deepEqual(
      list
        .trimEnd()
        .split('\n')
        .map((line) => line.replaceAll(/ +/g, ' ')),
      [
        'drwxr-xr-x 0/0 0 2023-11-14 22:13:20 etc/',
        '-rwsr-xr-x 1000/100 7 2001-09-09 01:46:40 etc/file',
        '-rw-r--r-- 0/0 0 1969-12-31 00:00:00 etc/old',
        '-rw-r--r-- 3000000/4000000000 0 2023-11-14 22:13:20 etc/ids',
        `lrwxrwxrwx 0/0 0 2023-11-14 22:13:20 etc/link -> ${LONG}`,
        'hrw-r--r-- 0/0 0 2023-11-14 22:13:20 etc/hard link to etc/file',
        'crw-r--r-- 0/0 1,5 2023-11-14 22:13:20 dev/zero',
        'brw-r--r-- 0/0 259,70000 2023-11-14 22:13:20 dev/disk',
        'prw-r--r-- 0/0 0 2023-11-14 22:13:20 dev/pipe',
        `-rw-r--r-- 0/0 2000 2023-11-14 22:13:20 ${LONG}`,
        '-rw-r--r-- 0/0 0 2023-11-14 22:13:20 ü/ß',
      ],
    );
  });

  test('tarfile of Python reads them as they are', { skip: noPython }, () => {
    const script = `
import json, sys, tarfile
found = []
for m in tarfile.open(sys.argv[1]):
    found.append([m.name, m.mode, m.uid, m.gid, m.size, int(m.mtime), m.linkname, m.type.decode(),
                  m.devmajor, m.devminor, sorted(k for k in m.pax_headers if 'xattr' in k)])
print(json.dumps(found))`;
    const found = JSON.parse(run('python3', '-c', script, archive())) as unknown[];
    const types = {
      file: '0',
      hardlink: '1',
      symlink: '2',
      char: '3',
      block: '4',
      directory: '5',
      fifo: '6',
    };
    assert.deepEqual(
      found,
      entries.map(([entry, content]) => [
        Buffer.from(entry.path).toString(),
        entry.mode,
        entry.uid,
        entry.gid,
        content.length,
        Number(entry.mtime / SECOND),
        Buffer.from(entry.linkTarget ?? '').toString(),
        types[entry.type],
        entry.device?.major ?? 0,
        entry.device?.minor ?? 0,
        [...entry.xattrs.keys()].map((name) => `SCHILY.xattr.${name}`),
      ]),
    );
  });
});

suite('archives of GNU tar', { skip: noTar }, () => {
  const formats = ['v7', 'oldgnu', 'gnu', 'ustar', 'posix'] as const;

  function tree(name: string, long: boolean): string {
    const top = join(dir, name);
    mkdirSync(join(top, 'sub'), { recursive: true });
    writeFileSync(join(top, 'sub/file'), 'some content');
    chmodSync(join(top, 'sub/file'), 0o640);
    utimesSync(join(top, 'sub/file'), 1_234_567_890, 1_234_567_890.5);
    symlinkSync('sub/file', join(top, 'soft'));
    linkSync(join(top, 'sub/file'), join(top, 'hard'));
    if (long) {
      mkdirSync(join(top, 'd'.repeat(120), 'e'.repeat(120)), { recursive: true });
      writeFileSync(join(top, 'd'.repeat(120), 'e'.repeat(120), 'fü'), 'deep');
      symlinkSync('t'.repeat(150), join(top, 'long'));
    }
    return top;
  }

  for (const format of formats) {
    test(`readTar() reads those in ${format} format`, async () => {
      const long = format !== 'v7' && format !== 'ustar';
      const top = tree(`in-${format}`, long);
      const owner = ['--owner=:1234', '--group=:3000000'];
      const ids = format === 'v7' || format === 'ustar' ? ['--owner=:1234', '--group=:300'] : owner;
      run(
        'tar',
        `--format=${format}`,
        '--sort=name',
        ...ids,
        '-C',
        top,
        '-cf',
        `${format}.tar`,
        '.',
      );
      const found = new Map(
        (await readAll(readFileSync(join(dir, `${format}.tar`)))).map((one) => [
          one.entry.path.toString(),
          one,
        ]),
      );
      assert.equal(found.get('./sub')?.entry.type, 'directory');
      // Names sort so that `hard` comes first and holds the content.
      const hard = found.get('./hard');
      assert.equal(hard?.content.toString(), 'some content');
      assert.deepEqual(
        [hard?.entry.mode, hard?.entry.uid, hard?.entry.gid],
        [0o640, 1234, long ? 3_000_000 : 300],
      );
      assert.equal(
        hard?.entry.mtime,
        format === 'posix' ? 1_234_567_890_500_000_000n : 1_234_567_890_000_000_000n,
      );
      const link = found.get('./sub/file')?.entry;
      assert.deepEqual([link?.type, String(link?.linkTarget)], ['hardlink', './hard']);
      const soft = found.get('./soft')?.entry;
      assert.deepEqual([soft?.type, String(soft?.linkTarget)], ['symlink', 'sub/file']);
      if (!long) return;
      const deep = `./${'d'.repeat(120)}/${'e'.repeat(120)}/fü`;
      assert.equal(found.get(deep)?.content.toString(), 'deep');
      assert.equal(String(found.get('./long')?.entry.linkTarget), 't'.repeat(150));
    });
  }

  for (const sparse of ['0.0', '0.1', '1.0', 'old'] as const) {
    test(`readTar() expands its sparse files of format ${sparse}`, async () => {
      const path = join(dir, 'holes');
      const file = openSync(path, 'w');
      for (let piece = 0; piece < 30; piece += 1)
        writeSync(file, `piece ${piece}`, piece * 100_000);
      closeSync(file);
      truncateSync(path, 4_000_000);
      const format =
        sparse === 'old' ? ['--format=gnu'] : ['--format=posix', `--sparse-version=${sparse}`];
      run('tar', '-S', '--hole-detection=raw', ...format, '-cf', 'holes.tar', 'holes');
      const tar = readFileSync(join(dir, 'holes.tar'));
      assert.ok(tar.length < 1_000_000, 'stored with holes');
      const found = await readAll(tar, { chunk: 10_000 });
      assert.deepEqual(
        found.map((one) => one.entry.path.toString()),
        ['holes'],
      );
      assert.ok(found[0]?.content.equals(readFileSync(path)));
    });
  }
});

suite('archives of tarfile', { skip: noPython }, () => {
  for (const format of ['USTAR', 'GNU', 'PAX']) {
    test(`readTar() reads those in ${format} format`, async () => {
      const script = `
import io, sys, tarfile
with tarfile.open(sys.argv[1], 'w', format=tarfile.${format}_FORMAT) as t:
    i = tarfile.TarInfo('a/' * 40 + 'f'); i.size = 3; i.mtime = 7
    if '${format}' != 'USTAR':
        i.name = 'ü' * 120; i.uid = 5000000; i.mtime = -5 if '${format}' == 'GNU' else -5.25
    t.addfile(i, io.BytesIO(b'abc'))
    d = tarfile.TarInfo('dev'); d.type = tarfile.CHRTYPE; d.devmajor = 4; d.devminor = 64; t.addfile(d)`;
      run('python3', '-c', script, 'python.tar');
      const [file, device] = await readAll(readFileSync(join(dir, 'python.tar')));
      const ustar = format === 'USTAR';
      assert.equal(String(file?.entry.path), ustar ? `${'a/'.repeat(40)}f` : 'ü'.repeat(120));
      assert.equal(file?.entry.uid, ustar ? 0 : 5_000_000);
      const mtimes: Record<string, bigint> = {
        USTAR: 7n * SECOND,
        GNU: -5n * SECOND,
        PAX: -5_250_000_000n,
      };
      assert.equal(file?.entry.mtime, mtimes[format]);
      assert.equal(file?.content.toString(), 'abc');
      assert.deepEqual(device?.entry.device, { major: 4, minor: 64 });
    });
  }
});
