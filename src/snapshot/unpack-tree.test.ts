import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Bytes } from '../base/bytes.ts';
import type { TarEntry } from '../layer/tar-entry.ts';
import { encodeHeader, padding, TRAILER } from '../layer/tar-writer.ts';
import { unpackTree, type UnpackTreeOptions } from './unpack-tree.ts';

const root = process.getuid?.() === 0 ? {} : { skip: 'owners need root' };

type Given = Partial<Omit<TarEntry, 'path' | 'linkTarget'>> & {
  path: string;
  text?: string;
  link?: string;
};

function entry({ path, text = '', link, ...rest }: Given): TarEntry {
  return {
    path: Buffer.from(path),
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: Buffer.byteLength(text),
    mtime: 0n,
    xattrs: new Map(),
    ...(link !== undefined && { linkTarget: Buffer.from(link) }),
    ...rest,
  };
}

async function* tar(members: readonly Given[]): Bytes {
  for (const one of members) {
    yield encodeHeader(entry(one));
    yield Buffer.from(one.text ?? '');
    yield padding(Buffer.byteLength(one.text ?? ''));
  }
  yield TRAILER;
  await Promise.resolve();
}

async function unpacked(
  t: TestContext,
  members: readonly Given[],
  options: Partial<UnpackTreeOptions> = {},
): Promise<string> {
  const house = mkdtempSync(join(tmpdir(), 'unpack-tree-'));
  t.after(() => rmSync(house, { recursive: true, force: true }));
  const into = join(house, 'in');
  mkdirSync(into);
  try {
    await unpackTree(tar(members), into, { owners: false, name: 'a.tar', ...options });
  } finally {
    // Whatever the members were called: nothing lies beside the root.
    assert.deepEqual(readdirSync(house), ['in']);
  }
  return into;
}

test('unpackTree() keeps mode, time and links, and makes missing parents', async (t) => {
  const into = await unpacked(t, [
    { path: 'a/b', text: 'x', mode: 0o4755, mtime: 5_000_000_000n },
    { path: 'a/h', type: 'hardlink', link: 'a/b', mode: 0o4755, mtime: 5_000_000_000n },
    { path: 'l', type: 'symlink', link: '../../../../etc/passwd' },
  ]);
  const stat = lstatSync(join(into, 'a/b'));
  assert.equal(stat.mode & 0o7777, 0o4755);
  assert.equal(stat.mtimeMs, 5000);
  assert.equal(lstatSync(join(into, 'a/h')).ino, stat.ino);
  assert.equal(readlinkSync(join(into, 'l')), '../../../../etc/passwd');
});

test('unpackTree() takes owners from the archive only when asked to', root, async (t) => {
  const members = [{ path: 'f', uid: 7, gid: 8 }];
  assert.equal(lstatSync(join(await unpacked(t, members), 'f')).uid, 0);
  const into = await unpacked(t, members, { owners: true });
  assert.deepEqual([lstatSync(join(into, 'f')).uid, lstatSync(join(into, 'f')).gid], [7, 8]);
});

test('unpackTree() keeps names that mark deletions in layers', async (t) => {
  const into = await unpacked(t, [{ path: '.wh.a' }, { path: 'd/.wh..wh..opq' }]);
  assert.deepEqual(readdirSync(into).sort(), ['.wh.a', 'd']);
});

test('unpackTree() lets what comes last win, whatever was there before', async (t) => {
  const into = await unpacked(t, [
    { path: 'f', text: 'one' },
    { path: 'f', text: 'two' },
    { path: 'd/x' },
    { path: 'd', type: 'symlink', link: 'e' },
    { path: 'e/', type: 'directory', mode: 0o700 },
    { path: 'd/y', text: 'through the link' },
    { path: 'e/deep/er/', type: 'directory' },
    { path: 'e/deep', text: 'a file now' },
    { path: 'g' },
    { path: 'g/', type: 'directory', mode: 0o711 },
  ]);
  assert.equal(readFileSync(join(into, 'f'), 'utf8'), 'two');
  assert.equal(readFileSync(join(into, 'e/y'), 'utf8'), 'through the link');
  assert.equal(lstatSync(join(into, 'g')).mode & 0o777, 0o711);
});

test('unpackTree() puts what lies behind links inside the root', async (t) => {
  const into = await unpacked(t, [
    { path: 'up', type: 'symlink', link: '../..' },
    { path: 'up/a', text: '1' },
    { path: 'abs', type: 'symlink', link: '/d' },
    { path: 'abs/b', text: '2' },
    { path: '/c', text: '3' },
  ]);
  assert.equal(readFileSync(join(into, 'a'), 'utf8'), '1');
  assert.equal(readFileSync(join(into, 'd/b'), 'utf8'), '2');
  assert.equal(readFileSync(join(into, 'c'), 'utf8'), '3');
});

for (const [what, members, message] of [
  ['a name that climbs out', [{ path: 'a/../../x' }], /a\.tar .*"a\/\.\.\/\.\.\/x" climbs out/],
  [
    'a hard link out of the root',
    [{ path: 'h', type: 'hardlink', link: '../../etc/passwd' }],
    /climbs out of its root/,
  ],
  [
    'a hard link through a link',
    [
      { path: 'l', type: 'symlink', link: '/etc' },
      { path: 'h', type: 'hardlink', link: 'l/passwd' },
    ],
    /leads through a link/,
  ],
  [
    'a hard link to what it replaces',
    [{ path: 'd/f' }, { path: 'd', type: 'hardlink', link: 'd/f' }],
    /hard link to a file that does not exist/,
  ],
  ['a link to nothing', [{ path: 'h', type: 'hardlink', link: 'no' }], /does not exist/],
  ['a file as the root', [{ path: '.' }], /stands for the root/],
  [
    'the device of deletion',
    [{ path: 'c', type: 'char', device: { major: 0, minor: 0 } }],
    /stands for a deleted file/,
  ],
  [
    'members inside a file',
    [{ path: 'f' }, { path: 'f/x' }],
    /lies in something that is no directory/,
  ],
] as const satisfies readonly (readonly [string, readonly Given[], RegExp])[]) {
  test(`unpackTree() refuses ${what}`, async (t) => {
    await assert.rejects(unpacked(t, members), { code: 'INVALID_INPUT', message });
  });
}
