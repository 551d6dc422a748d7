import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseDockerfile } from '../../dockerfile/parse.ts';
import { comment, isPlainScript, isText, quotedValue, runLines } from './dockerfile-text.ts';

/** Pieces with which a text may try to leave the place that it was given. */
const piece = fc.oneof(
  fc.constantFrom(
    'EOF',
    'EOF2',
    '\n',
    '\\',
    '\\\n',
    "'",
    '"',
    '<<',
    '<<EOF',
    '#',
    '`',
    '$',
    '${X}',
  ),
  fc.constantFrom(
    '\nFROM evil\n',
    '\nRUN evil',
    '# syntax=evil',
    '--mount=type=bind',
    '[',
    '\r',
    '\t',
  ),
  fc.constantFrom('&', '&&', '||', ';', ' ', 'echo', 'a=b', '\u2028', '\u0000', '\ud800', 'ä'),
  fc.string({ maxLength: 5 }),
);
const hostile = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

test('runLines() makes one RUN with just that text, whatever the text', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      fc.pre(isText(text) && text.trim() !== '' && !text.includes('\r'));
      const file = `${comment(text)}\nFROM scratch\n${runLines({ lines: [text] })}\nCMD ["end"]\n`;
      const [stage] = parseDockerfile(file).stages;
      const [run, end, ...more] = stage?.body ?? [];
      assert.equal(more.length, 0);
      assert.equal(end?.kind, 'CMD');
      assert.ok(run?.kind === 'RUN');
      assert.equal(run.mounts.length, 0);
      const { program } = run;
      if (program.form === 'file') assert.equal(program.content.trimEnd(), text.trimEnd());
      else {
        assert.ok(program.form === 'shell');
        assert.equal(program.text.trimEnd(), text.trimEnd());
      }
    }),
    { numRuns: 200 },
  );
});

test('quotedValue() gives a variable that value, whatever it is', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const value = quotedValue(text);
      fc.pre(value !== undefined);
      const [stage] = parseDockerfile(`FROM scratch\nENV A=${value}\nCMD ["end"]\n`).stages;
      assert.deepEqual(
        stage?.body.map(({ kind }) => kind),
        ['ENV', 'CMD'],
      );
    }),
    { numRuns: 200 },
  );
});

test('isPlainScript() refuses what a Dockerfile or another shell reads in its own way', () => {
  for (const text of [
    '--mount=type=bind x',
    'cat <<EOF',
    '["a"]',
    'a \\',
    'x # y',
    'echo -e a',
    'a &> b',
  ]) {
    assert.equal(isPlainScript(text), false, text);
  }
  assert.equal(isPlainScript('echo "$A" > /b && ls *.c'), true);
});
