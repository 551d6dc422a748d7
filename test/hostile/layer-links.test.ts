import assert from 'node:assert/strict';
import { hostileCases } from './house.ts';
import { bad, directory, file, good, hard, link } from './layers.ts';

const noFile = /hard link to something that is no file/;
const missing = /hard link to a file that does not exist/;
const through = /hard link that leads through a link/;

hostileCases('links', [
  bad('a hard link to a file of the host', missing, [hard('a', '/etc/passwd')]),
  bad('a hard link to a file beside the store', missing, ({ canary }) => [
    hard('a', `${canary}/file`),
  ]),
  bad('a hard link through a link', through, ({ canary }) => [
    link('out', canary),
    hard('a', 'out/file'),
  ]),
  bad('a hard link through two links', through, ({ canary }) => [
    link('one', canary),
    link('two', 'one'),
    hard('a', 'two/sub/file'),
  ]),
  bad('a hard link to a link, to set its mode', noFile, ({ canary }) => [
    link('l', `${canary}/file`),
    { ...hard('a', 'l'), mode: 0o4777, uid: 0 },
  ]),
  bad(
    'a hard link to a link of the layer below',
    /no file|not exist/,
    [hard('a', 'l')],
    [link('l', '/etc/passwd')],
  ),
  bad(
    'a hard link through a link of the layer below',
    /no file|not exist/,
    [hard('a', 'l/x')],
    [link('l', 'd'), directory('d'), file('d/x')],
  ),
  bad('a hard link to a directory', noFile, [directory('d'), hard('a', 'd')]),
  bad('a hard link to a device', noFile, [
    { path: 'n', type: 'char', device: { major: 1, minor: 3 } },
    hard('a', 'n'),
  ]),
  bad('a hard link to the root', /to a directory/, [hard('a', '/')]),
  bad('a hard link to itself', /not exist|no file/, [hard('a', 'a')]),
  bad('a hard link to what comes later', missing, [hard('a', 'b'), file('b')]),
  bad('a hard link to what is marked as deleted', /no file|not exist/, [
    file('.wh.b'),
    hard('a', 'b'),
  ]),
  bad(
    'a hard link to what the layer above it deletes',
    /no file|not exist/,
    [file('.wh.b'), hard('a', 'b')],
    [file('b', 'below')],
  ),
  bad('a hard link in the place of a file', /is there twice/, [
    file('a', '1'),
    file('b', '2'),
    hard('a', 'b'),
  ]),
  bad('a hard link in the place of a directory', /is there twice/, [
    directory('a'),
    file('b'),
    hard('a', 'b'),
  ]),
  bad('a file through a hard link', /is there twice/, [
    file('a', 'one'),
    hard('b', 'a'),
    file('b', 'two'),
  ]),
  good(
    'a hard link to a file of a layer below',
    [
      [directory('d', { mode: 0o700, uid: 3 }), file('d/x', 'below', { mode: 0o4750, uid: 9 })],
      [hard('b', 'd/x')],
    ],
    async ({ names, layers }) => {
      assert.deepEqual(await names(), [
        ['/d', '/d/x'],
        ['/b', '/d', '/d/x'],
      ]);
      const [, [b = '', d = '', x = ''] = []] = await layers();
      assert.match(b, /^\/b 104750 9:0 .*"below"/);
      assert.match(d, /^\/d 40700 3:0 /);
      assert.match(x, /= \/b$/);
    },
  ),
  good(
    'a thousand hard links to one file',
    [
      [
        file('a', 'x'.repeat(1000)),
        ...Array.from({ length: 1000 }, (_, at) => hard(`l${at}`, 'a')),
      ],
    ],
    async ({ layers, engine, ids }) => {
      assert.equal((await layers())[0]?.filter((line) => line.includes('= /')).length, 1000);
      assert.equal((await engine.images.inspect(ids[0] ?? '')).size, 1000);
    },
  ),
  good(
    'a chain of hard links, each to the one before',
    [[file('l0', 'end'), ...Array.from({ length: 50 }, (_, at) => hard(`l${at + 1}`, `l${at}`))]],
    async ({ layers }) => assert.equal((await layers())[0]?.length, 51),
  ),
  good(
    'a directory that becomes a link in the next layer, and a directory again',
    ({ canary }) => [
      [directory('d'), file('d/a')],
      [link('d', canary)],
      [directory('d'), file('d/file', 'evil')],
    ],
    async ({ names }) =>
      assert.deepEqual(await names(), [['/d', '/d/a'], ['/d'], ['/d', '/d/file']]),
  ),
  bad('a link in the place of a directory', /is there twice/, ({ canary }) => [
    directory('d'),
    file('d/a'),
    link('d', canary),
    file('d/file', 'evil'),
  ]),
  bad(
    'a link in the place of a directory that was only implied',
    /is there twice/,
    ({ canary }) => [file('d/a'), link('d', canary)],
  ),
  bad('a directory in the place of a link', /is there twice/, ({ canary }) => [
    link('d', canary),
    directory('d', { mode: 0o777 }),
  ]),
  bad('a file in the place of a link', /is there twice/, ({ canary }) => [
    link('a', `${canary}/file`),
    file('a', 'evil'),
  ]),
  bad('a device in the place of a link', /is there twice/, ({ canary }) => [
    link('a', `${canary}/file`),
    { path: 'a', type: 'char', device: { major: 1, minor: 5 } },
  ]),
  bad('the same link twice', /is there twice/, [link('a', 'b'), link('a', 'b')]),
  bad('a file twice', /is there twice/, [file('a', '1'), file('a', '2')]),
  bad('a file twice by names that are one', /is there twice/, [
    file('d/a', '1'),
    file('.//d/./a', '2'),
  ]),
  bad('a file by its own name and through a link', /is there twice/, [
    directory('d'),
    link('l', 'd'),
    file('d/a', '1'),
    file('l/a', '2'),
  ]),
  bad('a file, then a directory of its name', /is there twice/, [file('a'), directory('a')]),
  bad('a directory, then a file of its name', /is there twice/, [directory('a'), file('a')]),
  bad('a pipe in the place of a file', /is there twice/, [file('a'), { path: 'a', type: 'fifo' }]),
  good(
    'a directory three times, the last one says what it is',
    [
      [
        directory('d', { mode: 0o700, uid: 1 }),
        file('d/a'),
        directory('d', { mode: 0o711, uid: 2 }),
        directory('d/', { mode: 0o1755, uid: 3 }),
      ],
    ],
    async ({ layers }) => assert.match((await layers())[0]?.[0] ?? '', /^\/d 41755 3:0 /),
  ),
  good(
    'a layer twice in one image',
    [[file('a', 'x'.repeat(70_000))], [file('.wh.a')], [file('a', 'x'.repeat(70_000))]],
    async ({ names }) => assert.deepEqual(await names(), [['/a'], ['/a whiteout'], ['/a']]),
  ),
]);
