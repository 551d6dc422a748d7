import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { once } from '../../base/bytes.ts';
import { digestOf } from '../../oci/digest.ts';
import { chunks, MOST } from './chunks.ts';

/** So many bytes that look random and are always the same. */
function noise(length: number, seed: string): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < length; at += 32) {
    parts.push(createHash('sha256').update(`${seed} ${at}`).digest());
  }
  return Buffer.concat(parts).subarray(0, length);
}

const cut = (data: Buffer): Promise<Buffer[]> => Array.fromAsync(chunks(once(data)));

test('chunks() gives everything back, in pieces of bounded size', async () => {
  const data = Buffer.concat([noise(6_000_000, 'a'), Buffer.alloc(20_000_000)]);
  const pieces = await cut(data);
  assert.ok(Buffer.concat(pieces).equals(data));
  assert.ok(pieces.every(({ length }) => length <= MOST));
  assert.ok(pieces.length > 4);
  assert.deepEqual(await cut(Buffer.alloc(0)), []);
});

test('chunks() cuts the same wherever the stream is cut already', async () => {
  const data = noise(6_000_000, 'b');
  async function* slowly(): AsyncGenerator<Uint8Array, void> {
    for (let at = 0; at < data.length; at += 70_001) yield data.subarray(at, at + 70_001);
  }
  const lengths = (pieces: readonly Buffer[]): number[] => pieces.map(({ length }) => length);
  assert.deepEqual(lengths(await Array.fromAsync(chunks(slowly()))), lengths(await cut(data)));
});

test('chunks() finds most pieces again when something is put in', async () => {
  const data = noise(24_000_000, 'c');
  const other = Buffer.concat([
    data.subarray(0, 9_000_000),
    Buffer.from('a few bytes more'),
    data.subarray(9_000_000),
  ]);
  const before = new Set((await cut(data)).map(digestOf));
  const after = (await cut(other)).map(digestOf);
  const fresh = after.filter((digest) => !before.has(digest));
  assert.ok(after.length > 6);
  assert.ok(fresh.length <= 2, `${fresh.length} of ${after.length} are new`);
});
