import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identify } from '../../runtime/process-identity.ts';
import type { Digest } from '../../oci/digest.ts';
import type { RestartPolicy } from '../create-request.ts';
import type { Container, ContainerRecord } from './record.ts';
import { concluded, nextDelay, wantsRestart } from './restart-policy.ts';

function recordOf(
  name: RestartPolicy['name'],
  maximum = 0,
  more: Partial<ContainerRecord> = {},
): ContainerRecord {
  const settings = { image: 'i', restart: { name, maximum } };
  return {
    imageName: 'i',
    argv: ['x'],
    labels: {},
    remove: false,
    settings,
    config: {},
    mounts: [],
    ...more,
  };
}

test('wantsRestart() follows the policy, and nobody who was stopped', () => {
  const wants = (...args: Parameters<typeof recordOf>): boolean => wantsRestart(recordOf(...args));
  assert.equal(wants('no', 0, { exitCode: 1 }), false);
  assert.equal(wants('always', 0, { exitCode: 0 }), true);
  assert.equal(wants('unless-stopped', 0, { exitCode: 0 }), true);
  assert.equal(wants('always', 0, { exitCode: 0, stopRequested: true }), false);
  assert.equal(wants('on-failure', 0, { exitCode: 0 }), false);
  assert.equal(wants('on-failure', 0, { exitCode: 1, restartCount: 99 }), true);
  assert.equal(wants('on-failure', 2, { exitCode: 1, restartCount: 1 }), true);
  assert.equal(wants('on-failure', 2, { exitCode: 1, restartCount: 2 }), false);
});

test('nextDelay() doubles up to a minute, and begins anew after ten seconds of life', () => {
  const run = (restartDelay: number, lived: number): number =>
    nextDelay({ startedAt: 0, finishedAt: lived, restartDelay });
  assert.equal(nextDelay({}), 100);
  assert.equal(run(100, 0), 200);
  assert.equal(run(40_000, 9999), 60_000);
  assert.equal(run(60_000, 0), 60_000);
  assert.equal(run(60_000, 10_000), 100);
});

test('concluded() leaves what ended with an earlier boot, or goes with its end', () => {
  const process = identify(globalThis.process.pid);
  assert.ok(process);
  const ended = (more: Partial<ContainerRecord>): Container => ({
    id: 'a',
    name: 'a',
    image: 'sha256:1' as Digest,
    createdAt: 0,
    state: 'exited',
    record: recordOf('always', 0, { process, ...more }),
  });
  const { state, record } = concluded(ended({}), 5000);
  assert.equal(state, 'restarting');
  assert.deepEqual([record.restartDelay, record.restartAt, record.finishedAt], [100, 5100, 5000]);
  assert.equal(concluded(ended({ process: { ...process, boot: 'earlier' } }), 1).state, 'exited');
  assert.equal(concluded(ended({ remove: true }), 1).state, 'exited');
});
