import assert from 'node:assert/strict';
import { lstatSync, readdirSync } from 'node:fs';
import { OPAQUE } from '../../src/snapshot/attributes.ts';
import { getXattrs } from '../../src/sys/xattr.ts';
import { hostileCases, type Taken } from './house.ts';
import { bad, directory, file, good, hard, link } from './layers.ts';

/** What a container of the image would find: names, through all layers. */
async function merged({ engine, ids }: Taken): Promise<readonly string[]> {
  const { directories } = await engine.images.inspect(ids[0] ?? '');
  const found = new Set<string>();
  const walk = (path: string): void => {
    const here = directories.map((root) => `${root}${path}`);
    const seen = new Set<string>();
    let open = true;
    const children = new Map<string, boolean>();
    for (const place of here) {
      const stat = lstatSync(place, { throwIfNoEntry: false });
      if (!open || !stat) continue;
      if (!stat.isDirectory()) break;
      for (const name of readdirSync(place)) {
        if (seen.has(name)) continue;
        seen.add(name);
        const child = lstatSync(`${place}/${name}`);
        if (!(child.isCharacterDevice() && child.rdev === 0)) {
          children.set(name, child.isDirectory());
        }
      }
      if (getXattrs(Buffer.from(place)).has(OPAQUE)) open = false;
    }
    for (const [name, isDirectory] of children) {
      found.add(`${path}/${name}`);
      if (isDirectory) walk(`${path}/${name}`);
    }
  };
  walk('');
  return [...found].sort();
}

const OPQ = '.wh..wh..opq';
const below = [
  directory('d'),
  file('d/a'),
  file('d/b'),
  directory('d/e'),
  file('d/e/f'),
  file('g'),
];

