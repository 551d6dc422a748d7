import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { recorded, replay } from './transcript.ts';

process.env["TZ"] = 'UTC';
const here = new URL('.', import.meta.url);

for (const file of readdirSync(here).filter((name) => name.endsWith('.txt'))) {
  for (const { command, wanted } of recorded(readFileSync(new URL(file, here), 'utf8'))) {
    test(`${file}: ${command}`, async () => {
      assert.deepEqual(await replay(command), wanted);
    });
  }
}
