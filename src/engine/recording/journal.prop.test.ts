import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { stepsOf } from './commands.ts';
import { parseJournal } from './journal.ts';

const STATUS = 'Umask: 0022\nUid: 0\t0\nGid: 0\t0';

function record(fields: {
  readonly shell?: string;
  readonly number: number;
  readonly history: string;
  readonly continued?: number;
  readonly directory?: string;
}): string {
  const { shell = 'ash', number, history, continued = 0, directory = '/' } = fields;
  const all = ['stave1', shell, '7', number, 0, directory, continued, history, '', '', STATUS];
  return `${all.join('\0')}\0end\0`;
}

function texts(journal: string, changed = false): (string | undefined)[] {
  const steps = stepsOf(parseJournal(Buffer.from(journal)), () => changed);
  return steps.flatMap(({ typed }) => (typed ? [typed.text] : []));
}

test('parseJournal() takes any bytes, and whole records between them', () => {
  const one = record({ number: 1, history: '' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (a, b) => {
      const bytes = Buffer.concat([a, Buffer.from(`\n${one}`), b]);
      const found = parseJournal(bytes);
      assert.ok(found.length >= 1);
      for (const { end } of found) assert.ok(end <= bytes.length);
    }),
    { numRuns: 200 },
  );
});

test('parseJournal() skips a record into which another shell wrote', () => {
  const one = record({ number: 1, history: '' });
  const two = record({ number: 2, history: '   0 ls' });
  assert.equal(parseJournal(Buffer.from(one.slice(0, 30) + two + one.slice(30))).length, 1);
});

test('stepsOf() finds what was typed at ash, also twice in a row', () => {
  const journal = [
    record({ number: 1, history: '' }),
    record({ number: 2, history: '   0 echo a' }),
    record({ number: 3, history: '   0 echo a' }),
    record({
      number: 4,
      history: '   0 echo a\n   1 for i in 1\n   2 do x\n   3 done',
      continued: 2,
    }),
  ].join('');
  assert.deepEqual(texts(journal, true), ['echo a', 'echo a', 'for i in 1\ndo x\ndone']);
  assert.deepEqual(texts(journal, false), ['echo a', 'for i in 1\ndo x\ndone']);
});

test('stepsOf() does not make up lines that the history of ash leaves out', () => {
  const journal = [
    record({ number: 1, history: '' }),
    record({ number: 2, history: '   0 cat <<E\n   1 a\n   2 E', continued: 3 }),
  ].join('');
  assert.deepEqual(texts(journal, true), [undefined]);
});

test('stepsOf() goes on where the beginning of a history is gone', () => {
  const list = (from: number): string =>
    Array.from({ length: 5 }, (_, at) => `   ${at} c${from + at}`).join('\n');
  const journal = record({ number: 8, history: list(1) }) + record({ number: 9, history: list(2) });
  assert.deepEqual(texts(journal), ['c6']);
});
