import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dumpAst } from './dump.ts';
import { DockerfileError } from './errors.ts';

const GOLDEN = 'test/golden/dockerfile';

for (const name of readdirSync(GOLDEN)) {
  test(`dumpAst() of test/golden/dockerfile/${name} is as recorded`, () => {
    const text = readFileSync(`${GOLDEN}/${name}/Dockerfile`);
    assert.equal(`${dumpAst(text)}\n`, readFileSync(`${GOLDEN}/${name}/result`, 'utf8'));
  });
}

test('dumpAst() takes any keyword', () => {
  assert.equal(dumpAst('HELLO there\nfoo\n'), '(hello "")\n(foo "")');
});

for (const [text, message] of [
  ['', 'the Dockerfile cannot be empty'],
  ['# only\n\n# comments\n', 'file with no instructions'],
  ['\ufeff\n', 'file with no instructions'],
  ['ENV PATH\n', 'ENV must have two arguments'],
  ['LABEL a=b c\n', 'Syntax error - can\'t find = in "c". Must be of the form: name=value'],
  ['CMD ["a", ["b"]]\n', 'when using JSON array syntax, arrays must be comprised of strings only'],
  ['RUN <<EOF\nbody\n', 'unterminated heredoc'],
  ['# escape=x\nFROM a\n', "invalid escape token 'x' does not match ` or \\"],
  ['# escape=`\n# ESCAPE=`\nFROM a\n', 'only one escape parser directive can be used'],
] as const) {
  test(`dumpAst() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => dumpAst(text), { name: 'DockerfileError', message });
  });
}

test('dumpAst() takes lines of 65535 bytes and none longer', () => {
  const longest = `RUN ${'a'.repeat(65_531)}`;
  assert.equal(dumpAst(`${longest}\nRUN b`).split('\n').length, 2);
  assert.throws(
    () => dumpAst(`FROM a\n${longest}a\n`),
    (error) => {
      assert.ok(error instanceof DockerfileError);
      assert.equal(error.message, 'dockerfile line greater than max allowed size of 65535');
      assert.equal(error.span?.start.line, 2);
      return true;
    },
  );
  assert.throws(() => dumpAst(`RUN ${'é'.repeat(32_766)}`), /greater than max/);
});

test('dumpAst() refuses files of more than a mebibyte', () => {
  assert.throws(() => dumpAst(Buffer.alloc(1024 * 1024 + 1, 'a\n')), /larger than 1048576 bytes/);
});
