import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { StaveError } from '../base/errors.ts';
import type { ImageConfig } from './image-config.ts';
import { parseJson } from './json.ts';
import { parseConfig } from './parse-config.ts';
import { parseManifestOrIndex } from './parse-manifest.ts';
import { encodeConfig } from './write-json.ts';

const KEYS = ['config', 'layers', 'manifests', 'rootfs', 'diff_ids', 'Env', 'Labels', '__proto__'];
const value = fc.jsonValue({ maxDepth: 3 });
const document = fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), value);

test('documents from outside are read or refused with a reason, never anything else', () => {
  fc.assert(
    fc.property(document, (json) => {
      const data = Buffer.from(JSON.stringify({ ...json, schemaVersion: 2 }));
      for (const parse of [parseManifestOrIndex, parseConfig]) {
        try {
          parse(data);
        } catch (error) {
          assert.ok(error instanceof StaveError, String(error));
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('what encodeConfig() writes is the value, and does not depend on the order of keys', () => {
  const plain = (json: unknown): unknown => JSON.parse(JSON.stringify(json));
  fc.assert(
    fc.property(document, (json) => {
      const reversed = Object.fromEntries(Object.entries(json).toReversed());
      const [one, other] = [json, reversed].map((each) => encodeConfig(each as ImageConfig));
      assert.deepEqual(one, other);
      const read = parseJson(one ?? Buffer.alloc(0), 1 << 22, 'it');
      const expected = parseJson(Buffer.from(JSON.stringify(json)), 1 << 22, 'it');
      assert.deepEqual(plain(read), plain(expected));
    }),
    { numRuns: 200 },
  );
});
