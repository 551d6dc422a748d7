import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpAst } from './dump.ts';
import { DockerfileError } from './errors.ts';
import { parseDockerfile } from './parse.ts';

test('parseDockerfile() reads thousands of heredocs, on one line and on many', () => {
  const count = 5_000;
  const names = Array.from({ length: count }, (_, index) => `H${index}`);
  const openings = names.map((name) => `<<${name}`).join(' ');
  const bodies = names.map((name) => `x\n${name}\n`).join('');
  const [stage] = parseDockerfile(`FROM a\nCOPY ${openings} /d/\n${bodies}`).stages;
  assert.ok(stage?.body[0]?.kind === 'COPY');
  assert.equal(stage.body[0].sources.length, count);
  const many = names.map((name) => `RUN <<${name}\nx\n${name}\n`).join('');
  assert.equal(parseDockerfile(`FROM a\n${many}`).stages[0]?.body.length, count);
});

test('parseDockerfile() reads a mebibyte in one instruction', () => {
  const line = `  ${'word '.repeat(1_000)}\\\n`;
  const text = `FROM a\nRUN ${line.repeat(200)}\n`;
  assert.equal(parseDockerfile(text).stages[0]?.body.length, 1);
  const pairs = `${'k="a b" '.repeat(1_000)}\\\n`;
  assert.equal(parseDockerfile(`FROM a\nENV ${pairs.repeat(100)}\n`).stages[0]?.body.length, 1);
});

test('parseDockerfile() reads twenty thousand instructions, and no more', () => {
  const text = `FROM a\n${'ENV a=b\n'.repeat(9_999)}${'FROM b AS c\n'.repeat(10_000)}`;
  assert.equal(parseDockerfile(text).stages.length, 10_001);
  assert.throws(() => parseDockerfile(`${text}RUN x\n`), {
    name: 'DockerfileError',
    message: 'Dockerfile has more than 20000 instructions',
  });
});

test('parseDockerfile() is done with runs of blanks, quotes and escapes', () => {
  for (const part of [' ', '\\', '"', "'", '$', '${', '<<', '\r', '--', '[', '\\ ', '<<a ']) {
    const text = `FROM a\nRUN ${part.repeat(Math.floor(60_000 / part.length))}x\n`;
    try {
      parseDockerfile(text);
    } catch (error) {
      assert.ok(error instanceof DockerfileError, String(error));
    }
  }
});

test('parseDockerfile() refuses ONBUILD that nests without end', () => {
  const text = `FROM a\n${'ONBUILD \\\n'.repeat(50_000)}RUN x\n`;
  assert.throws(() => parseDockerfile(text), /ONBUILD ONBUILD/);
  assert.throws(() => dumpAst(text), /ONBUILD ONBUILD/);
});

test('parseDockerfile() keeps names such as __proto__ as names', () => {
  const file = parseDockerfile(
    'FROM a AS constructor\nENV __proto__=x\nARG toString\nCOPY <<__proto__ /d\nb\n__proto__\n',
  );
  const [, , copy] = file.stages[0]?.body ?? [];
  assert.ok(copy?.kind === 'COPY' && copy.sources[0] && 'body' in copy.sources[0]);
  assert.equal(copy.sources[0].body, 'b\n');
});

test('parseDockerfile() takes any bytes or says what is wrong', () => {
  const keyword = fc.constantFrom(
    'FROM',
    'RUN',
    'COPY',
    'ENV',
    'ARG',
    'ONBUILD',
    'HEALTHCHECK',
    'LABEL',
  );
  const piece = fc.oneof(
    keyword,
    fc.constantFrom(' ', '\n', '\\\n', '\r\n', '"', "'", '\\', '$', '<<E', '\nE\n', '--', '='),
    fc.constantFrom('[', ']', '"a",', '# c\n', '#escape=`\n', '\ufeff', '\udcff', 'é', '/'),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = `FROM a\n${pieces.join('')}`;
      for (const read of [dumpAst, parseDockerfile]) {
        try {
          read(Buffer.from(text, 'latin1'));
          read(text);
        } catch (error) {
          assert.ok(error instanceof DockerfileError, String(error));
        }
      }
    }),
    { numRuns: 200 },
  );
});