hostileCases('marks of deletion', [
  ...['.wh.', '.wh..', '.wh...', 'd/.wh.', 'd/.wh..', 'd/.wh...', './/.wh..'].map((path) =>
    bad(`the mark ${path} of nothing`, /refused/, [file(path, '')], below),
  ),
  bad('a mark of deletion with a slash behind it', /refused/, [directory('.wh../')], below),
  bad('a file in what is marked as deleted', /marked as deleted/, [file('.wh.d/x')]),
  bad('a hard link to a mark', /not exist|no file|refused/, [
    file('.wh.g', ''),
    hard('x', '.wh.g'),
  ]),
  good(
    'a mark of what is not there',
    [below, [file('.wh.nothing', ''), file('d/.wh.nothing', ''), file('new/.wh.x', '')]],
    async (taken) =>
      assert.deepEqual(await merged(taken), ['/d', '/d/a', '/d/b', '/d/e', '/d/e/f', '/g', '/new']),
  ),
  good('a mark in the lowest layer', [[file('.wh.a', ''), file('b')]], async (taken) =>
    assert.deepEqual(await merged(taken), ['/b']),
  ),
  good(
    'a mark with content, a mode and an owner',
    [below, [file('.wh.g', 'content', { mode: 0o4777, uid: 9 })]],
    async (taken) => {
      assert.deepEqual(await merged(taken), ['/d', '/d/a', '/d/b', '/d/e', '/d/e/f']);
      assert.deepEqual((await taken.layers())[1], ['/g whiteout']);
    },
  ),
  good(
    'marks that are directories, links and pipes',
    [
      below,
      [directory('.wh.g'), link('d/.wh.a', '/etc/passwd'), { path: 'd/.wh.b', type: 'fifo' }],
    ],
    async (taken) => assert.deepEqual(await merged(taken), ['/d', '/d/e', '/d/e/f']),
  ),
  good(
    'a file and its mark, the file first',
    [below, [file('g', 'new'), file('.wh.g', '')]],
    async (taken) => assert.ok((await merged(taken)).includes('/g')),
  ),
  good(
    'a file and its mark, the mark first',
    [below, [file('.wh.g', ''), file('g', 'new')]],
    async (taken) => {
      assert.ok((await merged(taken)).includes('/g'));
      assert.match((await taken.layers())[1]?.find((line) => line.startsWith('/g ')) ?? '', /new/);
    },
  ),
  good(
    'a directory and its mark, the mark first: nothing of below shows in it',
    [below, [file('.wh.d', ''), directory('d'), file('d/new')]],
    async (taken) => assert.deepEqual(await merged(taken), ['/d', '/d/new', '/g']),
  ),
  good(
    'a directory and its mark, the mark last',
    [below, [directory('d'), file('d/new'), file('.wh.d', '')]],
    async (taken) => assert.deepEqual(await merged(taken), ['/d', '/d/new', '/g']),
  ),
  good(
    'a mark of a directory, then a file in it without its directory',
    [below, [file('.wh.d', ''), file('d/new')]],
    async (taken) => assert.deepEqual(await merged(taken), ['/d', '/d/new', '/g']),
  ),
  good('the same mark three times', [below, Array(3).fill(file('.wh.g', ''))], async (taken) =>
    assert.ok(!(await merged(taken)).includes('/g')),
  ),
  good(
    'an opaque mark before, between and after its siblings',
    [below, [file(`d/${OPQ}`, ''), file('d/x')], [file('d/y'), file(`d/${OPQ}`, ''), file('d/z')]],
    async (taken) => assert.deepEqual(await merged(taken), ['/d', '/d/y', '/d/z', '/g']),
  ),
  good('an opaque mark in the root', [below, [file(OPQ, ''), file('x')]], async (taken) =>
    assert.deepEqual(await merged(taken), ['/x']),
  ),
  good(
    'an opaque mark in a directory that nobody has',
    [below, [file(`n/m/${OPQ}`, '')]],
    async (taken) => assert.ok((await merged(taken)).includes('/n/m')),
  ),
  good(
    'an opaque mark that is a directory',
    [below, [directory(`d/${OPQ}`), file('d/x')]],
    async (taken) => assert.deepEqual(await merged(taken), ['/d', '/d/x', '/g']),
  ),
  bad('an opaque mark in a file', /no directory/, [file('f'), file(`f/${OPQ}`, '')]),
  bad('a mark in a file', /no directory/, [file('f'), file('f/.wh.x', '')]),
  good(
    'a mark below a link to the outside',
    ({ canary }) => [[link('out', canary)], [link('out', canary), file('out/.wh.file', '')]],
    async ({ names }, { canary }) =>
      assert.ok((await names())[1]?.includes(`${canary}/file whiteout`)),
  ),
  good(
    'an opaque mark below a link to the outside',
    ({ canary }) => [[link('out', canary), file(`out/${OPQ}`, '')]],
    async ({ names }, { canary }) => assert.ok((await names())[0]?.includes(canary)),
  ),
  good(
    'leftovers of aufs, which mean nothing',
    [
      below,
      [
        directory('.wh..wh.plnk', { mode: 0o700 }),
        file('.wh..wh.plnk/1.2', 'x'),
        file('.wh..wh.aufs', ''),
        directory('.wh..wh.orph'),
        hard('.wh..wh.x', 'g'),
        file('x'),
      ],
    ],
    async ({ names }) => assert.deepEqual((await names())[1], ['/x']),
  ),
  good(
    'names that only look like marks',
    [[file('wh.a'), file('.wh'), file('.whx'), file('a.wh.b'), file('.WH.a'), directory('x.wh.')]],
    async ({ names }) => assert.equal((await names())[0]?.length, 6),
  ),
  good(
    'a mark of a name that is not UTF-8',
    [
      [file(Buffer.of(0x61, 0xff), 'x'), file('b')],
      [file(Buffer.concat([Buffer.from('.wh.a'), Buffer.of(0xff)]), '')],
    ],
    async ({ layers }) => assert.deepEqual((await layers())[1], ['/a\xff whiteout']),
  ),
  good('a mark of a mark, which is one of aufs', [below, [file('.wh..wh.g', '')]], async (taken) =>
    assert.ok((await merged(taken)).includes('/g')),
  ),
  good(
    'a mark of 255 bytes',
    [[file('n'.repeat(251))], [file(`.wh.${'n'.repeat(251)}`, '')]],
    async (taken) => assert.deepEqual(await merged(taken), []),
  ),
  bad('the device that overlayfs takes for a mark', /stands for a deleted file/, [
    { path: 'g', type: 'char', device: { major: 0, minor: 0 } },
  ]),
  good(
    'attributes that overlayfs takes for marks',
    [
      below,
      [
        directory('d', {
          xattrs: new Map([
            ['trusted.overlay.opaque', Buffer.from('y')],
            ['user.overlay.opaque', Buffer.from('y')],
            ['trusted.overlay.redirect', Buffer.from('/g')],
            ['trusted.overlay.metacopy', Buffer.alloc(0)],
            ['trusted.overlay.whiteout', Buffer.from('y')],
            ['trusted.overlay.origin', Buffer.alloc(20)],
            ['trusted.overlay.impure', Buffer.from('y')],
            ['trusted.mine', Buffer.from('kept')],
          ]),
        }),
        file('d/x', '', { xattrs: new Map([['trusted.overlay.whiteout', Buffer.from('y')]]) }),
      ],
    ],
    async (taken) => {
      assert.deepEqual(await merged(taken), ['/d', '/d/a', '/d/b', '/d/e', '/d/e/f', '/d/x', '/g']);
      const [d = '', x = ''] = (await taken.layers())[1] ?? [];
      assert.match(d, /trusted\.mine=6b657074$/);
      assert.doesNotMatch(d + x, /overlay/);
    },
  ),
]);
