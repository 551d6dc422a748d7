import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { inChunks } from '../../test/support/tar-blocks.ts';
import { collect } from '../base/bytes.ts';
import { StaveError } from '../base/errors.ts';
import { compressed, decompressed } from './compression.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc.tuple(fc.nat(255), fc.nat(200_000)).map(([value, size]) => new Uint8Array(size).fill(value)),
);
const format = fc.constantFrom('gzip' as const, 'zstd' as const);
const parts = fc.array(bytes, { minLength: 1, maxLength: 4 });
const compress = (data: Uint8Array, how: 'gzip' | 'zstd'): Buffer =>
  how === 'gzip' ? gzipSync(data) : zstdCompressSync(data);

async function plain(data: Uint8Array, chunk: number): Promise<Buffer> {
  const { bytes } = await decompressed(inChunks(data, chunk));
  return collect(bytes, 2 ** 30);
}

test('decompressed() undoes compressed(), wherever chunks end', async () => {
  await fc.assert(
    fc.asyncProperty(
      bytes,
      format,
      fc.integer({ min: 50, max: 5000 }),
      async (data, how, chunk) => {
        const packed = await collect(compressed(inChunks(data, chunk), how));
        assert.ok((await plain(packed, chunk)).equals(data));
      },
    ),
    { numRuns: 60 },
  );
});

test('decompressed() joins parts, wherever chunks end', async () => {
  await fc.assert(
    fc.asyncProperty(parts, format, fc.integer({ min: 20, max: 5000 }), async (all, how, chunk) => {
      const packed = Buffer.concat(all.map((part) => compress(part, how)));
      assert.ok((await plain(packed, chunk)).equals(Buffer.concat(all)));
    }),
    { numRuns: 60 },
  );
});

test('decompressed() gives the right bytes of damaged data or refuses it in its own words', async () => {
  const change = fc.record({ at: fc.nat(), value: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(parts, format, change, fc.nat(), async (all, how, { at, value }, cut) => {
      const packed = Buffer.concat(all.map((part) => compress(part, how)));
      packed[at % packed.length] = value;
      const data = cut % 4 === 0 ? packed.subarray(0, cut % packed.length) : packed;
      try {
        await plain(data, 1000);
      } catch (error) {
        if (!(error instanceof StaveError)) throw error;
        assert.doesNotMatch(error.message, /[\u0000-\u001f]/);
      }
    }),
    { numRuns: 100 },
  );
});
