import assert from 'node:assert/strict';
import { base256, END, entry, GNU_MAGIC, header, pax, record } from '../support/tar-blocks.ts';
import { hostileCases } from './house.ts';
import { bad, good } from './layers.ts';

const tar = (...parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, END]);
const damaged = /damaged tar archive/;
const refused = /refused archive/;
const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`;
const wrongSum = (raw = header({ name: 'x' })): Buffer => {
  const block = Buffer.from(raw);
  block.write('000000', 148, 'latin1');
  return block;
};
/** A file of old GNU's form: pieces, and the size with holes. */
const sparse = (size: Buffer | string, pieces: readonly (readonly [number, number])[] = []) =>
  header({
    name: 'holes',
    flag: 'S',
    magic: GNU_MAGIC,
    size: pieces.reduce((sum, [, length]) => sum + length, 0),
    more: [
      [386, pieces.map(([at, length]) => octal(at) + octal(length)).join('')],
      [483, size],
    ],
  });

hostileCases('headers', [
  bad('a wrong checksum', damaged, tar(entry({ name: 'a' }, 'x'), wrongSum())),
  bad('a wrong checksum at once', /not|damaged/, tar(wrongSum(), Buffer.alloc(100_000, 1))),
  bad('a checksum that is no number', damaged, () => {
    const block = header({ name: 'x' });
    block.write('abcdef', 148, 'latin1');
    return tar(entry({ name: 'a' }, 'x'), block);
  }),
  ...['x', '9', 'z', '\xff'].map((flag) =>
    bad(
      `the kind ${JSON.stringify(flag)} where there is a file`,
      /unknown kind|description|damaged/,
      tar(entry({ name: 'a' }, 'x'), header({ name: 'odd', flag })),
    ),
  ),
  bad('a size that is negative', /size is negative/, tar(header({ size: base256(-1n, 12) }))),
  bad('a size that is no number', /not a number/, tar(header({ size: '0000000000x\0' }))),
  bad('a size beyond every number', /usable number/, tar(header({ size: base256(2n ** 80n, 12) }))),
  bad('a size of 2^63-1', refused, tar(header({ size: base256(2n ** 52n, 12) }))),
  bad('a size of 10^12 bytes', refused, tar(header({ size: base256(10n ** 12n, 12) }))),
  bad('a size that is larger than the layer', damaged, tar(header({ size: 1_000_000 }))),
  bad('a PAX size of -1', /usable number/, tar(pax([['size', '-1']]), header({}))),
  bad(
    'a PAX size of 10^30',
    /usable number/,
    tar(pax([['size', '1'.padEnd(30, '0')]]), header({})),
  ),
  bad('a PAX size of 1e3', /usable number/, tar(pax([['size', '1e3']]), header({}))),
  bad('a PAX size in hexadecimal', /usable number/, tar(pax([['size', '0x10']]), header({}))),
  bad(
    'a PAX size that hides the next file',
    damaged,
    tar(pax([['size', '513']]), entry({ name: 'a' }, 'x'), entry({ name: 'b' }, 'y')),
  ),
  good(
    'a PAX size where the header says another',
    [
      tar(
        pax([['size', '3']]),
        Buffer.concat([header({ name: 'a', size: 7 }), Buffer.from('abc'.padEnd(512, '\0'))]),
      ),
    ],
    async ({ layers }) => assert.match((await layers())[0]?.[0] ?? '', /"abc"/),
  ),
  bad(
    'a PAX record that is longer than its header',
    /wrong length/,
    tar(entry({ flag: 'x' }, '99 path=x\n'), header({})),
  ),
  bad(
    'a PAX record of length zero',
    /wrong length/,
    tar(entry({ flag: 'x' }, '0 path=x\n'), header({})),
  ),
  bad('a PAX record without a key', /no key/, tar(entry({ flag: 'x' }, '5 =x\n'), header({}))),
  bad(
    'a PAX record without an equals sign',
    /no key|wrong length/,
    tar(entry({ flag: 'x' }, '8 pathx\n'), header({})),
  ),
  bad(
    'a PAX record that does not end',
    /wrong length/,
    tar(entry({ flag: 'x' }, '8 path=x '), header({})),
  ),
  bad(
    'a PAX record of a length that overflows',
    /wrong length/,
    tar(entry({ flag: 'x' }, '99999999999999999999 path=x\n'), header({})),
  ),
  bad('a PAX name with a NUL', /holds a NUL/, tar(pax([['path', 'a\0b']]), header({}))),
  bad(
    'a PAX link with a NUL',
    /holds a NUL/,
    tar(pax([['linkpath', 'a\0b']]), header({ flag: '2' })),
  ),
  bad(
    'a PAX name that climbs',
    /climbs out/,
    tar(pax([['path', '../evil']]), header({ name: 'good' })),
  ),
  bad(
    'a global PAX name that climbs',
    /climbs out/,
    tar(pax([['path', '../evil']], 'g'), header({ name: 'good' })),
  ),
  bad(
    'a GNU name that climbs',
    /climbs out/,
    tar(entry({ flag: 'L', magic: GNU_MAGIC }, '../evil\0'), header({ name: 'good' })),
  ),
  bad('a prefix that climbs', /climbs out/, tar(header({ name: 'evil', prefix: '..' }))),
  bad('a time that is none', /usable time/, tar(pax([['mtime', 'now']]), header({}))),
  bad('a time of 10^30', /usable time/, tar(pax([['mtime', '1'.padEnd(30, '0')]]), header({}))),
  good(
    'times with signs and fractions',
    [
      tar(
        pax([['mtime', '-1.5']]),
        header({ name: 'a' }),
        pax([['mtime', '1.123456789123']]),
        header({ name: 'b' }),
        pax([['mtime', '1.']]),
        header({ name: 'c' }),
      ),
    ],
    async ({ layers }) => assert.equal((await layers())[0]?.length, 3),
  ),
  bad('an owner that is negative', /owner|not a number/, tar(header({ uid: base256(-1n, 8) }))),
  bad('a mode that is negative', /bad mode/, tar(header({ mode: base256(-1n, 8) }))),
  bad(
    'a device number that is negative',
    /bad number/,
    tar(header({ flag: '3', major: base256(-1n, 8) })),
  ),
  bad('a link without a target', /no target/, tar(header({ flag: '2' }))),
  bad('a hard link without a target', /no target/, tar(header({ flag: '1' }))),
  bad('a name of nothing', /no name/, tar(header({ name: '\0' }))),
  bad(
    'a GNU name of nothing',
    /no name/,
    tar(entry({ flag: 'L', magic: GNU_MAGIC }, '\0'), header({})),
  ),
  bad(
    'a GNU name that is cut off',
    damaged,
    Buffer.concat([header({ flag: 'L', magic: GNU_MAGIC, size: 2000 }), Buffer.alloc(512, 'n')]),
  ),
  bad(
    'a GNU name of 10^12 bytes',
    refused,
    tar(header({ flag: 'L', magic: GNU_MAGIC, size: base256(10n ** 12n, 12) })),
  ),
  bad(
    'a GNU link of negative size',
    /negative/,
    tar(header({ flag: 'K', magic: GNU_MAGIC, size: base256(-512n, 12) })),
  ),
  bad(
    'a PAX header of 10^12 bytes',
    refused,
    tar(header({ flag: 'x', size: base256(10n ** 12n, 12) })),
  ),
  bad(
    'PAX headers without end',
    refused,
    tar(...Array.from({ length: 101 }, () => pax([['comment', 'x']])), header({})),
  ),
  bad(
    'global headers without end',
    refused,
    tar(...Array.from({ length: 101 }, () => pax([['comment', 'x']], 'g')), header({})),
  ),
  bad('a PAX header and nothing after it', damaged, tar(pax([['path', 'x']]))),
  good(
    'a hundred headers of one file, of which the last counts',
    [tar(...Array.from({ length: 100 }, (_, at) => pax([['path', `n${at}`]])), header({}))],
    async ({ names }) => assert.deepEqual(await names(), [['/n99']]),
  ),
  good(
    'a header for all, and one that takes it back',
    [
      tar(
        pax(
          [
            ['uid', '7'],
            ['path', 'all'],
          ],
          'g',
        ),
        header({ name: 'x' }),
        pax([
          ['path', 'own'],
          ['uid', ''],
        ]),
        header({}),
      ),
    ],
    async ({ layers }) => {
      const [all = '', own = ''] = (await layers())[0] ?? [];
      assert.match(all, /^\/all \d+ 7:0 /);
      assert.match(own, /^\/own /);
    },
  ),
  good(
    'a PAX name and a GNU name of one file, the later one counts',
    [
      tar(
        pax([['path', 'pax']]),
        entry({ flag: 'L', magic: GNU_MAGIC }, 'gnu\0'),
        header({ magic: GNU_MAGIC }),
      ),
    ],
    async ({ names }) => assert.deepEqual(await names(), [['/gnu']]),
  ),
  good(
    'records that nobody knows, and NULs behind them',
    [
      tar(
        entry(
          { flag: 'x' },
          Buffer.concat([
            record('VENDOR.thing', 'x'),
            record('hdrcharset', 'BINARY'),
            record('__proto__', 'x'),
            record('atime', 'nonsense'),
            Buffer.alloc(64),
          ]),
        ),
        entry({ name: 'a' }, 'x'),
      ),
    ],
    async ({ names }) => assert.deepEqual(await names(), [['/a']]),
  ),
  good(
    'a file with a slash at its end, old and new',
    [
      tar(
        header({ name: 'd/', flag: '\0', magic: '' }),
        header({ name: 'f/', flag: '0' }),
        header({ name: 'c', flag: '7' }),
      ),
    ],
    async ({ layers }) =>
      assert.deepEqual(
        (await layers())[0]?.map((line) => line.split(' ').slice(0, 2).join(' ')),
        ['/c 100644', '/d 40644', '/f 100644'],
      ),
  ),
  good(
    'sizes where there is no content: directories, links, devices',
    [
      tar(
        header({ name: 'd', flag: '5', size: 1024 }),
        header({ name: 'l', flag: '2', link: 'x', size: 9 }),
        header({ name: 'p', flag: '6', size: 512 }),
        entry({ name: 'f' }, 'x'),
      ),
    ],
    async ({ names }) => assert.deepEqual(await names(), [['/d', '/f', '/l', '/p']]),
  ),
  good(
    'a name in bytes of which the first 100 are all used, and a prefix of 155',
    [tar(header({ name: 'n'.repeat(100), prefix: `${'p'.repeat(77)}/${'q'.repeat(77)}` }))],
    async ({ names }) =>
      assert.equal(
        (await names())[0]?.at(-1),
        `/${'p'.repeat(77)}/${'q'.repeat(77)}/${'n'.repeat(100)}`,
      ),
  ),
  good('no end mark', [entry({ name: 'a' }, 'x')], async ({ names }) =>
    assert.deepEqual(await names(), [['/a']]),
  ),
  good(
    'one block of zeros for an end',
    [Buffer.concat([entry({ name: 'a' }, 'x'), Buffer.alloc(512)])],
    async ({ names }) => assert.deepEqual(await names(), [['/a']]),
  ),
  good(
    'zeros behind the end',
    [Buffer.concat([tar(entry({ name: 'a' }, 'x')), Buffer.alloc(100_000)])],
    async ({ names }) => assert.deepEqual(await names(), [['/a']]),
  ),
  bad(
    'a file behind the end',
    /something follows its end/,
    Buffer.concat([tar(entry({ name: 'a' }, 'x')), tar(entry({ name: 'b' }, 'y'))]),
  ),
  bad(
    'bytes behind the end',
    /something follows/,
    Buffer.concat([tar(entry({ name: 'a' }, 'x')), Buffer.from('tail')]),
  ),
  bad(
    'half a header',
    damaged,
    Buffer.concat([entry({ name: 'a' }, 'x'), header({ name: 'b' }).subarray(0, 300)]),
  ),
  bad('half a file', damaged, entry({ name: 'a' }, 'x'.repeat(3000)).subarray(0, 2000)),
  bad('holes of 8 TiB', refused, tar(sparse(base256(8n * 1024n ** 4n, 12)))),
  bad('holes of a negative size', damaged, tar(sparse(base256(-1n, 12)))),
  bad(
    'holes of a negative size, with a file behind them',
    damaged,
    tar(sparse(base256(-4096n, 12)), entry({ name: 'b' }, 'x')),
  ),
  bad(
    'pieces that overlap',
    /overlap/,
    Buffer.concat([
      sparse(octal(2000), [
        [0, 1000],
        [500, 500],
      ]),
      Buffer.alloc(1536),
      END,
    ]),
  ),
  bad(
    'pieces behind the end of their file',
    /outside/,
    Buffer.concat([sparse(octal(100), [[0, 1000]]), Buffer.alloc(1024), END]),
  ),
  bad(
    'a piece at a negative place',
    damaged,
    tar(
      header({
        name: 'holes',
        flag: 'S',
        magic: GNU_MAGIC,
        more: [
          [386, Buffer.concat([base256(-512n, 12), Buffer.from(octal(0))])],
          [483, octal(10)],
        ],
      }),
    ),
  ),
  bad(
    'a sparse map of PAX that announces 10^12 pieces',
    /refused|damaged/,
    tar(
      pax([
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
        ['GNU.sparse.realsize', '10'],
      ]),
      entry({}, `${10 ** 12}\n`.padEnd(512, '0\n')),
    ),
  ),
  bad(
    'a sparse name that climbs',
    /climbs out/,
    tar(
      pax([
        ['GNU.sparse.name', '../evil'],
        ['GNU.sparse.size', '0'],
        ['GNU.sparse.map', ''],
      ]),
      header({ name: 'good' }),
    ),
  ),
  bad(
    'holes in a directory',
    /no file/,
    tar(
      pax([
        ['GNU.sparse.size', '5'],
        ['GNU.sparse.map', ''],
      ]),
      header({ name: 'd', flag: '5' }),
    ),
  ),
  good(
    'a file of holes with a little in it',
    [Buffer.concat([sparse(octal(1_000_000), [[512_000, 512]]), Buffer.alloc(512, 'y'), END])],
    async ({ engine, ids, layers }) => {
      assert.equal((await engine.images.inspect(ids[0] ?? '')).size, 1_000_000);
      assert.match((await layers())[0]?.[0] ?? '', /\\u0000y{512}\\u0000/);
    },
  ),
]);
