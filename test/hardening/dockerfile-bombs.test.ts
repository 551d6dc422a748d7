import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** What each of the texts in dockerfile-bombs.ts comes to: `ok`, or a part of what is said against it. */
const OUTCOMES: Readonly<Record<string, string>> = {
  'forty ARGs that double': 'the value is longer than 1048576 characters',
  'forty ENVs that double': 'the value is longer than 1048576 characters',
  'forty global ARGs that double': 'the value is longer than 1048576 characters',
  'a megabyte of values, many times': 'expand to more than 16777216 characters',
  'a line of ten megabytes': 'Dockerfile is larger than 1048576 bytes',
  'a line of a megabyte': 'greater than max allowed size of 65535',
  'a megabyte on continued lines': 'ok',
  'a megabyte of comments in an instruction': 'ok',
  'five thousand heredocs': 'ok',
  'five thousand heredocs of one instruction': 'ok',
  'five thousand heredocs that do not end': 'unterminated heredoc',
  'a hundred thousand instructions': 'has more than 20000 instructions',
  'a hundred thousand variables': 'has more than 20000 instructions',
  'tens of thousands of labels': 'has more than 20000 instructions',
  'tens of thousands of undefined variables': 'has more than 20000 instructions',
  'tens of thousands of ARGs, each in every RUN': 'has more than 20000 instructions',
  'all ports, ten thousand times': 'the Dockerfile means too much',
  'all ports, by ten thousand words': 'the Dockerfile means too much',
  'five thousand stages, each on the one before': 'the Dockerfile means too much',
  'tens of thousands of stages, each on the one before': 'has more than 20000 instructions',
  'tens of thousands of stages, each with a file of the one before':
    'has more than 20000 instructions',
  'tens of thousands of stages with one name': 'has more than 20000 instructions',
  'stages that need each other': 'it needs to be defined before current stage',
  'a stage that needs itself': 'circular dependency detected on stage: a',
  'a stage on itself': 'a: not found',
  'a mount of a stage that comes later': 'stage needs to be defined before current command',
  'ten thousand nested defaults': 'substitutions are nested more than 200 deep',
  'nested defaults over many lines': 'substitutions are nested more than 200 deep',
  'two hundred nested defaults': 'ok',
  'patterns with many stars': 'ok',
  'patterns, many times': 'expand to more than 16777216 characters',
  'replacements that grow': 'the value is longer than 1048576 characters',
  'a name of a megabyte of quotes': 'ok',
  'a word of dollars': 'ok',
  'NUL bytes': 'unknown instruction',
  'bytes that are not UTF-8': 'the instruction is not valid UTF-8',
  'a keyword that is not UTF-8': 'the instruction is not valid UTF-8',
  'a name of a stage that is not UTF-8': 'the instruction is not valid UTF-8',
  'a heredoc that is not UTF-8': 'the instruction is not valid UTF-8',
  'UTF-16': 'the instruction is not valid UTF-8',
  'a signal beyond all numbers': 'invalid signal: 99999999999999999999',
  'a range of ports that runs backwards': 'invalid containerPort: 99999999-1',
  'a stage whose name climbs': 'invalid name for build stage',
  'a probe every nanosecond': 'cannot be less than 1ms',
  'a probe that outlives the sun': 'time: invalid duration',
  'a frontend of somebody': 'is not supported',
  'triggers in triggers': "isn't allowed",
  'a trigger that is a base': "isn't allowed",
  'mounts without end': 'ok',
  'a mount with fields without end': 'ok',
  'checks of each line': 'has more than 20000 instructions',
  'findings without end': 'has more than 20000 instructions',
  'flags without end': 'ok',
  'a base of many words': 'a/a/a/',
};

test('hostile Dockerfiles are answered within 192 MB of heap', async (t) => {
  const child = spawnSync(
    process.execPath,
    ['--max-old-space-size=192', new URL('dockerfile-bombs.ts', import.meta.url).pathname],
    { encoding: 'utf8', timeout: 300_000, killSignal: 'SIGKILL' },
  );
  assert.equal(child.status, 0, child.stderr.slice(-2000));
  const said = new Map(
    child.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { readonly name: string; readonly said: string })
      .map((line) => [line.name, line.said]),
  );
  assert.deepEqual([...said.keys()].toSorted(), Object.keys(OUTCOMES).toSorted());
  for (const [name, wanted] of Object.entries(OUTCOMES)) {
    await t.test(name, () => {
      const answer = said.get(name) ?? '';
      assert.ok(wanted === 'ok' ? answer === 'ok' : answer.includes(wanted), answer);
      assert.doesNotMatch(answer, /\n/);
    });
  }
});
