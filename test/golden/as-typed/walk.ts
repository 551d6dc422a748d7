import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { skip } from '../../e2e/house.ts';
import { Scene } from '../transcripts/scene.ts';
import type { Row } from './row.ts';

/** Makes a test of every row, on one store and in their order. */
export function walk(rows: readonly Row[]): void {
  let scene: Scene;
  before(async () => {
    if (skip !== false) return;
    scene = await Scene.open({ open: true });
    const house = join(import.meta.dirname, 'house.sh');
    const { code, stderr } = await scene.run(`set -e; . ${house} 127.0.0.1:5599`);
    assert.equal(code, 0, stderr);
  });
  after(() => scene?.[Symbol.asyncDispose]());
  for (const { row, typed, later, code = 0, out, err, before: first } of rows) {
    if (typed === undefined) continue;
    assert.equal(later, undefined);
    test(`row ${row}: ${typed}`, { skip }, async () => {
      if (first !== undefined) {
        const made = await scene.run(`set -e; ${first}`);
        assert.equal(made.code, 0, made.stderr);
      }
      const said = await scene.run(typed);
      assert.equal(said.code, code, `${said.stdout}\n${said.stderr}`);
      if (out) assert.match(said.stdout, out);
      if (err) assert.match(said.stderr, err);
    });
  }
}
