import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { openEngine } from './open-engine.ts';

test('openEngine() takes a root that is relative, and knows where it is', async (t) => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'stave-engine-')));
  t.after(() => rmSync(directory, { recursive: true }));
  const root = join(directory, 'store');
  await using engine = await openEngine({ root: relative(process.cwd(), root) });
  assert.equal((await engine.system.info()).root, root);
});
