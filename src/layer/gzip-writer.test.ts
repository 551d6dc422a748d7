import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { inChunks } from '../../test/support/tar-blocks.ts';
import { collect } from '../base/bytes.ts';
import { gzipped } from './gzip-writer.ts';

const MIB = 1024 * 1024;

/** Bytes without any order, the same each time. */
function noise(size: number, seed: number): Buffer {
  const data = Buffer.alloc(size);
  for (let at = 0, state = seed; at < size; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[at] = state >>> 11;
  }
  return data;
}

/** Repeats the same noise: even to whoever counts bytes, and small for whoever compresses. */
function pattern(size: number): Buffer {
  return Buffer.alloc(size, noise(10_000, 7));
}

const inputs = {
  'less than a block of noise': noise(3000, 1),
  'blocks of noise': noise(2 * MIB, 2),
  'blocks of noise and a part': noise(2 * MIB + 65_535 + 17, 3),
  'noise that comes again': pattern(3 * MIB),
  'noise between text': Buffer.concat([
    Buffer.alloc(MIB + 1000, 'some text, '),
    noise(5 * MIB, 4),
    pattern(MIB),
    noise(MIB, 5),
    Buffer.alloc(70_000, 'more text, '),
  ]),
};

suite('gzipped()', () => {
  for (const [name, data] of Object.entries(inputs)) {
    test(`gives back ${name}, the same however bytes come`, async () => {
      const whole = await collect(gzipped(inChunks(data, 2 ** 30)), 2 ** 30);
      assert.ok(gunzipSync(whole).equals(data));
      const pieces: Buffer[] = [];
      for await (const piece of gzipped(inChunks(data, 70_001), { passing: true })) {
        pieces.push(Buffer.from(piece));
      }
      assert.ok(Buffer.concat(pieces).equals(whole));
    });
  }

  test('stores what does not become smaller, and compresses what does', async () => {
    const sizeOf = async (data: Buffer): Promise<number> =>
      (await collect(gzipped(inChunks(data, MIB)), 2 ** 30)).length;
    const blocks = await sizeOf(inputs['blocks of noise']);
    // Five bytes for each 65,535, and what a gzip member has besides.
    assert.equal(blocks, 2 * MIB + 2 * 17 * 5 + 20);
    assert.ok((await sizeOf(pattern(3 * MIB))) < 3 * MIB * 0.05);
    const half = Buffer.concat([noise(MIB / 2, 6), Buffer.alloc(MIB / 2, 'text')]);
    assert.ok((await sizeOf(half)) < MIB * 0.52);
  });
});
