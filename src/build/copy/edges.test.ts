import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeNode } from '../../sys/node.ts';
import { setTimes } from '../../sys/times.ts';
import { setXattr } from '../../sys/xattr.ts';
import { bench, root } from '../testing/bench.ts';

const ALL = 'FROM scratch\nCOPY . /x/\n';

test('COPY keeps pipes and devices, and leaves sockets out', root, async (t) => {
  const { build, path, listing, layer } = bench(t);
  makeNode(path('pipe'), 'fifo', 0o640);
  makeNode(path('null'), 'char', 0o666, 1, 3);
  makeNode(path('disk'), 'block', 0o600, 259, 70_000);
  chmodSync(path('null'), 0o666);
  const server = createServer().listen(path('socket'));
  t.after(() => server.close());
  const { config } = await build(ALL);
  assert.deepEqual(listing(config), [
    '0755 0:0 directory x',
    '0600 0:0 block x/disk',
    '0666 0:0 char x/null',
    '0640 0:0 fifo x/pipe',
  ]);
  assert.deepEqual(layer(config)[1]?.device, { major: 259, minor: 70_000 });
});

test('COPY of a pipe does not wait for a writer', root, async (t) => {
  const { build, path, listing } = bench(t);
  makeNode(path('pipe'), 'fifo', 0o600);
  const { config } = await build('FROM scratch\nCOPY pipe /\n');
  assert.deepEqual(listing(config), ['0600 0:0 fifo pipe']);
});

test(
  'COPY takes attributes and capabilities along, and they count for the key',
  root,
  async (t) => {
    const { build, write, path, layer, store } = bench(t);
    // cap_net_bind_service=ep
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
    write('server', '');
    setXattr(path('server'), 'security.capability', capability);
    setXattr(path('server'), 'user.note', Buffer.from([0, 255]));
    const { config } = await build(ALL);
    assert.notEqual(layer(config)[1]?.xattrs, undefined);
    assert.equal((await build(ALL)).cached, 1);
    setXattr(path('server'), 'user.note', Buffer.from([0, 254]));
    assert.equal((await build(ALL)).cached, 0);
    assert.equal(store.read(({ layers }) => layers.list()).length, 2);
  },
);

test('COPY takes names that are not UTF-8 as they are', root, async (t) => {
  const { build, path, layer } = bench(t);
  const names = [
    Buffer.from([0x61, 0xff, 0xfe]),
    Buffer.from([0xc3]),
    Buffer.from('é'),
    Buffer.from('a\nb'),
  ];
  mkdirSync(path('d'));
  for (const name of names) writeFileSync(Buffer.concat([Buffer.from(path('d/')), name]), name);
  const { config } = await build('FROM scratch\nCOPY --exclude=none d /x/\nCOPY d/* /y/\n');
  const found = layer(config)
    .slice(1)
    .map((row) => Buffer.from(row.path).subarray(2).toString('hex'));
  assert.deepEqual(found, names.map((name) => name.toString('hex')).sort());
});

test('COPY tells names apart that differ in case only', root, async (t) => {
  const { build, write, listing } = bench(t);
  for (const name of ['readme', 'README', 'Readme', 'd/x', 'D/x']) write(name, name);
  const { config } = await build(ALL);
  const names = listing(config).map((line) => line.split(' ').at(-1));
  assert.deepEqual(names, [
    'x',
    'x/D',
    'x/D/x',
    'x/README',
    'x/Readme',
    'x/d',
    'x/d/x',
    'x/readme',
  ]);
});

test('COPY takes paths of nearly 4,096 bytes', root, async (t) => {
  const { build, path, layer } = bench(t);
  const deep = Array.from({ length: 15 }, () => 'n'.repeat(250)).join('/');
  mkdirSync(path(deep), { recursive: true });
  writeFileSync(join(path(deep), 'f'.repeat(100)), 'deep');
  const { config } = await build(`FROM scratch\nCOPY . /${'t'.repeat(200)}/\n`);
  const last = layer(config).at(-1);
  assert.equal(last?.path.length, 201 + deep.length + 101);
  assert.equal(last?.size, 4);
});

test('COPY refuses paths that no tar of a layer can say', root, async (t) => {
  const { build, path } = bench(t);
  const deep = Array.from({ length: 15 }, () => 'n'.repeat(250)).join('/');
  mkdirSync(path(deep), { recursive: true });
  const target = Array.from({ length: 3 }, () => 't'.repeat(200)).join('/');
  await assert.rejects(build(`FROM scratch\nCOPY . /${target}/\n`), /too long/);
});

