import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { busyboxRoot, cannotRun } from '../../test/support/busybox-root.ts';
import { processesWith } from '../../test/support/executor-suite.ts';
import type { RunOnce } from '../../test/support/run-once.ts';
import { openExecutor } from './open-executor.ts';

const PROGRAM = join(import.meta.dirname, '../../test/support/run-once.ts');
const skip = cannotRun;

type Running = ChildProcessByStdio<Writable, Readable, null>;

/** Starts a process that runs one container in the foreground. */
function start(
  context: TestContext,
  job: Omit<RunOnce, 'scratch'>,
  through = (command: readonly string[]): readonly string[] => command,
): { child: Running; scratch: string } {
  const scratch = mkdtempSync(join(tmpdir(), 'stave-foreground-'));
  context.after(() => rmSync(scratch, { recursive: true, force: true }));
  busyboxRoot(join(scratch, 'base'));
  mkdirSync(join(scratch, 'upper'));
  mkdirSync(join(scratch, 'work'));
  const [program = '', ...args] = through([
    process.execPath,
    PROGRAM,
    JSON.stringify({ ...job, scratch }),
  ]);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  return { child, scratch };
}

/** Reads until `wanted` was seen. */
async function until(child: Running, wanted: RegExp): Promise<string> {
  let seen = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    seen += String(chunk);
    if (wanted.test(seen)) return seen;
  }
  throw new Error(`${wanted} did not come: ${seen}`);
}

for (const inside of [true, false]) {
  const where = inside ? 'roots mounted by this process' : 'roots mounted by a child';

  test(
    `${where}: kill -9 leaves no process and no mount, and the next run tidies up`,
    { skip },
    async (t) => {
      const marker = `77${process.pid}${inside ? 1 : 2}`;
      const script = `sleep ${marker} & echo up; sleep ${marker}`;
      const { child, scratch } = start(t, { inside, argv: ['sh', '-c', script], another: true });
      await until(child, /up/);
      assert.notDeepEqual(processesWith(marker), []);

      child.kill('SIGKILL');
      await once(child, 'close');

      // The kernel is still at it when the parent's end is seen.
      for (let tries = 0; tries < 100 && processesWith(scratch).length > 0; tries++)
        await pause(20);
      assert.deepEqual(processesWith(marker), []);
      assert.deepEqual(processesWith(scratch), []);
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        assert.ok(!mountsOf(pid).includes(scratch), `mounted in process ${pid}`);
      }

      const executor = await openExecutor({ stateDir: join(scratch, 'run'), storeId: 'testonce' });
      mkdirSync(join(scratch, 'upper2'));
      mkdirSync(join(scratch, 'work2'));
      await executor.run(
        {
          id: 'next',
          argv: ['true'],
          env: ['PATH=/bin'],
          cwd: '/',
          user: { uid: 0, gid: 0, additionalGids: [] },
          hostname: 'box',
          mounts: [],
          network: 'host',
          root: {
            lower: [join(scratch, 'base')],
            upper: join(scratch, 'upper2'),
            work: join(scratch, 'work2'),
          },
        },
        'inherit',
      );
      assert.deepEqual(readdirSync(join(scratch, 'run/processes')), []);
      assert.deepEqual(readdirSync(join(scratch, 'run/runtime')), []);
      for (const controller of readdirSync('/sys/fs/cgroup')) {
        assert.ok(!existsSync(`/sys/fs/cgroup/${controller}/stave/testonce-once`), controller);
      }
    },
  );
}

test('a foreground run hands signals on to the process', { skip }, async (t) => {
  const script = 'trap "echo got it; exit 5" TERM; echo up; while :; do sleep 0.1; done';
  const { child } = start(t, { inside: true, argv: ['sh', '-c', script] });
  await until(child, /up/);
  child.kill('SIGTERM');
  assert.match(await until(child, /got it/), /got it/);
  assert.deepEqual(await once(child, 'close'), [5, null]);
});

test('a foreground run hands stdin on when it is asked to', { skip }, async (t) => {
  const { child } = start(t, { inside: true, argv: ['sh', '-c', 'cat; echo end'], stdin: true });
  child.stdin.end('hello ');
  assert.equal(await until(child, /end/), 'hello end\n');
  assert.deepEqual(await once(child, 'close'), [0, null]);
});

const noScript = existsSync('/usr/bin/script') ? skip : 'needs /usr/bin/script';
test('a run with a terminal has one of the right size', { skip: noScript }, async (t) => {
  const script = 'test -t 0 && test -t 1 && echo terminal; stty size; exit 3';
  const job = { inside: true, argv: ['sh', '-c', script], terminal: true, stdin: true };
  const { child } = start(t, job, (command) => [
    '/usr/bin/script',
    '--quiet',
    '--return',
    '--log-out',
    '/dev/null',
    '--command',
    `stty rows 33 cols 101; ${command.map((word) => `'${word}'`).join(' ')}`,
  ]);
  assert.match(await until(child, /\d+ \d+/), /terminal\r?\n33 101/);
  assert.deepEqual(await once(child, 'close'), [3, null]);
});

function mountsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
  } catch {
    return '';
  }
}
