import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { InvalidReferenceError } from './errors.ts';
import {
  canonicalName,
  familiar,
  familiarName,
  formatReference,
  parseReference,
  repositoryName,
  withoutSuffix,
} from './reference.ts';

/** Texts that are nearly names: what names are made of, in any order. */
const PARTS =
  'a|b1|A|0|-|--|_|__|.|/|:|@|[|]| |\n|localhost|docker.io|index.docker.io|library|x.y:80|latest'
    .split('|')
    .concat(`sha256:${'a'.repeat(64)}`);
const nearly = fc.array(fc.constantFrom(...PARTS), { maxLength: 8 }).map((parts) => parts.join(''));

test('a text is refused, or is a name that survives printing in every form', () => {
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string()), (text) => {
      let reference;
      try {
        reference = parseReference(text);
      } catch (error) {
        assert.ok(error instanceof InvalidReferenceError, String(error));
        return;
      }
      assert.deepEqual(parseReference(formatReference(reference)), reference);
      assert.deepEqual(parseReference(familiar(reference)), reference);
      const canonical = canonicalName(reference);
      assert.equal(canonicalName(parseReference(canonical)), canonical);
      assert.equal(familiarName(canonical), familiar(parseReference(canonical)));
      assert.equal(familiarName(formatReference(reference)), familiar(reference));
      assert.equal(withoutSuffix(canonical), repositoryName(reference));
      assert.ok(canonical.length <= 255 + 1 + 128 + 8);
    }),
    { numRuns: 200 },
  );
});