test('COPY takes a directory of many entries', root, async (t) => {
  const { build, path, layer, write } = bench(t);
  mkdirSync(path('many'));
  for (let index = 0; index < 300; index += 1)
    writeFileSync(path(`many/${index}`), String(index % 7));
  const { config } = await build(ALL);
  assert.equal(layer(config).length, 302);
  assert.equal((await build(ALL)).cached, 1);
  write('many/150', 'changed');
  assert.equal((await build(ALL)).cached, 0);
});

test('COPY of a sparse file has its content', root, async (t) => {
  const { build, path, layer } = bench(t);
  const fd = openSync(path('sparse'), 'w');
  writeSync(fd, 'start', 0);
  ftruncateSync(fd, 5_000_000);
  writeSync(fd, 'end', 4_999_997);
  closeSync(fd);
  const { config } = await build(ALL);
  assert.equal(layer(config)[1]?.size, 5_000_000);
  const sum = createHash('sha256')
    .update(readFileSync(path('sparse')))
    .digest('hex');
  assert.equal(layer(config)[1]?.digest, `sha256:${sum}`);
});

test('COPY keeps hard links of one directory, and the file once', root, async (t) => {
  const { build, write, path, listing } = bench(t);
  write('d/b', 'content');
  linkSync(path('d/b'), path('d/a'));
  mkdirSync(path('d/sub'));
  linkSync(path('d/b'), path('d/sub/c'));
  const { config } = await build('FROM scratch\nCOPY --chown=3:4 d /x/\n');
  assert.deepEqual(listing(config).slice(1), [
    '0644 3:4 file x/a',
    '0644 3:4 hardlink x/b -> x/a',
    '0755 3:4 directory x/sub',
    '0644 3:4 hardlink x/sub/c -> x/a',
  ]);
});

test('COPY keeps times to the nanosecond, also before 1970', root, async (t) => {
  const { build, write, path, layer } = bench(t);
  write('new', '');
  write('old', '');
  setTimes(path('new'), 1_577_934_245_123_456_789n);
  setTimes(path('old'), -1_500_000_001n);
  const { config } = await build(ALL);
  assert.deepEqual(
    layer(config)
      .slice(1)
      .map((row) => row.mtime),
    [1_577_934_245_123_456_789n, -1_500_000_001n],
  );
});

for (const umask of [0o000, 0o077, 0o777]) {
  test(`COPY keeps all mode bits whatever the umask (${umask.toString(8)})`, root, async (t) => {
    const { build, write, path, listing } = bench(t);
    const modes = ['4755', '2711', '1777', '7777', '0000', '0644'];
    for (const mode of modes) {
      write(`f${mode}`, '');
      chmodSync(path(`f${mode}`), Number.parseInt(mode, 8));
      mkdirSync(path(`d${mode}`));
      write(`d${mode}/in`, '');
      chmodSync(path(`d${mode}`), Number.parseInt(mode, 8));
    }
    const before = process.umask(umask);
    t.after(() => process.umask(before));
    const { config } = await build('FROM scratch\nCOPY . /new/deep/\n');
    process.umask(before);
    const lines = listing(config).filter((line) => !line.endsWith('/in'));
    const of = (kind: string, letter: string): string[] =>
      [...modes].sort().map((mode) => `${mode} 0:0 ${kind} new/deep/${letter}${mode}`);
    assert.deepEqual(lines, [
      '0755 0:0 directory new',
      '0755 0:0 directory new/deep',
      ...of('directory', 'd'),
      ...of('file', 'f'),
    ]);
  });
}

test('COPY keeps empty directories and links that lead nowhere', root, async (t) => {
  const { build, path, listing } = bench(t);
  mkdirSync(path('d/empty/er'), { recursive: true });
  symlinkSync('../../nowhere', path('d/link'));
  symlinkSync('x'.repeat(3000), path('d/long'));
  const { config } = await build('FROM scratch\nCOPY d /x\n');
  const names = listing(config).map((line) => line.slice(0, 60));
  assert.deepEqual(names.slice(0, 4), [
    '0755 0:0 directory x',
    '0755 0:0 directory x/empty',
    '0755 0:0 directory x/empty/er',
    '0777 0:0 symlink x/link -> ../../nowhere',
  ]);
  assert.equal(lstatSync(path('d/long')).size, 3000);
});

test('an attribute that reads like another entry is not taken for one', root, async (t) => {
  const one = bench(t);
  one.write('d/a', '');
  one.write('d/b', '');
  const first = await one.build('FROM scratch\nCOPY d /x/\n');
  assert.equal(first.cached, 0);
  const digest = one.layer(first.config)[2]!.digest!;
  // What the key of `a` and `b` would be made of, were values put beside names.
  rmSync(one.path('d/b'));
  setXattr(one.path('d/a'), 'user.x', Buffer.from(`\0b\0file 644 0:0 0 ${digest}`));
  assert.equal((await one.build('FROM scratch\nCOPY d /x/\n')).cached, 0);
});
