import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { busyboxRoot, cannotRun as skip } from '../../test/support/busybox-root.ts';
import { enterPrivateMounts } from '../sys/namespace.ts';
import type { ExitStatus } from './executor.ts';
import { openExecutor } from './open-executor.ts';
import { childrenOf } from './process-identity.ts';

type Run = (script: string) => Promise<{ readonly status: ExitStatus; readonly said: string }>;

/** An executor of its own that is always told of another run. */
async function bench(
  t: TestContext,
): Promise<{ readonly run: Run; readonly end: () => Promise<void> }> {
  enterPrivateMounts();
  const scratch = mkdtempSync(join(tmpdir(), 'stave-spare-'));
  busyboxRoot(join(scratch, 'base'));
  const executor = await openExecutor({
    stateDir: join(scratch, 'run'),
    storeId: `spare${process.pid}`,
  });
  const end = async (): Promise<void> => executor[Symbol.asyncDispose]();
  t.after(async () => {
    await end();
    rmSync(scratch, { recursive: true });
  });
  let count = 0;
  return {
    end,
    run: async (script) => {
      const id = `s${++count}`;
      const [upper, work] = [join(scratch, `${id}-upper`), join(scratch, `${id}-work`)];
      for (const path of [upper, work]) mkdirSync(path);
      let said = '';
      const status = await executor.run(
        {
          id,
          root: { lower: [join(scratch, 'base')], upper, work },
          argv: ['sh', '-c', script],
          env: ['PATH=/bin'],
          cwd: '/',
          user: { uid: 0, gid: 0, additionalGids: [] },
          hostname: 'box',
          mounts: [],
          network: 'none',
        },
        {
          stdout: (chunk) => (said += Buffer.from(chunk).toString()),
          stderr: (chunk) => (said += Buffer.from(chunk).toString()),
        },
        { another: true },
      );
      return { status, said };
    },
  };
}

const DONE = (said: string): unknown => ({ status: { code: 0 }, said });

/** Those of this process's children that wait for a run. */
function waiting(): number[] {
  return childrenOf(process.pid).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('read -r id'),
  );
}

test('run() uses what it started ahead and starts the next', { skip }, async (t) => {
  const { run } = await bench(t);
  assert.deepEqual(await run('echo one'), DONE('one\n'));
  const [first] = waiting();
  assert.ok(first !== undefined);
  assert.deepEqual(await run('echo two; ps | wc -l'), DONE('two\n4\n'));
  const [second, ...others] = waiting();
  assert.ok(second !== undefined && second !== first);
  assert.deepEqual(others, []);
});

test(
  'run() does without what was started ahead once somebody has killed it',
  { skip },
  async (t) => {
    const { run } = await bench(t);
    await run('true');
    for (const pid of waiting()) process.kill(pid, 'SIGKILL');
    while (waiting().length > 0) await pause(5);
    await pause(20);
    assert.deepEqual(await run('echo on'), DONE('on\n'));
  },
);

test('what was started ahead and not needed ends with the executor', { skip }, async (t) => {
  const { run, end } = await bench(t);
  await run('true');
  const inside = waiting().flatMap(childrenOf);
  assert.equal(inside.length, 1);
  await end();
  assert.deepEqual(waiting(), []);
  assert.throws(() => process.kill(inside[0] ?? 0, 0), { code: 'ESRCH' });
});

test('several runs at once share what was started ahead without meeting', { skip }, async (t) => {
  const { run } = await bench(t);
  await run('true');
  const ended = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) => run(`sleep 0.1; echo ${name}`)),
  );
  assert.deepEqual(
    ended.map(({ said }) => said),
    ['a\n', 'b\n', 'c\n', 'd\n'],
  );
});
