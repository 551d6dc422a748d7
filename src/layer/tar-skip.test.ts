import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tarOf } from '../../test/tar-of.ts';
import type { SkippableBytes } from '../base/bytes.ts';
import { collect } from '../base/bytes.ts';
import { readTar } from './tar-reader.ts';

const CHUNK = 4096;

/** An archive that tells how much of it was given out. */
function source(tar: Buffer): SkippableBytes & { read: number } {
  let at = 0;
  return {
    read: 0,
    async *[Symbol.asyncIterator]() {
      while (at < tar.length) {
        const chunk = tar.subarray(at, at + CHUNK);
        at += chunk.length;
        this.read += chunk.length;
        yield chunk;
      }
    },
    skip(count) {
      if (at + count > tar.length) return false;
      at += count;
      return true;
    },
  };
}

const TAR = tarOf([
  { name: 'a', data: 'first' },
  { name: 'big', data: Buffer.alloc(100_001, 'x') },
  { name: 'z', data: 'last' },
]);

test('readTar() leaves out the content that nobody reads, where that can be done', async () => {
  const bytes = source(TAR);
  const found: string[] = [];
  for await (const { entry, body } of readTar(bytes, {}, (count) => bytes.skip(count))) {
    const name = Buffer.from(entry.path).toString();
    found.push(name === 'big' ? name : `${name} ${(await collect(body)).toString()}`);
  }
  assert.deepEqual(found, ['a first', 'big', 'z last']);
  assert.ok(bytes.read < 3 * CHUNK, `${bytes.read} bytes were read`);
});

test('readTar() finds that an archive ends within what it leaves out', async () => {
  const bytes = source(TAR.subarray(0, 50_000));
  await assert.rejects(
    async () => {
      for await (const _ of readTar(bytes, {}, (count) => bytes.skip(count))) continue;
    },
    { message: 'damaged tar archive: it ends within "big" at byte 50000' },
  );
});
