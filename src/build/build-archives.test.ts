import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { bzip2, gzipped, xz, zstd } from '../../test/support/compressed.ts';
import type { TarEntry } from '../layer/tar-entry.ts';
import { encodeHeader, padding, TRAILER } from '../layer/tar-writer.ts';
import { bench, root } from './testing/bench.ts';

type Given = Partial<Omit<TarEntry, 'path' | 'linkTarget'>> & {
  path: string;
  text?: string;
  link?: string;
};

/** An archive whose members are 0640 7:8 unless they say more. */
function tarOf(...members: readonly Given[]): Buffer {
  const parts = members.flatMap(({ path, text = '', link, ...rest }) => {
    const size = Buffer.byteLength(text);
    const header = encodeHeader({
      path: Buffer.from(path),
      type: 'file',
      mode: 0o640,
      uid: 7,
      gid: 8,
      mtime: 5_000_000_000n,
      xattrs: new Map(),
      size,
      ...(link !== undefined && { linkTarget: Buffer.from(link) }),
      ...rest,
    });
    return [header, Buffer.from(text), padding(size)];
  });
  return Buffer.concat([...parts, TRAILER]);
}

const FILE = tarOf({ path: 'x', text: '1' });

for (const [what, data] of Object.entries({
  plain: FILE,
  gzip: gzipped(FILE),
  bzip2: bzip2(FILE),
  xz: xz(FILE),
  zstd: zstd(FILE),
})) {
  test(`ADD unpacks an archive whatever it is called: ${what}`, root, async (t) => {
    const { build, path, listing, layer } = bench(t);
    writeFileSync(path('name.txt'), data);
    const { config } = await build('FROM scratch\nADD name.txt /new/dir\n');
    assert.deepEqual(listing(config), [
      '0755 0:0 directory new',
      '0755 0:0 directory new/dir',
      '0640 7:8 file new/dir/x',
    ]);
    assert.equal(layer(config).at(-1)?.mtime, 5_000_000_000n);
  });
}

test('ADD copies what is no archive, and archives where it is told to', root, async (t) => {
  const { build, path, write, listing } = bench(t);
  writeFileSync(path('empty.tar'), '');
  writeFileSync(path('text.tar.gz'), gzipped(Buffer.from('no tar, whatever it is called')));
  writeFileSync(path('broken.tar.gz'), gzipped(FILE).subarray(0, 20));
  writeFileSync(path('zeros.tar'), Buffer.alloc(1024));
  writeFileSync(path('a.tar'), FILE);
  write('dir/keep', '');
  writeFileSync(path('dir/b.tar'), FILE);
  const kept = async (line: string): Promise<string[]> => {
    const { config } = await build(`FROM scratch\n${line}\n`);
    return listing(config).map((entry) => entry.split(' ').at(-1) ?? '');
  };
  for (const name of ['empty.tar', 'text.tar.gz', 'broken.tar.gz', 'zeros.tar']) {
    assert.deepEqual(await kept(`ADD ${name} /`), [name]);
  }
  assert.deepEqual(await kept('ADD --unpack=false a.tar /'), ['a.tar']);
  assert.deepEqual(await kept('COPY a.tar /'), ['a.tar']);
  assert.deepEqual(await kept('ADD dir /'), ['b.tar', 'keep']);
  assert.deepEqual(await kept('ADD dir/* /d'), ['d', 'd/keep', 'd/x'].toSorted());
  assert.deepEqual(await kept('ADD --unpack empty.tar /'), ['empty.tar']);
});

test('ADD gives members another owner on request, and never another mode', root, async (t) => {
  const { build, path, listing } = bench(t);
  writeFileSync(
    path('a.tar'),
    tarOf(
      { path: 'd/', type: 'directory', mode: 0o710 },
      { path: 'd/s', mode: 0o4755 },
      { path: 'l', type: 'symlink', link: 'd' },
    ),
  );
  const { config } = await build('FROM scratch\nADD --chown=1:2 --chmod=600 a.tar /new/to\n');
  assert.deepEqual(listing(config), [
    '0755 1:2 directory new',
    '0755 1:2 directory new/to',
    '0710 1:2 directory new/to/d',
    '4755 1:2 file new/to/d/s',
    '0777 1:2 symlink new/to/l -> d',
  ]);
});

