import assert from 'node:assert/strict';
import { collect } from '../../src/base/bytes.ts';
import { hostileCases } from './house.ts';
import { bad, directory, file, good, hard, link } from './layers.ts';

const bytes = (...values: readonly (string | number)[]): Buffer =>
  Buffer.concat(values.map((one) => (typeof one === 'string' ? Buffer.from(one) : Buffer.of(one))));

const climbs = [
  '../x',
  'a/../../x',
  '/../x',
  './../x',
  '..',
  '../',
  'a/..',
  'a/../b',
  '//..//x',
  './/.//..//x',
  '../../../../../../../../../../tmp/x',
  '../0/fs/x',
  '../files',
];

hostileCases('names', [
  ...climbs.map((path) =>
    bad(`the member ${path}`, /climbs out of its root/, [file(path, 'evil')]),
  ),
  bad('a directory that climbs', /climbs out/, [directory('../d', { mode: 0o777 })]),
  bad('a link that is called ..', /climbs out/, ({ canary }) => [link('..', canary)]),
  bad('a device called ../null', /climbs out/, [
    { path: '../null', type: 'char', device: { major: 1, minor: 3 } },
  ]),
  bad('a pipe called ../pipe', /climbs out/, [{ path: '../pipe', type: 'fifo' }]),
  bad('the root as a file', /stands for the root|no name|damaged/, [file('/', 'x')]),
  bad('the root as a link', /stands for the root/, ({ canary }) => [link('/', canary)]),
  bad('the root as a link called .', /stands for the root/, ({ canary }) => [link('.', canary)]),
  bad('the root as a link called ./.', /stands for the root/, ({ canary }) => [
    link('./.', canary),
    file('file', 'evil'),
  ]),
  bad('the root as a pipe', /stands for the root/, [{ path: './', type: 'fifo' }]),
  bad('a component of 256 bytes', /more than 255 bytes/, [file('n'.repeat(256))]),
  bad('256 bytes as a component in the middle', /more than 255/, [file(`a/${'n'.repeat(256)}/b`)]),
  bad('a path of 4096 bytes', /too long/, [file('d/'.repeat(2047) + 'ab')]),
  bad('a path of a hundred thousand components', /refused archive: path/, [
    directory('d/'.repeat(100_000)),
  ]),
  bad('a path of 64 KiB', /too long/, [directory('d/'.repeat(32_000))]),
  good(
    'a path of 4095 bytes',
    [[file(`${'d/'.repeat(2047)}f`, 'deep'), file('after')]],
    async ({ engine, ids }) => {
      assert.equal((await engine.images.inspect(ids[0] ?? '')).size, 5);
      const saved = await engine.images.save(ids);
      assert.ok((await collect(saved)).includes('deep'));
    },
  ),
  good(
    'a component of 255 bytes',
    [[directory('n'.repeat(255)), file(`${'n'.repeat(255)}/${'m'.repeat(255)}`)]],
    async ({ names }) =>
      assert.deepEqual(await names(), [
        [`/${'n'.repeat(255)}`, `/${'n'.repeat(255)}/${'m'.repeat(255)}`],
      ]),
  ),
  good(
    'an absolute name',
    ({ canary }) => [[file('/etc/x'), file(`//${canary}//file`, 'evil')]],
    async ({ names }, { canary }) => {
      const [found = []] = await names();
      assert.ok(found.includes('/etc/x'));
      assert.ok(found.includes(`${canary}/file`));
    },
  ),
  good(
    'the root with and without a dot, a slash and both',
    [
      [directory('./', { mode: 0o750, uid: 7 })],
      [directory('/', { mode: 0o751 })],
      [directory('.', { mode: 0o1777 })],
      [directory('.//./', { mode: 0o700 }), file('a')],
    ],
    async ({ names }) => assert.deepEqual(await names(), [[], [], [], ['/a']]),
  ),
  good(
    'doubled slashes and single dots',
    [[directory('./a//./b/'), file('.//a/./b//c', '1'), file('a/b/d', '2')]],
    async ({ names }) => assert.deepEqual(await names(), [['/a', '/a/b', '/a/b/c', '/a/b/d']]),
  ),
  good(
    'a name of three dots and others that only look like ..',
    [[file('...'), file('..a'), file('a..'), file('. '), file('.. '), file('b/...')]],
    async ({ layers }) => {
      const lines = (await layers())[0] ?? [];
      assert.equal(lines.length, 7);
      for (const name of ['/... ', '/..a ', '/a.. ', '/.  ', '/..  ', '/b/... ']) {
        assert.ok(
          lines.some((line) => line.startsWith(name)),
          name,
        );
      }
    },
  ),
  good(
    'names of bytes that are not UTF-8, each one of its own',
    [
      [
        file(bytes('latin-', 0xe9), '1'),
        file(bytes('latin-', 0xe8), '2'),
        file(bytes(0xff, 0xfe), '3'),
        file(bytes(0xed, 0xa0, 0x80), 'surrogate'),
        file(bytes(0xc0, 0xae, 0xc0, 0xae, '/', 'overlong'), 'dots'),
        file('\ufffd', 'replacement'),
      ],
    ],
    async ({ names, layers }) => {
      assert.deepEqual(
        (await names())[0]?.map((name) => Buffer.from(name, 'latin1').toString('hex')),
        [
          '2fc0aec0ae',
          '2fc0aec0ae2f6f7665726c6f6e67',
          '2feda080',
          '2fefbfbd',
          '2f6c6174696e2de8',
          '2f6c6174696e2de9',
          '2ffffe',
        ].sort(),
      );
      assert.match((await layers())[0]?.join('\n') ?? '', /surrogate/);
    },
  ),
  good(
    'one word in two forms of Unicode',
    [
      [
        file('caf\u00e9', 'one'),
        file('cafe\u0301', 'two'),
        file('\u017ft'),
        file('st'),
        file('ST'),
      ],
    ],
    async ({ names }) => assert.equal((await names())[0]?.length, 5),
  ),
  good(
    'names that programs and terminals trip over',
    [
      [
        '-rf',
        '--',
        '*',
        '~',
        '$(id)',
        '`id`',
        'a\nb',
        '\x1b[31m',
        'con',
        'C:x',
        'a\\b',
        '\\',

        '__proto__',
        'constructor',
        'a\u202eb',
        ' ',
        '\t',
        "'",
        '"',
        '#',
        '%s',
        '%2e%2e',
        '{{.}}',
      ].map((name) => file(name, 'odd')),
    ],
    async ({ layers }) => assert.equal((await layers())[0]?.length, 23),
  ),
  good(
    'links to everywhere, as they are written',
    ({ canary }) => [
      [
        link('abs', '/etc/passwd'),
        link('up', '../../../../../../etc/x'),
        link('self', 'self'),
        link('out', canary),
        link('odd', './/a/../b//'),
        link('long', 'x'.repeat(4095)),
        link('proc', '/proc/self/root'),
      ],
    ],
    async ({ layers }, { canary }) => {
      const [lines = []] = await layers();
      for (const text of ['/etc/passwd', '../../../../../../etc/x', canary, './/a/../b//']) {
        assert.ok(
          lines.some((line) => line.includes(` "${text}" `)),
          text,
        );
      }
    },
  ),
  bad('a link of 4096 bytes', /impossible target/, [link('l', 'x'.repeat(4096))]),
  good(
    'files below links to the outside, in one layer and in two',
    ({ canary }) => [
      [link('out', canary), file('out/file', 'evil'), link('up', '../../../..'), file('up/x')],
      [file('out/sub/file', 'evil'), file('up/y')],
    ],
    async ({ names }, { canary }) => {
      const [first = [], second = []] = await names();
      assert.ok(first.includes(`${canary}/file`));
      assert.ok(first.includes('/x'));
      // As with Docker: a layer has its own directories where those below have links.
      assert.deepEqual(second, ['/out', '/out/sub', '/out/sub/file', '/up', '/up/y']);
    },
  ),
  good(
    'a file below a chain of forty links',
    [
      [
        directory('end'),
        link('l0', 'end'),
        ...Array.from({ length: 39 }, (_, at) => link(`l${at + 1}`, `l${at}`)),
        file('l39/x'),
      ],
    ],
    async ({ names }) => assert.ok((await names())[0]?.includes('/end/x')),
  ),
  bad('a file below links in a circle', /loop of links/, [
    link('a', 'b'),
    link('b', 'a'),
    file('a/x'),
  ]),
  bad('a file below links that grow', /loop of links/, [link('a', 'a/a/a'), file('a/x')]),
  bad('a file below a file', /no directory/, [file('a'), file('a/b')]),
  bad('a file below a pipe', /no directory/, [{ path: 'a', type: 'fifo' }, file('a/b')]),
  bad('a hard link to ..', /climbs out/, [hard('a', '..')]),
  bad('a hard link that climbs', /climbs out/, [hard('a', '../../../../etc/passwd')]),
]);
