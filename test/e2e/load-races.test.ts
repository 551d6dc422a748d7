import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { layerTree } from '../layer-tree.ts';
import { directory, file, imageOf, link } from '../hostile/layers.ts';
import { memberTar } from '../support/member-tar.ts';
import { House, skip } from './house.ts';

const rounds = Number(process.env['STAVE_ROUNDS'] ?? 2);
const kills = Number(process.env['STAVE_KILLS'] ?? 4);

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs a command to its end, or until it is killed after `wait` milliseconds. */
function run(house: House, args: readonly string[], wait?: number): Promise<Ended> {
  const [program = '', ...words] = house.command(args);
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const timer = wait === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), wait);
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stderr });
    });
  });
}

function archiveIn(house: House, name: string, data: Buffer): string {
  const path = join(house.directory, name);
  writeFileSync(path, data);
  return path;
}

/** An image of two layers; the seed makes it one of its own. */
function image(seed: string): Buffer {
  const bodies = Array.from({ length: 60 }, (_, at) => file(`d/${seed}${at}`, seed.repeat(3000)));
  return imageOf([directory('shared'), file('shared/x', 's'.repeat(90_000))], bodies);
}

test(
  `layers that swap a directory for a link are unpacked side by side, ${rounds} times`,
  { skip },
  async () => {
    using house = new House();
    const canary = join(house.directory, 'canary');
    mkdirSync(canary);
    writeFileSync(join(canary, 'f0'), 'canary');
    const before = layerTree(canary);
    const members = Array.from({ length: 200 }, (_, at) => file(`d/f${at}`, 'evil'.repeat(200)));
    const plain = archiveIn(house, 'plain', imageOf([directory('d'), ...members]));
    const swapped = archiveIn(house, 'swapped', imageOf([link('d', canary), ...members]));
    const stacked = archiveIn(
      house,
      'stacked',
      imageOf([link('d', canary)], [directory('d'), ...members]),
    );
    for (let round = 0; round < rounds; round += 1) {
      const ended = await Promise.all(
        [plain, swapped, stacked].map((archive) => run(house, ['load', '-i', archive])),
      );
      assert.deepEqual(
        ended.map(({ code, stderr }) => `${code} ${stderr}`),
        ['0 ', '0 ', '0 '],
      );
      assert.deepEqual(layerTree(canary), before);
      house.must(['image', 'prune', '-af']);
    }
    assert.deepEqual(house.litter(), []);
  },
);

test(
  `loads of one archive at once, with others, removals and prunes, ${rounds} times`,
  { skip },
  async () => {
    using house = new House();
    const one = archiveIn(house, 'one', image('1'));
    const two = archiveIn(house, 'two', image('2'));
    for (let round = 0; round < rounds; round += 1) {
      const loads = [one, one, two].map((archive) => run(house, ['load', '-q', '-i', archive]));
      const others = [
        ['image', 'prune', '-f'],
        ['rmi', '-f', 'x:1'],
        ['images'],
        ['system', 'check'],
      ];
      const ended = await Promise.all([...loads, ...others.map((args) => run(house, args))]);
      for (const { code, stderr } of ended) assert.equal(code, 0, stderr);
      house.must(['system', 'check']);
      house.must(['load', '-i', one]);
      house.must(['image', 'prune', '-af']);
      assert.equal(house.must(['images', '-aq']), '');
    }
    assert.deepEqual(house.litter(), []);
  },
);

test(`import survives ${kills} kills at any moment`, { skip }, async () => {
  using house = new House();
  const files = Array.from({ length: 300 }, (_, at) =>
    file(`d${at % 7}/f${at}`, randomBytes(15_000).toString('hex')),
  );
  const tar = archiveIn(house, 'tree.tar', memberTar(...files));
  const started = performance.now();
  assert.equal((await run(house, ['import', tar, 'whole'])).code, 0);
  const whole = Math.ceil(performance.now() - started);
  house.must(['rmi', 'whole']);
  for (let round = 0; round < kills; round += 1) {
    await run(house, ['import', tar, 'app'], randomInt(whole));
    house.must(['system', 'check']);
    house.must(['rmi', '-f', 'app']);
    house.must(['image', 'prune', '-af']);
    assert.deepEqual(house.litter(), []);
    assert.deepEqual(house.holders(), []);
  }
  house.must(['import', tar, 'app']);
  house.must(['system', 'check']);
});
