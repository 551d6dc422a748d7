import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  base256,
  END,
  entry,
  GNU_MAGIC,
  header,
  padded,
  pax,
  readAll,
  readOne,
} from '../../test/support/tar-blocks.ts';
import { TarFormatError } from './errors.ts';

const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`;

/** A file of 3000 bytes with "abc" at 1000 and "defg" at 2500. */
const EXPECTED = Buffer.alloc(3000);
EXPECTED.write('abc', 1000);
EXPECTED.write('defg', 2500);
const STORED = 'abcdefg';

suite('files with holes', () => {
  test('readTar() expands old GNU sparse files', async () => {
    const found = await readOne(
      entry(
        {
          name: 'holes',
          flag: 'S',
          magic: GNU_MAGIC,
          more: [
            [386, octal(1000) + octal(3) + octal(2500) + octal(4) + octal(3000) + octal(0)],
            [483, octal(3000)],
          ],
        },
        STORED,
      ),
    );
    assert.deepEqual(
      [found.entry.path, found.entry.type, found.entry.size],
      [Buffer.from('holes'), 'file', 3000],
    );
    assert.deepEqual(found.content, EXPECTED);
  });

  test('readTar() reads the blocks that continue an old GNU map', async () => {
    const pieces = 50;
    const pairs = Array.from({ length: pieces }, (_, i) => octal(i * 1000) + octal(1));
    const more = (from: number, last: boolean): Buffer => {
      const block = Buffer.alloc(512);
      block.write(pairs.slice(from, from + 21).join(''), 'latin1');
      block[504] = last ? 0 : 1;
      return block;
    };
    const found = await readOne(
      header({
        flag: 'S',
        magic: GNU_MAGIC,
        size: pieces,
        more: [
          [386, pairs.slice(0, 4).join('')],
          [482, '\x01'],
          [483, base256(60_000n, 12)],
        ],
      }),
      more(4, false),
      more(25, false),
      more(46, true),
      padded('#'.repeat(pieces)),
    );
    const expected = Buffer.alloc(60_000);
    for (let i = 0; i < pieces; i += 1) expected[i * 1000] = 0x23;
    assert.deepEqual(found.content, expected);
  });

  test('readTar() expands PAX sparse files of format 0.0', async () => {
    const found = await readOne(
      pax([
        ['GNU.sparse.size', '3000'],
        ['GNU.sparse.numblocks', '2'],
        ['GNU.sparse.offset', '1000'],
        ['GNU.sparse.numbytes', '3'],
        ['GNU.sparse.offset', '2500'],
        ['GNU.sparse.numbytes', '4'],
      ]),
      entry({ name: 'holes' }, STORED),
    );
    assert.deepEqual([found.entry.path, found.content], [Buffer.from('holes'), EXPECTED]);
  });

  test('readTar() expands PAX sparse files of format 0.1', async () => {
    const found = await readOne(
      pax([
        ['GNU.sparse.size', '3000'],
        ['GNU.sparse.numblocks', '2'],
        ['GNU.sparse.map', '1000,3,2500,4'],
        ['GNU.sparse.name', 'dir/holes'],
      ]),
      entry({ name: 'GNUSparseFile.0/holes' }, STORED),
    );
    assert.deepEqual([found.entry.path, found.content], [Buffer.from('dir/holes'), EXPECTED]);
  });

  test('readTar() expands PAX sparse files of format 1.0', async () => {
    const found = await readOne(
      pax([
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
        ['GNU.sparse.name', 'dir/holes'],
        ['GNU.sparse.realsize', '3000'],
      ]),
      entry(
        { name: 'GNUSparseFile.0/holes' },
        Buffer.concat([padded('2\n1000\n3\n2500\n4\n'), Buffer.from(STORED)]),
      ),
    );
    assert.deepEqual(
      [found.entry.path, found.entry.size, found.content],
      [Buffer.from('dir/holes'), 3000, EXPECTED],
    );
  });

  test('readTar() finds the next entry behind a sparse file that nobody read', async () => {
    const archive = Buffer.concat([
      pax([
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
        ['GNU.sparse.realsize', '3000'],
      ]),
      entry({}, Buffer.concat([padded('2\n1000\n3\n2500\n4\n'), Buffer.from(STORED)])),
      entry({ name: 'after' }),
      END,
    ]);
    const names = (await readAll(archive)).map((one) => one.entry.path.toString());
    assert.deepEqual(names, ['file', 'after']);
  });

  test('readTar() expands a file that is one hole', async () => {
    const found = await readOne(
      pax([
        ['GNU.sparse.size', '100000'],
        ['GNU.sparse.map', '100000,0'],
      ]),
      entry({}),
    );
    assert.deepEqual(found.content, Buffer.alloc(100_000));
  });
});

suite('damaged maps', () => {
  const sparse01 = (map: string, size: string, content: string): Promise<unknown> =>
    readOne(
      pax([
        ['GNU.sparse.size', size],
        ['GNU.sparse.map', map],
      ]),
      entry({}, content),
    );
  const cases: [string, () => Promise<unknown>][] = [
    ['pieces that overlap', () => sparse01('0,4,2,4', '10', 'abcdefgh')],
    ['pieces out of order', () => sparse01('6,4,0,4', '10', 'abcdefgh')],
    ['a piece behind the end', () => sparse01('8,4', '10', 'abcd')],
    ['an odd number of numbers', () => sparse01('8', '10', '')],
    ['less content than pieces', () => sparse01('0,4', '10', 'abc')],
    ['more content than pieces', () => sparse01('0,4', '10', 'abcde')],
    ['a map that is text', () => sparse01('0,x', '10', '')],
    [
      'offsets without lengths',
      () =>
        readOne(
          pax([
            ['GNU.sparse.offset', '1'],
            ['GNU.sparse.offset', '1'],
          ]),
          entry({}),
        ),
    ],
    [
      'a leading map that is text',
      () =>
        readOne(
          pax([
            ['GNU.sparse.major', '1'],
            ['GNU.sparse.minor', '0'],
          ]),
          entry({}, padded('one\n')),
        ),
    ],
    [
      'a leading map without content to be in',
      () =>
        readOne(
          pax([
            ['GNU.sparse.major', '1'],
            ['GNU.sparse.minor', '0'],
          ]),
          entry({}),
        ),
    ],
    ['a format that does not exist', () => readOne(pax([['GNU.sparse.major', '2']]), entry({}))],
    [
      'a directory with holes',
      () => readOne(pax([['GNU.sparse.size', '2']]), header({ flag: '5' })),
    ],
    [
      'negative numbers',
      () =>
        readOne(
          header({
            flag: 'S',
            magic: GNU_MAGIC,
            more: [
              [386, Buffer.concat([base256(-5n, 12), base256(5n, 12)])],
              [483, base256(-5n, 12)],
            ],
          }),
        ),
    ],
  ];
  for (const [what, read] of cases) {
    test(`readTar() refuses ${what}`, () => assert.rejects(read, TarFormatError));
  }
});
