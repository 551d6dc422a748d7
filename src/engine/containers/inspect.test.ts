import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addImage } from '../../../test/image-rows.ts';
import { scratchStore, type ScratchStore } from '../../../test/scratch-store.ts';
import { inspectContainer } from './inspect.ts';
import { toRow } from './record.ts';

const ID = `c1${'0'.repeat(62)}`;

function addEnded({ store }: ScratchStore): void {
  const image = addImage(store, 'one', ['base:1'], { layers: [{ seed: 'a', size: 1000 }] });
  const record = {
    imageName: 'base:1',
    argv: ['sh', '-c', 'exit 3'],
    labels: { a: 'b' },
    remove: false,
    settings: { image: 'app:1' },
    config: {},
    mounts: [],
    owner: { pid: 1, start: '0', boot: 'none' },
    startedAt: 2000,
    finishedAt: 3000,
    exitCode: 3,
  };
  const row = { id: ID, name: 'web', image, createdAt: 1000, state: 'exited', record } as const;
  store.write((tables) => tables.containers.put(toRow(row)));
}

test('inspectContainer() finds by name, ID and beginning, and tells what the row holds', async () => {
  using scratch = scratchStore();
  addEnded(scratch);
  for (const name of ['web', ID, 'c10']) {
    const details = await inspectContainer(scratch.store, name);
    assert.deepEqual(
      [details.id, details.argv, details.state, details.exitCode, details.pid, details.image],
      [ID, ['sh', '-c', 'exit 3'], 'exited', 3, 0, 'base:1'],
    );
    assert.equal(details.size, undefined);
  }
});

test('inspectContainer() adds what it wrote when sizes are asked for', async () => {
  using scratch = scratchStore();
  addEnded(scratch);
  const upper = join(scratch.store.paths.containers, ID, 'upper');
  mkdirSync(upper, { recursive: true });
  writeFileSync(join(upper, 'file'), 'twelve bytes');
  const { size } = await inspectContainer(scratch.store, 'web', { size: true });
  assert.deepEqual(size, { written: 12, whole: 1012 });
});

test('inspectContainer() says that there is none', async () => {
  using scratch = scratchStore();
  await assert.rejects(inspectContainer(scratch.store, 'web'), {
    message: 'No such container: web',
  });
});
