import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorIn, runtimeFailure } from './failure.ts';

const of = (message: string, command: string): string => {
  const error = runtimeFailure(message, command);
  return `${error.exitCode} ${error.message}`;
};

test("runtimeFailure() reads crun's words", () => {
  assert.equal(
    of('executable file `nope` not found in $PATH: No such file or directory', 'nope'),
    '127 exec: "nope": executable file not found in $PATH',
  );
  assert.equal(
    of('open executable: Operation not permitted', '/bin'),
    '126 exec: "/bin": is a directory: permission denied',
  );
  assert.equal(
    of('open executable: Permission denied', '/etc/passwd'),
    '126 exec: "/etc/passwd": permission denied',
  );
  assert.equal(
    of('exec container process `/x`: Exec format error', '/x'),
    '126 exec /x: exec format error',
  );
  assert.equal(
    of('exec container process `/x`: No such file or directory', '/x'),
    '127 exec /x: no such file or directory',
  );
});

test("runtimeFailure() reads runc's words", () => {
  const prefix = 'runc run failed: unable to start container process: ';
  assert.equal(
    of(`${prefix}exec: "/nope": stat /nope: no such file or directory`, '/nope'),
    '127 exec: "/nope": stat /nope: no such file or directory',
  );
  assert.equal(
    of(`${prefix}exec: "nope": executable file not found in $PATH`, 'nope'),
    '127 exec: "nope": executable file not found in $PATH',
  );
  assert.equal(
    of(`${prefix}exec: "/dev": permission denied`, '/dev'),
    '126 exec: "/dev": permission denied',
  );
});

test('runtimeFailure() keeps what it does not know, as a failure of the runtime', () => {
  assert.equal(
    of('mount `proc` to `proc`: Operation not permitted', 'sh'),
    '125 mount `proc` to `proc`: Operation not permitted',
  );
  assert.equal(
    of('chdir to `/gone`: No such file or directory', 'sh'),
    '125 chdir to `/gone`: No such file or directory',
  );
});

test('errorIn() takes the last error and leaves warnings out', () => {
  const log = [
    { level: 'error', msg: 'first' },
    { level: 'error', msg: 'second' },
    { level: 'warning', msg: 'third' },
  ].map((line) => JSON.stringify(line));
  assert.equal(errorIn(log.join('\n')), 'second');
  assert.equal(errorIn('plain words\n'), 'plain words');
  assert.equal(errorIn(''), undefined);
});
