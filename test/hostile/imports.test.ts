import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { memberTar, type Member } from '../support/member-tar.ts';
import { base256, END, header, pax } from '../support/tar-blocks.ts';
import { hostileCases, type HostileCase, type Spot, type Taken } from './house.ts';
import { directory, file, hard, link } from './layers.ts';

type Tree = readonly Member[] | Buffer;
const tarOf = (tree: Tree): Buffer => (Buffer.isBuffer(tree) ? tree : memberTar(...tree));
const bad = (what: string, refused: RegExp, tree: Tree | ((spot: Spot) => Tree)): HostileCase => ({
  what,
  refused,
  command: ['import', 'FILE'],
  archive: (spot) => tarOf(typeof tree === 'function' ? tree(spot) : tree),
});
const good = (
  what: string,
  tree: Tree | ((spot: Spot) => Tree),
  accepted: (taken: Taken, spot: Spot) => void | Promise<void>,
): HostileCase => ({
  what,
  accepted,
  command: ['import', 'FILE'],
  archive: (spot) => tarOf(typeof tree === 'function' ? tree(spot) : tree),
});

hostileCases('imports', [
  bad('nothing', /the archive is empty/, Buffer.alloc(0)),
  bad('a text', /no tar archive/, Buffer.from('text\n'.repeat(1000))),
  bad(
    'an archive of Docker',
    /this is an image archive, not the archive of a file system/,
    memberTar(
      file('manifest.json', '[{"Config":"c.json","Layers":["l.tar"]}]'),
      file('c.json', '{}'),
    ),
  ),
  bad(
    'an OCI layout',
    /this is an image archive, not the archive of a file system/,
    memberTar(file('oci-layout', '{}'), file('index.json', '{"manifests":[]}')),
  ),
  good(
    'a root with a manifest.json of its own',
    [file('manifest.json', '{"name":"web app"}')],
    () => {},
  ),
  bad('gzip of a text', /no tar archive/, gzipSync('text\n'.repeat(1000))),
  bad(
    'half a tar',
    /damaged tar archive/,
    memberTar(file('a', 'x'.repeat(5000))).subarray(0, 3000),
  ),
  bad(
    'half a gzip',
    /ends too early/,
    gzipSync(memberTar(file('a', 'x'.repeat(5000)))).subarray(0, 60),
  ),
  bad('a member that climbs', /climbs out/, [file('a'), file('../x', 'evil')]),
  bad('a member that climbs in the middle', /climbs out/, [file('a/../../x', 'evil')]),
  bad('a hard link to the host', /does not exist/, [hard('a', '/etc/passwd')]),
  bad('a hard link through a link', /leads through a link/, ({ canary }) => [
    link('out', canary),
    hard('a', 'out/file'),
  ]),
  bad('a link for the root', /stands for the root/, ({ canary }) => [link('/', canary)]),
  bad('a file twice', /is there twice/, [file('a', '1'), file('a', '2')]),
  bad('a size of 10^12', /refused archive/, header({ size: base256(10n ** 12n, 12) })),
  bad(
    'a negative size',
    /damaged/,
    Buffer.concat([header({ flag: 'S', more: [[483, Buffer.alloc(12, 0xff)]] }), END]),
  ),
  bad('the device that overlayfs takes for a mark', /stands for a deleted file/, [
    { path: 'x', type: 'char', device: { major: 0, minor: 0 } },
  ]),
  bad('a file in what is marked as deleted', /marked as deleted/, [file('.wh.d/x')]),
  bad(
    'a PAX name with a NUL',
    /holds a NUL/,
    Buffer.concat([pax([['path', 'a\0b']]), header({}), END]),
  ),
  good(
    'an absolute name',
    ({ canary }) => [file(`${canary}/file`, 'evil')],
    async ({ names }, { canary }) => assert.ok((await names())[0]?.includes(`${canary}/file`)),
  ),
  good(
    'members below a link to the outside',
    ({ canary }) => [link('out', canary), file('out/x')],
    async ({ names }, { canary }) => assert.ok((await names())[0]?.includes(`${canary}/x`)),
  ),
  good(
    'names that are not UTF-8',
    [
      file(Buffer.of(0xff, 0xfe), '1'),
      directory('d'),
      file(Buffer.concat([Buffer.from('d/'), Buffer.of(0xe9)]), '2'),
    ],
    async ({ names }) => assert.deepEqual(await names(), [['/d', '/d/\xe9', '/\xff\xfe']]),
  ),
  good(
    'rights, owners, times, attributes, as they are',
    [
      file('suid', 'x', { mode: 0o6755, uid: 12, gid: 2 ** 32 - 2, mtime: -7_000_000_000n }),
      file('attr', 'x', {
        xattrs: new Map([
          ['user.a', Buffer.of(0, 1)],
          ['trusted.overlay.opaque', Buffer.from('y')],
        ]),
      }),
      { path: 'null', type: 'char', mode: 0o666, device: { major: 1, minor: 3 } },
      { path: 'pipe', type: 'fifo' },
      hard('other', 'suid'),
    ],
    async ({ layers }) => {
      const lines = (await layers())[0] ?? [];
      assert.match(lines[0] ?? '', /^\/attr .* user\.a=0001$/);
      assert.match(
        lines.find((line) => line.startsWith('/suid ')) ?? '',
        /^\/suid 106755 12:4294967294 0 -7 /,
      );
    },
  ),
  good(
    'a mark of deletion of what is not there',
    [file('a'), file('.wh.b', '')],
    async ({ names }) => assert.equal((await names())[0]?.[0], '/a'),
  ),
  good(
    'an opaque mark',
    [directory('d'), file('d/.wh..wh..opq', ''), file('d/x')],
    async ({ names }) => assert.deepEqual(await names(), [['/d', '/d/x']]),
  ),
  good('an archive without entries', END, async ({ names }) =>
    assert.deepEqual(await names(), [[]]),
  ),
  good(
    'a tree in the form of an image archive',
    [file('manifest.json', '[]'), file('index.json', '{')],
    async ({ names }) => assert.deepEqual(await names(), [['/index.json', '/manifest.json']]),
  ),
  ...['BAD', 'x:', '../x', 'x@sha256:1', 'x y', '/x', 'x/', `x:${'t'.repeat(200)}`].map(
    (name): HostileCase => ({
      what: `the name ${JSON.stringify(name)}`,
      refused: /invalid|cannot/,
      command: ['import', 'FILE', name],
      archive: () => memberTar(file('a')),
    }),
  ),
  ...['ENV', 'LABEL', 'EXPOSE x/y', 'HEALTHCHECK --interval=x CMD y'].map(
    (change): HostileCase => ({
      what: `the change ${JSON.stringify(change)}`,
      refused: /./,
      command: ['import', '-c', change, 'FILE'],
      archive: () => memberTar(file('a')),
    }),
  ),
]);