test('ADD keeps hard links between members, and the last of two of a name', root, async (t) => {
  const { build, path, layer } = bench(t);
  writeFileSync(
    path('a.tar'),
    tarOf(
      { path: 'a', text: 'old' },
      { path: 'a', text: 'newer' },
      { path: 'b', type: 'hardlink', link: 'a' },
    ),
  );
  const { config } = await build('FROM scratch\nADD a.tar /\n');
  const [first, second] = layer(config);
  assert.deepEqual([first?.type, first?.size, second?.type], ['file', 5, 'hardlink']);
});

test(
  'members go where links of the image lead, but take the place of what has their name',
  root,
  async (t) => {
    const { build, path, listing } = bench(t);
    symlinkSync('usr/lib', path('lib'));
    symlinkSync('usr/bin', path('bin'));
    symlinkSync('/nowhere', path('f'));
    writeFileSync(path('was-dir'), '');
    writeFileSync(
      path('a.tar'),
      tarOf(
        { path: 'lib/implied' },
        { path: 'bin/', type: 'directory', mode: 0o755 },
        { path: 'bin/own' },
        { path: 'f', text: 'a file now' },
        { path: 'd', text: 'no directory any more' },
      ),
    );
    writeFileSync(
      path('links.tar'),
      tarOf({ path: 'usr/lib/', type: 'directory' }, { path: 'd/x' }),
    );
    const { config } = await build(
      'FROM scratch\nADD links.tar /\nCOPY . /ctx/\nFROM scratch AS top\nCOPY --from=0 / /\nCOPY . /\nADD a.tar /\n',
    );
    assert.deepEqual(listing(config), [
      '0755 7:8 directory bin',
      '0640 7:8 file bin/own',
      '0640 7:8 file d',
      '0640 7:8 file f',
      '0755 0:0 directory usr',
      '0640 7:8 directory usr/lib',
      '0640 7:8 file usr/lib/implied',
    ]);
  },
);

test('links of the image lead members nowhere outside of the destination', root, async (t) => {
  const { build, path, listing } = bench(t);
  symlinkSync('/etc', path('l'));
  writeFileSync(path('a.tar'), tarOf({ path: 'l/passwd' }));
  const { config } = await build('FROM scratch\nCOPY . /app/\nADD a.tar /app\n');
  // COPY of the context has followed no link: it lies in a directory.
  assert.deepEqual(
    listing(config).map((line) => line.split(' ').at(-1)),
    ['app', 'app/etc', 'app/etc/passwd'],
  );
});

for (const [what, member, message] of [
  ['a name that climbs out', { path: '../x' }, /"a\.tar" holds what cannot be unpacked: "\.\.\/x"/],
  [
    'a hard link that climbs out',
    { path: 'h', type: 'hardlink', link: '../../etc/passwd' },
    /climbs out of its root/,
  ],
  ['a hard link to nothing', { path: 'h', type: 'hardlink', link: 'etc/passwd' }, /does not exist/],
  [
    'the device of deletion',
    { path: 'd', type: 'char', device: { major: 0, minor: 0 } },
    /stands for a deleted file/,
  ],
  ['a mark of deletion', { path: '.wh.passwd' }, /names that begin with \.wh\. mark removed files/],
] as const satisfies readonly (readonly [string, Given, RegExp])[]) {
  test(`ADD refuses an archive with ${what}, and leaves nothing`, root, async (t) => {
    const { build, path, scratch } = bench(t);
    writeFileSync(path('a.tar'), tarOf({ path: 'ok' }, member));
    await assert.rejects(build('FROM scratch\nADD a.tar /\n'), { code: 'BUILD_FAILED', message });
    assert.deepEqual(scratch(), []);
  });
}
