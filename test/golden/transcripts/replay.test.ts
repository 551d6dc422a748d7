import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { skip } from '../../e2e/house.ts';
import { compared } from './compare.ts';
import { differences } from './differences.ts';
import { recordings } from './recordings.ts';
import { Scene } from './scene.ts';

const all = recordings();
const { accepted, left } = differences();

test('every recording is replayed, or is listed as not replayed', () => {
  const replayed = [...all.values()].flatMap((file) => file.map(({ id }) => id));
  const numbers = Array.from({ length: 434 }, (_, n) => `T${String(n + 1).padStart(3, '0')}`);
  assert.deepEqual([...replayed, ...left].sort(), numbers);
  assert.deepEqual(
    [...accepted.keys()].filter((id) => !replayed.includes(id)),
    [],
  );
});

for (const [file, steps] of all) {
  describe(`Docker's recordings in ${file}`, { skip }, () => {
    let scene: Scene;
    before(async () => {
      scene = await Scene.open();
    });
    after(() => scene[Symbol.asyncDispose]());
    for (const step of steps) {
      test(`${step.id} ${step.command}`, async () => {
        for (const line of step.before) {
          const { code, stderr } = await scene.run(line);
          assert.equal(code, 0, `${line}\n${stderr}`);
        }
        const said = await scene.run(step.command);
        assert.ok((said.stderr.match(/^Hint: /gm) ?? []).length <= 1, said.stderr);
        assert.equal(compared(step, said), accepted.get(step.id) ?? '');
      });
    }
  });
}
