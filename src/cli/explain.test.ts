import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInputError, UsageError } from '../base/errors.ts';
import { Interrupted } from './command.ts';
import { explain } from './explain.ts';
import { BrokenPipe } from './output.ts';

const plain = { debug: false, command: 'stave image ls' };

test('explain() words an error and its hint', () => {
  const error = new InvalidInputError('No such image: ngnix', { hint: "Did you mean 'nginx'?" });
  assert.deepEqual(explain(error, plain), {
    text: "Error: No such image: ngnix\nHint: Did you mean 'nginx'?\n",
    exitCode: 1,
  });
});

test('explain() puts the excerpt first', () => {
  const error = new InvalidInputError('unknown instruction: FOO', {
    detail: 'Dockerfile:2\n>>> FOO',
  });
  assert.equal(
    explain(error, plain).text,
    'Dockerfile:2\n>>> FOO\nError: unknown instruction: FOO\n',
  );
});

test('explain() points to the help after errors of usage, and after others when told so', () => {
  const pointer = "\n\nRun 'stave image ls --help' for more information\n";
  const [usage, other] = [new UsageError('unknown flag: --x'), new InvalidInputError('no')];
  assert.deepEqual(explain(usage, plain), {
    text: `Error: unknown flag: --x${pointer}`,
    exitCode: 125,
  });
  assert.equal(explain(other, { ...plain, pointToHelp: true }).text, `Error: no${pointer}`);
});

test('explain() shows causes to those who debug', () => {
  const error = new InvalidInputError('no', { cause: new Error('a', { cause: new Error('b') }) });
  assert.equal(explain(error, plain).text, 'Error: no\n');
  assert.equal(
    explain(error, { ...plain, debug: true }).text,
    'Error: no\n  because: a\n  because: b\n',
  );
});

test('explain() calls a bug a bug, with its stack', () => {
  const { text, exitCode } = explain(new TypeError('x is undefined'), plain);
  assert.match(
    text,
    /^Error: this is a bug in stave, please report it:\nTypeError: x is undefined\n +at /,
  );
  assert.equal(exitCode, 1);
});

test('explain() has nothing to say about ends that were asked for', () => {
  assert.deepEqual(explain(new Interrupted(143), plain), { text: '', exitCode: 143 });
  assert.deepEqual(explain(AbortSignal.abort().reason, plain), { text: '', exitCode: 130 });
  assert.deepEqual(explain(new BrokenPipe(), plain), { text: '', exitCode: 0 });
});
