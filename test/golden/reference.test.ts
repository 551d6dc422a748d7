import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generated, kept } from './reference.ts';

test('docs/reference and the manual pages in package.json are those of the table of commands (npm run golden)', async () => {
  const now = await generated();
  const before = kept();
  assert.deepEqual([...before.keys()].sort(), [...now.keys()].sort());
  for (const [name, text] of now) assert.equal(before.get(name), text, name);
});
