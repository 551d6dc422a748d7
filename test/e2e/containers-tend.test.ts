import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { idOfStore, processesOf, tracesOf } from '../support/store-traces.ts';
import { House, skip } from './house.ts';

const PATIENCE = 30_000;

/** A house with the image `base`, whose containers are gone at the end. */
const check = (name: string, body: (house: House) => Promise<void>): void =>
  void test(name, { skip }, async () => {
    using house = new House();
    house.base();
    try {
      await body(house);
    } finally {
      const left = house.must(['ps', '-aq']).split('\n').filter(Boolean);
      if (left.length > 0) house.must(['rm', '-f', ...left]);
    }
    const storeId = idOfStore(house.root);
    await until('no process', () => processesOf(house.root, storeId).length === 0);
    assert.deepEqual(tracesOf(house.root, storeId), []);
  });

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!holds()) {
    assert.ok(performance.now() < end, `${what}: waited in vain`);
    await sleep(50);
  }
}

const run = (house: House, name: string, ...args: string[]): string =>
  house.must(['run', '-d', '--name', name, '--network', 'none', ...args]).trim();
const shown = (house: House, name: string, template: string): string =>
  house.must(['inspect', '-f', template, name]).trim();

/** The helper of the store, if there is one. */
function helpers(house: House): number[] {
  return processesOf(house.root, 'none')
    .filter(({ command }) => command.includes(' tend '))
    .map(({ pid }) => pid);
}

check('health checks tell what they find, also after the helper was killed', async (house) => {
  const test = 'test -f /ok || { echo not yet; exit 1; }';
  const often = ['--health-interval', '500ms', '--health-retries', '2'];
  run(house, 'hh', '--health-cmd', test, ...often, 'base', 'sleep', '99');
  assert.match(house.must(['ps']), /\(health: starting\)|\(unhealthy\)/);
  const status = (): string => shown(house, 'hh', '{{.State.Health.Status}}');
  await until('unhealthy', () => status() === 'unhealthy');
  assert.match(house.must(['ps', '-f', 'health=unhealthy']), / Up .* \(unhealthy\) /);
  assert.equal(house.must(['ps', '-q', '-f', 'health=healthy']), '');
  const [helper = 0, ...others] = helpers(house);
  assert.deepEqual(others, []);
  process.kill(helper, 'SIGKILL');
  house.must(['exec', 'hh', 'touch', '/ok']);
  house.must(['ps']);
  await until('healthy', () => status() === 'healthy');
  const log = JSON.parse(shown(house, 'hh', '{{json .State.Health.Log}}')) as unknown[];
  assert.ok(log.length <= 5);
  const told = house.must(['events', '--since', '5m', '--until', '0s', '--format', '{{.Action}}']);
  const health = told.split('\n').filter((line) => line.startsWith('health_status'));
  assert.deepEqual(health, ['health_status: unhealthy', 'health_status: healthy']);
});

check('a health check that takes too long fails, and is killed', async (house) => {
  const often = ['--health-interval', '200ms', '--health-timeout', '300ms'];
  run(house, 'slow', '--health-cmd', 'sleep 77', ...often, 'base', 'sleep', '99');
  await until('a result', () => shown(house, 'slow', '{{len .State.Health.Log}}') !== '0');
  assert.equal(
    shown(house, 'slow', '{{with index .State.Health.Log 0}}{{.ExitCode}} {{.Output}}{{end}}'),
    '-1 Health check exceeded timeout (300ms)',
  );
  const left = house.must(['top', 'slow', '-o', 'pid,args']).match(/sleep 77/g) ?? [];
  assert.ok(left.length <= 1, 'those that took too long are still there');
});

check('on-failure starts so often, always until it is stopped', async (house) => {
  run(house, 'rr', '--restart', 'on-failure:2', 'base', 'sh', '-c', 'echo once; exit 4');
  const state = (name: string): string =>
    shown(house, name, '{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}');
  await until('the last end', () => state('rr') === '2 exited 4');
  assert.equal(house.must(['logs', 'rr']), 'once\n'.repeat(3));
  run(house, 'aa', '--restart', 'always', 'base', 'true');
  await until('some restarts', () => Number(shown(house, 'aa', '{{.RestartCount}}')) >= 4);
  house.must(['stop', 'aa']);
  const [count] = state('aa').split(' ');
  await sleep(3000);
  assert.equal(state('aa'), `${count} exited 0`);
  house.must(['start', 'aa']);
  assert.notEqual(shown(house, 'aa', '{{.RestartCount}}'), count);
});

check(
  'a container whose monitor was killed is told apart, and stops as others do',
  async (house) => {
    run(house, 'um', 'base', 'sleep', '99');
    const monitorOf = (id: string): number =>
      Number(readFileSync(`${house.root}/containers/${id}/bundle/conmon.pid`, 'utf8'));
    process.kill(monitorOf(shown(house, 'um', '{{.Id}}')), 'SIGKILL');
    await until('a status', () => house.must(['ps']).includes('(unmonitored)'));
    assert.equal(shown(house, 'um', '{{.State.Unmonitored}}'), 'true');
    house.must(['stop', '-t', '0', 'um']);
    assert.match(house.must(['ps', '-a']), /Exited \(137\)/);
    // The policy holds without a monitor, too.
    const id = run(house, 'ua', '--restart', 'always', 'base', 'sleep', '99');
    process.kill(monitorOf(id), 'SIGKILL');
    house.must(['ps']);
    process.kill(Number(shown(house, 'ua', '{{.State.Pid}}')), 'SIGKILL');
    await until(
      'a restart',
      () => shown(house, 'ua', '{{.RestartCount}} {{.State.Running}}') === '1 true',
    );
  },
);

check('a log is rotated without losing a line', async (house) => {
  const options = ['--log-opt', 'max-size=20k', '--log-opt', 'max-file=4'];
  const script =
    'i=0; while [ $i -lt 900 ]; do i=$((i+1)); echo line $i; usleep 3000; done; sleep 99';
  const id = run(house, 'll', ...options, 'base', 'sh', '-c', script);
  await until('the last line', () => house.must(['logs', '-n', '1', 'll']) === 'line 900\n');
  assert.ok(existsSync(`${house.root}/containers/${id}/ctr.log.1`), 'no second file');
  const lines = house.must(['logs', 'll']).trim().split('\n');
  const numbers = lines.map((text) => Number(text.slice('line '.length)));
  const first = numbers[0] ?? 0;
  assert.deepEqual(
    numbers,
    Array.from({ length: 901 - first }, (_, at) => first + at),
  );
});

check('a container that takes too much memory ends with 137 and says why', async (house) => {
  const eat = 'tail /dev/zero';
  const ran = house.stave([
    'run',
    '--name',
    'oo',
    '--network',
    'none',
    '-m',
    '16m',
    'base',
    'sh',
    '-c',
    `exec ${eat}`,
  ]);
  assert.equal(ran.code, 137, ran.stderr);
  assert.equal(shown(house, 'oo', '{{.State.OOMKilled}} {{.State.ExitCode}}'), 'true 137');
  const told = house.must(['events', '--since', '5m', '--until', '0s', '--format', '{{.Action}}']);
  assert.match(told, /^oom$/m);
});
