import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bench, root, type Bench } from '../testing/bench.ts';

async function warnings(made: Bench, instructions: string): Promise<string[]> {
  const { events } = await made.build(`FROM scratch\n${instructions}`);
  return events
    .filter((event) => event.type === 'warning')
    .map((event) => `${event.place} ${event.code} ${event.message}`);
}

for (const [instruction, directory] of [
  ['COPY --chmod=0600 d/file /new/deep/file', '/new'],
  ['COPY --chmod=644 d /new', '/new'],
  ['COPY --chmod=a-x . /new', '/new/d'],
  ['COPY --chmod=744 . /', '/d'],
  ['ADD --chmod=640 d/file /new/', '/new'],
  ['COPY --parents --chmod=600 d/file /', '/d'],
] as const) {
  test(`${instruction} warns that ${directory} is of no use`, root, async (t) => {
    const made = bench(t);
    made.write('d/file', '');
    const found = await warnings(made, instruction);
    assert.equal(found.length, 1);
    assert.match(found[0]!, /^Dockerfile:2 ChmodLocksDirectory --chmod=/);
    assert.match(found[0]!, new RegExp(`the directory ${directory} the mode`));
  });
}

for (const instruction of [
  'COPY --chmod=0600 d/file /file',
  'COPY --chmod=755 d /new',
  'COPY --chmod=0711 d /new',
  'COPY --chmod=700 d/file /new/',
  'COPY --chmod=u=rwX,go=rX d /new/',
  'COPY --chmod=a-x d /new',
  'COPY d /there/\nCOPY --chmod=600 d/file /there/',
]) {
  test(`${instruction} warns of nothing`, root, async (t) => {
    const made = bench(t);
    made.write('d/file', '');
    assert.deepEqual(await warnings(made, instruction), []);
  });
}
