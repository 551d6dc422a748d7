import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LayerLimitError, LayerNameError, TarFormatError } from '../../src/layer/errors.ts';
import { readTar } from '../../src/layer/tar-reader.ts';
import {
  base256,
  END,
  entry,
  GNU_MAGIC,
  header,
  inChunks,
  pax,
  readAll,
} from '../support/tar-blocks.ts';

const TERA = 10 ** 12;
const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`;

/** A stream that says how much was taken from it, and never ends unless it is left. */
function endless(
  start: Buffer,
  repeated: Buffer,
): { taken: () => number; bytes: AsyncIterable<Uint8Array> } {
  let taken = 0;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield start;
    for (;;) {
      taken += repeated.length;
      yield repeated;
    }
  }
  return { taken: () => taken, bytes: bytes() };
}

async function refused(bytes: AsyncIterable<Uint8Array>, limits = {}): Promise<LayerLimitError> {
  try {
    for await (const member of readTar(bytes, limits)) for await (const _ of member.body);
  } catch (error) {
    assert.ok(error instanceof LayerLimitError, String(error));
    assert.doesNotMatch(error.message, /\n/);
    return error;
  }
  return assert.fail('it was read');
}

suite('archives that ask for more than they are', () => {
  test('a file of 10^12 bytes is refused before its content is read', async () => {
    const stream = endless(
      header({ name: 'huge', size: base256(BigInt(TERA), 12) }),
      Buffer.alloc(4096),
    );
    assert.match((await refused(stream.bytes)).message, /"huge"/);
    assert.equal(stream.taken(), 0);
  });

  test('many files whose sizes add up are refused at the one that is too much', async () => {
    const one = Buffer.concat([header({ size: 600 }), Buffer.alloc(1024)]);
    await refused(endless(one, one).bytes, { unpackedBytes: 10_000 });
  });

  test('PAX headers and long names of 10^12 bytes are refused unread', async () => {
    for (const flag of ['x', 'g', 'L', 'K']) {
      const stream = endless(header({ flag, size: base256(BigInt(TERA), 12) }), Buffer.alloc(4096));
      await refused(stream.bytes);
      assert.equal(stream.taken(), 0, flag);
    }
  });

  test('a PAX header a byte over the bound is refused, one at the bound is read', async () => {
    const bound = 1024 * 1024;
    const filler = (length: number): Buffer => {
      const head = `${length} comment=`;
      return Buffer.from(`${head}${'x'.repeat(length - head.length - 1)}\n`);
    };
    await refused(
      inChunks(Buffer.concat([entry({ flag: 'x' }, filler(bound + 1)), header({}), END])),
    );
    const fits = Buffer.concat([entry({ flag: 'x' }, filler(bound)), header({}), END]);
    assert.equal((await readAll(fits)).length, 1);
  });

  test('a chain of headers without an entry is refused after a hundred', async () => {
    for (const link of [
      entry({ flag: 'L', magic: GNU_MAGIC }, 'name\0'),
      pax([['path', 'x']]),
      pax([['comment', 'x']], 'g'),
    ]) {
      const stream = endless(link, link);
      await refused(stream.bytes);
      assert.ok(stream.taken() <= 100 * link.length);
    }
  });

  test('global values are bounded over the whole archive', async () => {
    let count = 0;
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield pax([[`SCHILY.xattr.user.${count++}`, 'x'.repeat(50_000)]], 'g');
        yield header({});
      }
    }
    await refused(bytes());
    assert.ok(count < 30);
  });

  test('entries are counted', async () => {
    const one = header({});
    assert.match(
      (await refused(endless(one, one).bytes, { entries: 1000 })).message,
      /1000 entries/,
    );
  });

  test('a path of 64 KiB is read, a longer one refused', async () => {
    const path = `${'d/'.repeat(32_767)}f`;
    const found = await readAll(Buffer.concat([pax([['path', path]]), header({}), END]));
    assert.equal(found[0]!.entry.path.length, 65_535);
    await refused(inChunks(Buffer.concat([pax([['path', `${path}/f`]]), header({}), END])));
    await refused(
      inChunks(Buffer.concat([pax([['linkpath', `${path}/f`]]), header({ flag: '2' }), END])),
    );
  });

  test('a component of 255 bytes is read, a longer one refused', async () => {
    const fits = `a/${'n'.repeat(255)}/b`;
    const found = await readAll(Buffer.concat([pax([['path', fits]]), header({}), END]));
    assert.equal(found[0]!.entry.path.toString(), fits);
    for (const path of ['n'.repeat(256), `a/${'n'.repeat(256)}`, `${'n'.repeat(256)}/b`]) {
      const archive = Buffer.concat([pax([['path', path]]), header({}), END]);
      await assert.rejects(readAll(archive), LayerNameError);
    }
  });

  test('zeros without end behind the end mark are refused', async () => {
    const stream = endless(END, Buffer.alloc(1024 * 1024));
    await refused(stream.bytes, { unpackedBytes: 8 * 1024 * 1024 });
    assert.ok(stream.taken() < 10 * 1024 * 1024);
  });
});

suite('files with holes that are larger than the machine', () => {
  const shapes: [string, (size: number) => Buffer][] = [
    [
      'old GNU',
      (size) =>
        header({
          name: 'holes',
          flag: 'S',
          magic: GNU_MAGIC,
          more: [
            [386, Buffer.concat([base256(BigInt(size), 12), Buffer.from(octal(0))])],
            [483, base256(BigInt(size), 12)],
          ],
        }),
    ],
    [
      'PAX 0.1',
      (size) =>
        Buffer.concat([
          pax([
            ['GNU.sparse.size', String(size)],
            ['GNU.sparse.map', `${size},0`],
          ]),
          header({ name: 'holes' }),
        ]),
    ],
    [
      'PAX 1.0',
      (size) =>
        Buffer.concat([
          pax([
            ['GNU.sparse.major', '1'],
            ['GNU.sparse.minor', '0'],
            ['GNU.sparse.realsize', String(size)],
          ]),
          entry({ name: 'holes' }, `1\n${size}\n0\n`.padEnd(512, '\0')),
        ]),
    ],
  ];
  for (const [kind, archive] of shapes) {
    test(`${kind}: 8 TiB are refused at once`, async () => {
      const error = await refused(inChunks(Buffer.concat([archive(8 * 1024 ** 4), END])));
      assert.match(error.message, /"holes"/);
    });

    test(`${kind}: 2 GiB out of nothing are refused for their proportion`, async () => {
      const error = await refused(inChunks(Buffer.concat([archive(2 * 1024 ** 3), END])));
      assert.match(error.message, /1000 times/);
    });
  }

  test('many small sparse files that add up are refused', async () => {
    const one = Buffer.concat([
      pax([
        ['GNU.sparse.size', '100000000'],
        ['GNU.sparse.map', '100000000,0'],
      ]),
      header({}),
    ]);
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (;;) yield one;
    }
    let entries = 0;
    await assert.rejects(async () => {
      for await (const _ of readTar(bytes())) entries += 1;
    }, LayerLimitError);
    assert.equal(entries, 10);
  });

  test('a map of pieces without end is refused', async () => {
    const block = Buffer.alloc(512);
    for (let pair = 0; pair < 21; pair += 1) block.write(octal(0) + octal(0), pair * 24, 'latin1');
    block[504] = 1;
    const first = header({
      flag: 'S',
      magic: GNU_MAGIC,
      more: [
        [386, octal(0) + octal(0)],
        [482, '\x01'],
        [483, octal(0)],
      ],
    });
    const stream = endless(first, block);
    await refused(stream.bytes);
    assert.ok(stream.taken() < 2 * 1024 * 1024);
  });

  test('a leading map that announces 10^12 pieces is refused without room for them', async () => {
    const start = Buffer.concat([
      pax([
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
        ['GNU.sparse.realsize', '10'],
      ]),
      header({ size: 2 ** 32 }),
      Buffer.from(`${TERA}\n`.padEnd(512, '0\n')),
    ]);
    const stream = endless(start, Buffer.from('0\n'.repeat(256)));
    await refused(stream.bytes);
    assert.ok(stream.taken() < 2 * 1024 * 1024);
  });

  test('a number of a million digits is refused', async () => {
    const archive = Buffer.concat([
      pax([
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
      ]),
      entry({}, '9'.repeat(1_000_000)),
      END,
    ]);
    await assert.rejects(readAll(archive), TarFormatError);
  });
});

suite('odd names', () => {
  test('names that programs trip over come through as they are', async () => {
    const names = [
      '..',
      '../x',
      '/abs',
      'a//b',
      './a',
      '-rf',
      'a b',
      'a\nb',
      '\\x',
      'con',
      '.wh.x',
      '__proto__',
      'C:x',
    ];
    const archive = Buffer.concat([...names.map((name) => header({ name })), END]);
    const found = await readAll(archive);
    assert.deepEqual(
      found.map((one) => one.entry.path.toString()),
      names,
    );
  });

  test('an attribute named __proto__ is an attribute', async () => {
    const archive = Buffer.concat([
      pax([
        ['SCHILY.xattr.__proto__', 'x'],
        ['__proto__', 'y'],
      ]),
      header({}),
      END,
    ]);
    const [found] = await readAll(archive);
    assert.deepEqual([...found!.entry.xattrs.keys()], ['__proto__']);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  test('the same name twice is given twice: what it means is for the unpacker to say', async () => {
    const archive = Buffer.concat([entry({ name: 'a' }, '1'), entry({ name: 'a' }, '2'), END]);
    assert.deepEqual(
      (await readAll(archive)).map((one) => one.content.toString()),
      ['1', '2'],
    );
  });
});
