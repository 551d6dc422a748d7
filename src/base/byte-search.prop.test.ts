import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteSearch, PieceSearch } from './byte-search.ts';

const bytes = (min: number, max: number): fc.Arbitrary<Buffer> =>
  // Few different bytes, so that patterns are found, and nearly found.
  fc
    .array(fc.integer({ min: 97, max: 99 }), { minLength: min, maxLength: max })
    .map((all) => Buffer.from(all));

test('find() says the same as looking everywhere', () => {
  fc.assert(
    fc.property(
      fc.array(bytes(2, 6), { minLength: 1, maxLength: 5 }),
      bytes(0, 60),
      (all, text) => {
        const places = all.map((one) => text.indexOf(one)).filter((at) => at >= 0);
        const first = places.length === 0 ? undefined : Math.min(...places);
        assert.equal(new ByteSearch(all).find(text)?.at, first);
      },
    ),
    { numRuns: 200 },
  );
});

test('next() finds a pattern however a text is cut', () => {
  fc.assert(
    fc.property(
      bytes(2, 8),
      bytes(0, 60),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (pattern, text, sizes) => {
        const pieces = new PieceSearch(new ByteSearch([pattern]));
        let found = false;
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          found ||= pieces.next(text.subarray(at, at + size)) !== undefined;
          at += size;
        }
        assert.equal(found, text.includes(pattern));
      },
    ),
    { numRuns: 200 },
  );
});
