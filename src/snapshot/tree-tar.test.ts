import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { collect } from '../base/bytes.ts';
import { digestOf } from '../oci/digest.ts';
import { treeTar } from './tree-tar.ts';

test('treeTar() gives the same bytes in memory that is used again', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'stave-tree-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'd'));
  for (let at = 0; at < 200; at += 1) {
    // From less than a block to several pieces of content, in no order.
    const size = [100, 40_000, 3000, 2_500_000, 20_000][at % 97 === 3 ? 3 : at % 3];
    writeFileSync(join(root, 'd', `${at}`), Buffer.alloc(size ?? 20_000, `${at} `));
  }
  const kept = await collect(treeTar(root, {}), 2 ** 30);
  const copied: Buffer[] = [];
  const passing = treeTar(root, { passing: true });
  let next = await passing.next();
  for (; next.done !== true; next = await passing.next()) copied.push(Buffer.from(next.value));
  const whole = Buffer.concat(copied);
  assert.ok(whole.equals(kept));
  assert.equal(next.value, digestOf(whole));
});
