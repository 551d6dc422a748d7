import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { StaveError } from '../../src/base/errors.ts';
import { needsRoot, type ScratchImages, scratchImages } from '../scratch-images.ts';
import { inPieces } from '../tar-of.ts';
import { mutated, mutation } from './mutations.ts';

/** Few of the changed archives can be loaded, so the good one is always among them. */
const UNCHANGED = {
  form: 'both' as const,
  pack: 'none' as const,
  layers: null,
  packed: null,
  documents: [],
  members: [],
  whole: null,
};
const RUNS = Number(process.env['STAVE_MUTATIONS'] ?? 120);

function leftIn(root: string): readonly string[] {
  return ['blobs/sha256', 'layers', 'ingest', 'tmp', 'leases', 'trash'].flatMap((directory) =>
    readdirSync(`${root}/${directory}`).filter((name) => name !== '.boot'),
  );
}

/** Sound, shown by all that shows images, saved and removed again. */
async function isWhole({ images, store, snapshotter }: ScratchImages): Promise<void> {
  const { problems } = await store.check({
    verifyLayer: (diffId, call) => snapshotter.verify(diffId, call),
  });
  assert.deepEqual(problems, []);
  for (const { id } of await images.list({ all: true })) {
    await images.history(id);
    await images.inspect(id);
    for await (const _ of await images.save([id])) continue;
    await images.remove(id, { force: true });
  }
  await store.collect();
}

test(
  'load() of a changed archive gives an image that is whole, or one line and nothing',
  { skip: needsRoot },
  async () => {
    using scratch = scratchImages();
    const counts = { loaded: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const archive = mutated(change);
        try {
          await scratch.images.load(inPieces(archive));
          counts.loaded += 1;
          await isWhole(scratch);
        } catch (error) {
          if (!(error instanceof StaveError)) throw error;
          counts.refused += 1;
          // oxlint-disable-next-line no-control-regex
          assert.match(error.message, /^[^\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]{1,500}$/u);
        }
        assert.deepEqual(leftIn(scratch.root), []);
      }),
      { numRuns: RUNS, examples: [[UNCHANGED]] },
    );
    assert.ok(counts.loaded > 0 && counts.refused > 0, JSON.stringify(counts));
  },
);
