import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInputError, StaveError } from '../../base/errors.ts';
import type { ProgressEvent, TaskId } from '../../base/progress.ts';
import { classicRenderer } from '../render/classic.ts';
import { capture } from '../testing/run-cli.ts';
import { classicError, isClassic } from './classic.ts';

test('isClassic() is for a DOCKER_BUILDKIT that is off', () => {
  const asked = (value: string) => isClassic({ env: { DOCKER_BUILDKIT: value } });
  assert.deepEqual(['0', 'false', '1', '', 'yes'].map(asked), [true, true, false, false, false]);
});

test("classicError() has the exit code of a RUN's command, and leaves other errors alone", () => {
  const failed = classicError(
    new InvalidInputError(
      'failed to build: failed to solve: process "/bin/sh -c exit 7" did not complete successfully: exit code: 7',
    ),
  );
  assert.ok(failed instanceof StaveError);
  assert.deepEqual(
    [failed.message, failed.exitCode],
    ["The command '/bin/sh -c exit 7' returned a non-zero code: 7", 7],
  );
  const other = new InvalidInputError('other');
  assert.equal(classicError(other), other);
});

test('classicRenderer() numbers steps, shows what they say, and names a step again that goes on', () => {
  const [out, errors] = [capture(), capture()];
  const id = (number: number) => number as TaskId;
  const events: ProgressEvent[] = [
    { type: 'begin', id: id(0), title: '[internal] load build definition', kind: 'internal' },
    { type: 'end', id: id(0), outcome: 'done' },
    { type: 'begin', id: id(1), title: '[1/2] FROM base:1', kind: 'step' },
    { type: 'end', id: id(1), outcome: 'cached' },
    { type: 'begin', id: id(2), title: '[2/2] RUN make', kind: 'step' },
    { type: 'begin', id: id(3), title: '[sdk 2/2] RUN true', kind: 'step' },
    { type: 'log', id: id(2), stream: 'stdout', text: 'one\ntw' },
    { type: 'end', id: id(3), outcome: 'done' },
    { type: 'end', id: id(2), outcome: 'done' },
    { type: 'warning', code: 'Rule', message: 'text' },
  ];
  {
    using shown = classicRenderer(out.output, errors.output);
    for (const event of events) shown.sink({ ...event, at: 0 });
  }
  assert.equal(
    out.text(),
    `Step 1/2 : FROM base:1
 ---> Using cache
Step 2/2 : RUN make
Step 2/2 (sdk) : RUN true
Step 2/2 : RUN make
one
tw
`,
  );
  assert.equal(errors.text(), '\n 1 warning found:\n - Rule: text\n');
});
