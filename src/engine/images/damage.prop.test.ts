import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { needsRoot, type ScratchImages, scratchImages } from '../../../test/scratch-images.ts';
import { inPieces, tarOf } from '../../../test/tar-of.ts';
import { collect } from '../../base/bytes.ts';
import { StaveError } from '../../base/errors.ts';

const skip = needsRoot;

async function goodArchive(): Promise<{ archive: Buffer; id: string }> {
  using scratch = scratchImages();
  const tar = tarOf([
    { name: 'bin', type: 'directory', mode: 0o755 },
    { name: 'bin/a', data: 'small' },
    { name: 'bin/b', data: Buffer.alloc(70_000, 'b') },
  ]);
  const id = await scratch.images.import(inPieces(tar), { name: 'app:v1' });
  return { archive: await collect(await scratch.images.save(['app:v1'])), id };
}

/** Whole, or not there at all. */
async function checkStore(scratch: ScratchImages, wasLoaded: boolean): Promise<void> {
  const { problems, images } = await scratch.store.check({
    verifyLayer: (diffId, call) => scratch.snapshotter.verify(diffId, call),
  });
  assert.deepEqual(problems, []);
  assert.equal(images, wasLoaded ? 1 : 0);
  if (!wasLoaded) assert.deepEqual(readdirSync(`${scratch.root}/layers`), []);
}

test('load() of a damaged archive gives the image it was, or nothing', { skip }, async () => {
  const { archive, id } = await goodArchive();
  const damage = fc.oneof(
    fc.record({ cut: fc.nat(archive.length) }),
    fc.record({ at: fc.nat(archive.length - 1), bit: fc.nat(7) }),
  );
  await fc.assert(
    fc.asyncProperty(damage, async (change) => {
      const bytes = Buffer.from('cut' in change ? archive.subarray(0, change.cut) : archive);
      if ('at' in change) bytes[change.at] = (bytes[change.at] ?? 0) ^ (1 << change.bit);
      using scratch = scratchImages();
      try {
        const loaded = await scratch.images.load(inPieces(bytes));
        assert.deepEqual(
          loaded.map((image) => image.id),
          [id],
        );
        await checkStore(scratch, true);
      } catch (error) {
        if (!(error instanceof StaveError)) throw error;
        assert.doesNotMatch(error.message, /\n/);
        await checkStore(scratch, false);
      }
    }),
    { numRuns: 100 },
  );
});

test('load() of one archive many times at once gives one whole image', { skip }, async () => {
  const { archive, id } = await goodArchive();
  using scratch = scratchImages();
  const loads = await Promise.all(
    [1, 2, 3, 4].map((size) => scratch.images.load(inPieces(archive, size * 5000))),
  );
  assert.deepEqual(
    loads.flat().map((image) => image.id),
    [id, id, id, id],
  );
  await checkStore(scratch, true);
});

test('save() goes on when its image is removed meanwhile', { skip }, async () => {
  const { archive } = await goodArchive();
  using scratch = scratchImages();
  await scratch.images.load(inPieces(archive));
  const saving = (await scratch.images.save(['app:v1']))[Symbol.asyncIterator]();
  const first = await saving.next();
  await scratch.images.remove('app:v1');
  const chunks = [first.value];
  for (let next = await saving.next(); !next.done; next = await saving.next()) {
    chunks.push(next.value);
  }
  assert.deepEqual(Buffer.concat(chunks), archive);
  await scratch.store.collect();
  await checkStore(scratch, false);
});
