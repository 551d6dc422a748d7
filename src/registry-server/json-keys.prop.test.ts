import { test } from 'node:test';
import { assert, jsonValue, property } from 'fast-check';
import { hasDuplicateKeys } from './json-keys.ts';

test('hasDuplicateKeys() finds none in what was written from an object', () => {
  assert(
    property(jsonValue(), (value) => !hasDuplicateKeys(JSON.stringify(value, null, 1))),
    { numRuns: 100 },
  );
});
