import assert from 'node:assert/strict';
import { test } from 'node:test';
import { header } from '../../test/support/tar-blocks.ts';
import type { Bytes } from '../base/bytes.ts';
import { LayerLimitError } from './errors.ts';
import { readTar } from './tar-reader.ts';

const SIZE = 20_480_000;
const limits = { ratio: 100, ratioFrom: 10_000_000 };

/** Reads the header of a file of 20 MB and says how many bytes were asked for. */
async function asked(sourceBytes: number): Promise<number> {
  let given = 0;
  async function* tar(): Bytes {
    for (const piece of [header({ name: 'zeros', size: SIZE }), Buffer.alloc(SIZE)]) {
      given += piece.length;
      yield piece;
    }
  }
  for await (const { entry } of readTar(tar(), { ...limits, sourceBytes })) {
    assert.equal(entry.size, SIZE);
  }
  return given;
}

test('readTar() takes content that what it comes from may grow to', async () => {
  assert.equal(await asked(SIZE / 100), 512 + SIZE);
});

test('readTar() refuses content that is announced too large, before it is read', async () => {
  await assert.rejects(asked(SIZE / 100 - 1), (error) => {
    assert.ok(error instanceof LayerLimitError, String(error));
    assert.match(error.message, /more than 100 times its size/);
    return true;
  });
});
