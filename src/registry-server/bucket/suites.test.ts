import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { noS3, S3_KINDS, S3House } from '../../../test/support/s3-house.ts';

// What a registry does is the same wherever it keeps it: the tests of the registry run again.
const SUITES = [
  'spec-pull',
  'spec-push',
  'spec-content',
  'bad-input',
  'upload',
  'manifests',
  'lists',
  'pull',
  'hostile',
  'races',
  'mirror/pull-through',
  'mirror/faults',
];

for (const kind of S3_KINDS) {
  test(`the registry's own tests pass over ${kind}`, { skip: noS3 }, async () => {
    await using house = await S3House.open(kind);
    const files = SUITES.map((name) => join(import.meta.dirname, `../${name}.test.ts`));
    const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
    const child = spawn(process.execPath, ['--test', '--test-reporter=dot', ...files], {
      env: { ...env, STAVE_TEST_S3: house.endpoint },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0, said);
  });
}
