import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { suite, test } from 'node:test';
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { inChunks } from '../../test/support/tar-blocks.ts';
import { type Bytes, collect, once } from '../base/bytes.ts';
import { compressed, decompressed, sniff } from './compression.ts';
import { CompressionError, LayerLimitError } from './errors.ts';

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const text = Buffer.from('hello, layers\n'.repeat(1000));
/** Neither all the same nor without any order; longer than the blocks of our gzip. */
const large = Buffer.alloc(5_000_000);
for (let at = 0, state = 1; at < large.length; at += 1) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  large[at] = at % 3 === 0 ? state >>> 24 : 0x61 + (at % 7);
}
const skippable = Buffer.concat([Buffer.from('5a2a4d1804000000', 'hex'), Buffer.from('skip')]);

async function plain(data: Uint8Array, chunk?: number): Promise<Buffer> {
  const { bytes } = await decompressed(inChunks(data, chunk));
  return collect(bytes, 2 ** 30);
}

async function refusal(data: Uint8Array, chunk?: number): Promise<string> {
  const error = await plain(data, chunk).then(
    () => assert.fail('it was read'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CompressionError, String(error));
  assert.doesNotMatch(error.message, /\n/);
  return error.message;
}

suite('sniff()', () => {
  test('tells formats by their first bytes', () => {
    const heads: [string, string][] = [
      ['1f8b08', 'gzip'],
      ['28b52ffd', 'zstd'],
      ['502a4d18', 'zstd'],
      ['5f2a4d18', 'zstd'],
      ['425a6839', 'bzip2'],
      ['fd377a585a00', 'xz'],
      ['1f8b', 'none'],
      ['602a4d18', 'none'],
      ['', 'none'],
      ['68656c6c6f21', 'none'],
    ];
    for (const [head, format] of heads) assert.equal(sniff(Buffer.from(head, 'hex')), format, head);
  });
});

for (const [format, compress] of [
  ['gzip', gzipSync],
  [
    'zstd',
    (data: Buffer) => zstdCompressSync(data, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  ],
] as const) {
  suite(`decompressed() with ${format}`, () => {
    const one = compress(text);

    test('gives the bytes and the format, in chunks of any size', async () => {
      const found = await decompressed(once(one));
      assert.equal(found.format, format);
      assert.deepEqual(await collect(found.bytes), text);
      for (const chunk of [1, 5, 64]) assert.deepEqual(await plain(one, chunk), text);
      assert.ok((await plain(compress(large), 100_000)).equals(large));
    });

    test('reads several compressed parts as one stream, wherever chunks end', async () => {
      const three = Buffer.concat([one, compress(Buffer.alloc(0)), one]);
      const expected = Buffer.concat([text, text]);
      for (const chunk of [1, one.length - 1, one.length, one.length + 1, three.length]) {
        assert.deepEqual(await plain(three, chunk), expected, `chunks of ${chunk}`);
      }
    });

    test('refuses data that was cut off anywhere', async () => {
      const two = Buffer.concat([one, one]);
      for (let length = 6; length < two.length; length += 1) {
        if (length !== one.length)
          assert.match(await refusal(two.subarray(0, length)), /too early/);
      }
    });

    test('refuses a wrong checksum', async () => {
      const bad = Buffer.from(one);
      bad[bad.length - (format === 'gzip' ? 6 : 1)]! ^= 1;
      assert.match(await refusal(bad), new RegExp(`^damaged ${format} data: `));
    });

    test('refuses what follows, in the same chunk or in the next', async () => {
      for (const tail of ['garbage', '\0\0garbage', '\x1f\x8b', '\x28\xb5\x2f\xfd']) {
        const bad = Buffer.concat([one, Buffer.from(tail, 'latin1')]);
        for (const chunk of [1, one.length, bad.length]) await refusal(bad, chunk);
      }
      await refusal(Buffer.concat([one, Buffer.alloc(100), one]));
    });

    test('refuses content out of proportion, and only beyond the bound', async () => {
      const bomb = compress(Buffer.alloc(20_000_000));
      const limits = { ratio: 100, ratioFrom: 10_000_000 };
      const { bytes } = await decompressed(inChunks(bomb), { limits });
      let size = 0;
      await assert.rejects(async () => {
        for await (const chunk of bytes) size += chunk.length;
      }, LayerLimitError);
      assert.ok(size <= 10_000_000);
      assert.equal((await plain(bomb)).length, 20_000_000);
    });

    test('passes on what its source throws, and closes it when left', async () => {
      let closed = 0;
      async function* source(fails: boolean): AsyncGenerator<Uint8Array> {
        try {
          yield compress(large).subarray(0, 100_000);
          if (fails) throw new RangeError('from the source');
          yield* inChunks(compress(large).subarray(100_000), 1000);
        } finally {
          closed += 1;
        }
      }
      const failing = await decompressed(source(true));
      await assert.rejects(collect(failing.bytes, 2 ** 30), /from the source/);
      const left = await decompressed(source(false));
      for await (const _ of left.bytes) break;
      assert.equal(closed, 2);
    });
  });
}

suite('decompressed()', () => {
  test('passes on what is not compressed, whatever its size', async () => {
    for (const data of [Buffer.alloc(0), Buffer.from('abc'), large]) {
      const found = await decompressed(inChunks(data, 100_000));
      assert.equal(found.format, 'none');
      assert.ok((await collect(found.bytes, 2 ** 30)).equals(data));
    }
  });

  test('accepts zeros behind gzip data, as tapes add them', async () => {
    const one = gzipSync(text);
    const taped = Buffer.concat([one, Buffer.alloc(5000)]);
    for (const chunk of [one.length, 1000, 5]) assert.deepEqual(await plain(taped, chunk), text);
  });

  test('passes over skippable frames of zstd', async () => {
    const frame = zstdCompressSync(text);
    const data = Buffer.concat([skippable, frame, skippable, skippable, frame, skippable]);
    for (const chunk of [1, 3, 7, data.length]) {
      assert.deepEqual(await plain(data, chunk), Buffer.concat([text, text]));
    }
    await refusal(Buffer.concat([frame, skippable.subarray(0, -1)]));
  });

  test('reads zstd frames of every shape', async () => {
    const shapes = [
      zstdCompressSync(Buffer.alloc(0)),
      zstdCompressSync(Buffer.from('a')),
      zstdCompressSync(Buffer.alloc(100_000, 1)),
      zstdCompressSync(large.subarray(0, 300_000)),
      zstdCompressSync(large, { params: { [constants.ZSTD_c_windowLog]: 15 } }),
      zstdCompressSync(text, { pledgedSrcSize: text.length }),
    ];
    const expected = Buffer.concat(shapes.map((shape) => zstdDecompressSync(shape)));
    for (const chunk of [4099, 2 ** 20]) {
      assert.ok((await plain(Buffer.concat(shapes), chunk)).equals(expected));
    }
  });

  test('refuses zstd windows above 128 MiB', async () => {
    // A frame header that asks for a window of 1 GiB, and an empty last block.
    const frame = Buffer.from('28b52ffd00a0010000', 'hex');
    await assert.rejects(plain(frame), (error: unknown) => {
      assert.ok(error instanceof LayerLimitError, String(error));
      assert.match(error.message, /128 MiB/);
      return true;
    });
  });

  for (const [format, head] of [
    ['xz', 'fd377a585a00'],
    ['bzip2', '425a6839314159'],
  ] as const) {
    test(`leaves ${format} to a program, and says when there is none`, async () => {
      const data = Buffer.from(head, 'hex');
      let closed = false;
      async function* source(): Bytes & AsyncGenerator<Uint8Array> {
        try {
          yield data;
        } finally {
          closed = true;
        }
      }
      await assert.rejects(decompressed(source()), (error: unknown) => {
        assert.ok(error instanceof CompressionError);
        assert.equal(error.message, `no program to decompress ${format} data`);
        return true;
      });
      assert.equal(closed, true);
      const found = await decompressed(source(), {
        async *external(asked, bytes) {
          assert.equal(asked, format);
          assert.deepEqual(await collect(bytes), data);
          yield text;
        },
      });
      assert.equal(found.format, format);
      assert.deepEqual(await collect(found.bytes), text);
    });
  }
});

suite('compressed()', () => {
  for (const format of ['gzip', 'zstd'] as const) {
    test(`makes ${format} data that others read, the same however bytes come`, async () => {
      const undo = format === 'gzip' ? gunzipSync : zstdDecompressSync;
      for (const data of [Buffer.alloc(0), text, large]) {
        const whole = await collect(compressed(inChunks(data, 2 ** 30), format), 2 ** 30);
        assert.ok(undo(whole).equals(data));
        assert.ok((await plain(whole)).equals(data));
        const pieces = await collect(compressed(inChunks(data, 70_001), format), 2 ** 30);
        assert.ok(pieces.equals(whole));
      }
    });

    test(
      `checks ${format} data with its own program`,
      { skip: !has(format) && `${format} is not installed` },
      async () => {
        const data = await collect(compressed(inChunks(large), format), 2 ** 30);
        const done = spawnSync(format, ['-dc'], { input: data, maxBuffer: 2 ** 30 });
        assert.equal(done.status, 0, String(done.stderr));
        assert.ok(done.stdout.equals(large));
      },
    );
  }

  test('makes one gzip member without name and time', async () => {
    const data = await collect(compressed(once(text), 'gzip'));
    assert.equal(data.toString('hex', 0, 10), '1f8b0800000000000003');
  });

  test('passes on what its source throws', async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield large;
      throw new RangeError('from the source');
    }
    for (const format of ['gzip', 'zstd'] as const) {
      await assert.rejects(collect(compressed(source(), format), 2 ** 30), /from the source/);
    }
  });
});
