import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureHint, type FailedRun } from './failure-hints.ts';

const PROGRAMS = new Set(['sh', 'ls', 'cat', 'wget', 'adduser', 'addgroup', 'apk', 'python3']);

function hint(script: string, output: string, more: Partial<FailedRun> = {}): string | undefined {
  return failureHint({
    argv: ['/bin/sh', '-c', script],
    script,
    end: { code: 1 },
    output,
    network: 'default',
    user: '',
    programs: () => PROGRAMS,
    ...more,
  });
}
const NOT_FOUND = { end: { code: 127 } } as const;

test('failureHint() names the sub-command that was meant', () => {
  const table: readonly (readonly [string, string])[] = [
    ['apt-get udpate', "Did you mean 'apt-get update'?"],
    ['apt-get update && apt-get instal -y vim', "Did you mean 'apt-get install'?"],
    ['set -e; DEBIAN_FRONTEND=x apt-get -qq upgarde', "Did you mean 'apt-get upgrade'?"],
    ['/sbin/apk ad --no-cache vim', "Did you mean 'apk add'?"],
    ['npm isntall', "Did you mean 'npm install'?"],
    ['git clnoe x', "Did you mean 'git clone'?"],
  ];
  for (const [script, wanted] of table) assert.equal(hint(script, ''), wanted, script);
  const exec = { argv: ['apt-get', 'udpate'], script: undefined as unknown as string };
  assert.equal(hint('', '', exec), "Did you mean 'apt-get update'?");
});

test('failureHint() says nothing of sub-commands that exist or that nobody can know', () => {
  for (const script of ['apt-get update', 'git my-own-plugin', 'foo udpate', 'apt-get $what']) {
    assert.equal(hint(script, 'error'), undefined, script);
  }
});

test('failureHint() names the program that was meant, as each shell complains', () => {
  for (const output of [
    '/bin/sh: 1: pyhton3: not found\n',
    '/bin/sh: pyhton3: not found\n',
    '/bin/bash: line 1: pyhton3: command not found\n',
    'bash: pyhton3: command not found\n',
    "env: can't execute 'pyhton3': No such file or directory\n",
    '/usr/bin/env: ‘pyhton3’: No such file or directory\n',
    'exec: "pyhton3": executable file not found in $PATH',
  ]) {
    assert.equal(
      hint('pyhton3 x', output, NOT_FOUND),
      "Did you mean 'python3'? The image has no 'pyhton3'.",
      output,
    );
  }
});

test('failureHint() says how a missing program comes into the image', () => {
  const missing = (name: string, programs = PROGRAMS): string | undefined =>
    hint(name, `/bin/sh: ${name}: not found\n`, { ...NOT_FOUND, programs: () => programs });
  assert.equal(
    missing('bash'),
    "The image has no program 'bash'; if a package of that name has it: 'apk add --no-cache bash'.",
  );
  assert.equal(
    missing('apt-get'),
    "The image has no apt-get; its packages come with 'apk add --no-cache NAME'.",
  );
  assert.equal(missing('useradd'), 'The image has adduser instead of useradd.');
  assert.equal(missing('sudo'), 'RUN is root unless USER says otherwise: leave sudo out.');
  assert.equal(missing('nothing', new Set()), "The image has no program 'nothing' in its PATH.");
  assert.match(
    missing('source') ?? '',
    /^source is a word of bash, .*\/bin\/sh.*write '\.' instead\.$/,
  );
  assert.match(missing('./run.sh') ?? '', /^\.\/run\.sh is not in the image, or/);
});

test('failureHint() asks for programs only when it needs them', () => {
  const programs = (): never => {
    throw new Error('asked');
  };
  assert.equal(hint('apt-get udpate', '', { programs }), "Did you mean 'apt-get update'?");
  assert.equal(hint('false', '', { programs }), undefined);
});

test('failureHint() knows what package managers complain of', () => {
  const lists = /^The lists of packages are not in the image/;
  const located = 'Reading package lists...\nE: Unable to locate package vim\n';
  assert.match(hint('apt-get install -y vim', located, { end: { code: 100 } }) ?? '', lists);
  assert.match(
    hint('apt-get update && apt-get install -y vmi', located) ?? '',
    /^No source of packages has vim/,
  );
  assert.equal(
    hint('apt-get install vim', 'Do you want to continue? [Y/n] Abort.\n'),
    "Nobody is there to answer: 'apt-get install -y'.",
  );
  const none = 'ERROR: unable to select packages:\n  vmi (no such package):\n';
  assert.match(hint('apk add vim', none) ?? '', /apk add --no-cache/);
  assert.match(hint('apk add --no-cache vmi', none) ?? '', /^No repository has it/);
});

test('failureHint() knows what it is like without a network', () => {
  for (const output of [
    "W: Failed to fetch http://deb/ Temporary failure resolving 'deb'\n",
    'curl: (6) Could not resolve host: x\n',
    "wget: bad address 'x'\n",
    'npm error code EAI_AGAIN\n',
  ]) {
    assert.match(hint('x', output, { network: 'none' }) ?? '', /--network=none/, output);
    assert.match(hint('x', output) ?? '', /resolv\.conf/, output);
  }
});

test('failureHint() knows programs for other machines, and scripts of other systems', () => {
  const output = '/bin/sh: ./x: Exec format error\n';
  assert.match(
    hint('./x', output, { foreign: 'linux/arm64' }) ?? '',
    /^The image is for linux\/arm64/,
  );
  assert.match(hint('./x', output) ?? '', /another machine/);
  const windows = '/bin/sh: 1: ls\r: not found\n';
  assert.match(hint('ls', windows, NOT_FOUND) ?? '', /Windows line ends/);
});

test('failureHint() knows permissions, lost directories and lost memory', () => {
  assert.equal(
    hint('./x.sh', '/bin/sh: 1: ./x.sh: Permission denied\n', { end: { code: 126 } }),
    "./x.sh is not executable: 'RUN chmod +x ./x.sh', or copy it with COPY --chmod=755.",
  );
  assert.match(
    hint('apk add x', 'ERROR: Unable to lock database: Permission denied\n', { user: 'me' }) ?? '',
    /^The step ran as me/,
  );
  assert.match(hint('cd b && ls', "/bin/sh: cd: can't cd to b: No such file\n") ?? '', /WORKDIR/);
  assert.match(hint('touch /m/x', 'touch: /m/x: Read-only file system\n') ?? '', /rw/);
  assert.match(hint('x', '', { end: { code: 137 } }) ?? '', /memory/);
  assert.match(hint('x', '', { end: { signal: 'SIGKILL' } }) ?? '', /memory/);
});

test('failureHint() is done with any output soon', () => {
  const programs = (): ReadonlySet<string> =>
    new Set(Array.from({ length: 20_000 }, (_, index) => `program-${index}`));
  for (const part of ['x', ': ', 'sh: ', '\n', "'", 'E: ', 'a: 1: b: ', '\r']) {
    const text = part.repeat(Math.floor(16_384 / part.length));
    hint(text, text, { ...NOT_FOUND, programs });
    hint(text, `${text}/bin/sh: ${'y'.repeat(4000)}: not found\n`, { ...NOT_FOUND, programs });
  }
});
