import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cannotNetwork, run } from '../support/network-house.ts';
import { idOfStore, networkTraces, processesOf, tracesOf } from '../support/store-traces.ts';
import { House, skip as cannotRun } from './house.ts';

/** How often everything is killed; `npm run soak` asks for more. */
const rounds = Number(process.env['STAVE_CONTAINER_KILLS'] ?? process.env['STAVE_KILLS'] ?? 6);
const skip = cannotNetwork() ?? cannotRun;
const KILLS_PER_ROUND = 2;
const STEPS = 5;
const HUNG = 90_000;
const PATIENCE = 20_000;

/** Commands on containers that may all be killed, in any order. */
const MOVES: readonly ((name: string) => string[])[] = [
  (name) => [
    'run',
    '-d',
    '--name',
    name,
    '--network',
    'none',
    '-v',
    'kept:/kept',
    'base',
    'sleep',
    '99',
  ],
  (name) => ['run', '-d', '--name', name, '--restart', 'always', 'base', 'sleep', '1'],
  (name) => [
    'run',
    '-d',
    '--name',
    name,
    '-p',
    '127.0.0.1::80',
    '--health-cmd',
    'true',
    '--health-interval',
    '1s',
    'base',
    'sleep',
    '99',
  ],
  (name) => ['run', '--rm', '--name', name, '--network', 'none', 'base', 'sleep', '0.2'],
  (name) => ['exec', name, 'sh', '-c', 'echo more > /more; sleep 0.1'],
  (name) => ['exec', '-d', name, 'sleep', '50'],
  (name) => ['stop', '-t', '0', name],
  (name) => ['restart', '-t', '0', name],
  (name) => ['start', name],
  (name) => ['commit', name, `image-${name}`],
  (name) => ['rm', '-f', name],
  () => ['ps', '-a'],
];

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

const pick = <T>(of: readonly T[]): T => of[randomInt(of.length)] as T;

/** Some commands, one after the other; whether they go well is not the question. */
async function walk(house: House, told: string[]): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    const args = pick(step < 2 ? MOVES.slice(0, 4) : MOVES)(`c${randomInt(3)}`);
    const [program = '', ...rest] = house.command(args);
    told.push(args.join(' '));
    const child = spawn(program, rest, { stdio: 'ignore' });
    const timer = setTimeout(() => {
      told.push('  which did not end');
      child.kill('SIGKILL');
    }, HUNG);
    await new Promise((resolve) => void child.once('close', resolve));
    clearTimeout(timer);
  }
}

/** Kills one process of the store, or all of them. */
function strike(house: House, storeId: string, told: string[]): void {
  const found = processesOf(house.root, storeId);
  if (found.length === 0) return;
  if (randomInt(3) === 0) {
    told.push('  kill everything');
    for (const { pid } of found) kill(pid);
    for (const { pid } of processesOf(house.root, storeId)) kill(pid);
    return;
  }
  const victim = pick(found);
  told.push(`  kill ${victim.command.slice(0, 120)}`);
  kill(victim.pid);
}

/** What is served at an address; undefined when nobody answers. */
function served(address: string): string | undefined {
  return run('busybox', 'timeout', '2', 'busybox', 'wget', '-q', '-O', '-', `http://${address}/`);
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!holds()) {
    assert.ok(performance.now() < end, `${what} does not come`);
    await sleep(100);
  }
}

test(
  `containers are right again after ${rounds} times two kills of anything`,
  { skip },
  async () => {
    using house = new House();
    house.base();
    const storeId = idOfStore(house.root);
    const answer = 'printf "HTTP/1.0 200 OK\\r\\n\\r\\nalive\\n"';
    const serve = `while :; do ${answer} | nc -l -p 80 >/dev/null; done`;
    house.must([
      'run',
      '--rm',
      '--network',
      'none',
      '-v',
      'kept:/kept',
      'base',
      'sh',
      '-c',
      'echo precious > /kept/file',
    ]);
    const keeper = house
      .must([
        'run',
        '-d',
        '--name',
        'keeper',
        '--restart',
        'always',
        '-p',
        '127.0.0.1::80',
        'base',
        'sh',
        '-c',
        serve,
      ])
      .trim();
    const status = (): string =>
      house.must(['ps', '--format', '{{.Status}}', '-f', 'name=^keeper$']);
    try {
      for (let round = 0; round < rounds; round++) {
        const told: string[] = [];
        try {
          const walks = Promise.all([walk(house, told), walk(house, told)]);
          for (let n = 0; n < KILLS_PER_ROUND; n++) {
            await sleep(randomInt(1500));
            strike(house, storeId, told);
          }
          await walks;
          assert.ok(!told.includes('  which did not end'), 'a command hung');
          // The next command sees to it that its policy is kept.
          await until('the container with a restart policy', () => status().startsWith('Up'));
          if (status().includes('unmonitored')) house.must(['restart', '-t', '0', 'keeper']);
          const others = house
            .must(['ps', '-aq', '--no-trunc'])
            .split('\n')
            .filter((id) => id !== '' && id !== keeper);
          if (others.length > 0) house.must(['rm', '-f', ...others]);
          const isOthers = ({ command }: { readonly command: string }): boolean =>
            others.some((id) => command.includes(id)) || / sleep \d/.test(` ${command}`);
          await until(
            'the end of processes',
            () => !processesOf(house.root, storeId).some(isOthers),
          );
          await until(
            'the end of the helper',
            () =>
              !processesOf(house.root, storeId).some(({ command }) => command.includes(' tend ')),
          );
          assert.deepEqual(tracesOf(house.root, storeId, [keeper]), []);
          const links = networkTraces(storeId).filter((name) => name.startsWith('sv'));
          assert.ok(links.length <= 1, `interfaces are left: ${links.join(' ')}`);
          const kept = [
            'run',
            '--rm',
            '--network',
            'none',
            '-v',
            'kept:/kept',
            'base',
            'cat',
            '/kept/file',
          ];
          assert.equal(house.must(kept), 'precious\n');
          const port = house.must(['port', 'keeper', '80']).trim();
          await until(`an answer at ${port}`, () => served(port) === 'alive\n');
          const check = house.stave(['system', 'check']);
          assert.equal(check.code, 0, check.stdout + check.stderr);
        } catch (error) {
          told.push(house.stave(['inspect', '-f', '{{json .State}}', 'keeper']).stdout);
          told.push(house.stave(['events', '--since', '1m', '--until', '0s']).stdout.slice(-4000));
          told.push(...processesOf(house.root, storeId).map(({ command }) => command));
          const at = `round ${round + 1} of ${rounds}:\n${told.join('\n')}`;
          throw new Error(`${at}\n${error instanceof Error ? error.message : String(error)}`, {
            cause: error,
          });
        }
      }
    } finally {
      house.stave([
        'rm',
        '-f',
        ...house
          .must(['ps', '-aq'])
          .split('\n')
          .filter((id) => id !== ''),
      ]);
    }
    await until('the end of all processes', () => processesOf(house.root, storeId).length === 0);
    assert.deepEqual(tracesOf(house.root, storeId), []);
    assert.deepEqual(networkTraces(storeId), []);
  },
);
