import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeEngine } from '../testing/fake-engine.ts';
import { runCli } from '../testing/run-cli.ts';

const asUser = { engine: fakeEngine().engine, env: { STAVE_CALLER_UID: '1000' } };

test('doctor says what is missing and what grants it, and fails', async () => {
  const { code, stdout } = await runCli(['doctor'], asUser);
  assert.equal(code, 1);
  assert.equal(
    stdout,
    [
      'ok    runtime    crun 1.8.1',
      'note  init       none',
      '                 apt-get install catatonit',
      'FAIL  subuid     0 IDs',
      '                 usermod',
      '',
    ].join('\n'),
  );
});

test('doctor ends well where nothing is missing, and says it in JSON', async () => {
  const env = { STAVE_CALLER_UID: '0' };
  const { code, stdout } = await runCli(['doctor', '--format', 'json'], { ...asUser, env });
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), { what: 'runtime', outcome: 'ok', text: 'crun 1.8.1' });
});
