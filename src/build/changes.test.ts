import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges } from './changes.ts';

test('applyChanges() does what the instructions do in a Dockerfile', () => {
  const config = applyChanges({ Env: ['A=1'], Cmd: ['old'] }, [
    'ENTRYPOINT ["/e"]',
    'ENV B=$A',
    'WORKDIR /w',
    'WORKDIR sub',
    'EXPOSE 80',
    'LABEL l=1',
  ]);
  assert.equal(config.Cmd, undefined, 'a new entry point drops the inherited CMD');
  assert.deepEqual(config.Entrypoint, ['/e']);
  assert.deepEqual(config.Env, ['A=1', 'B=1']);
  assert.equal(config.WorkingDir, '/w/sub');
  assert.deepEqual(config.ExposedPorts, { '80/tcp': {} });
  assert.deepEqual(config.Labels, { l: '1' });
});

for (const text of ['RUN true', 'COPY a b', 'FROM x', 'ARG a']) {
  test(`applyChanges() refuses ${text}`, () => {
    assert.throws(() => applyChanges({}, [text]), /is not a valid change command|isn't allowed/);
  });
}
