import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { textDifference } from './text-difference.ts';

const hasPatch = spawnSync('patch', ['--version']).status === 0;
const names = { before: 'a', after: 'b' };

test('textDifference() says of what is no text that it differs', () => {
  assert.equal(
    textDifference(Buffer.from('a\0'), Buffer.from('b'), names),
    'Binary files a and b differ\n',
  );
  assert.equal(textDifference(Buffer.from('a\0'), Buffer.from('a\0'), names), '');
});

test('textDifference() joins changes that lie close together', () => {
  const lines = Array.from({ length: 30 }, (_, at) => `${at}\n`);
  const changed = lines.map((line, at) => ([4, 8, 25].includes(at) ? 'new\n' : line));
  const text = textDifference(Buffer.from(lines.join('')), Buffer.from(changed.join('')), names);
  assert.deepEqual(text.match(/^@@.*@@$/gm), ['@@ -2,11 +2,11 @@', '@@ -23,7 +23,7 @@']);
});

test(
  'textDifference() makes of one text the other in the hands of patch',
  { skip: !hasPatch && 'no patch program' },
  () => {
    const directory = mkdtempSync(`${tmpdir()}/stave-patch-`);
    const line = fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n', '\n');
    const text = fc
      .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('', 'end'))
      .map(([lines, end]) => lines.join('') + end);
    try {
      fc.assert(
        fc.property(text, text, (before, after) => {
          fc.pre(before !== '' && after !== '');
          writeFileSync(`${directory}/file`, before);
          const difference = textDifference(Buffer.from(before), Buffer.from(after), names);
          if (before === after) {
            assert.equal(difference, '');
            return;
          }
          const done = spawnSync('patch', ['-s', '-F0', '-o', '-', 'file'], {
            cwd: directory,
            input: difference,
            encoding: 'utf8',
          });
          assert.equal(done.stdout, after, done.stderr);
        }),
        { numRuns: 60 },
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
