import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { dumpAst } from './dump.ts';
import { DockerfileError } from './errors.ts';
import { parseDockerfile } from './parse.ts';

const unit = fc.constantFrom('a', 'b', '1', '=', '/', '.', '-', '$', ':', '{', '}', ',', 'é');
const plain = fc.string({ unit, minLength: 1, maxLength: 8 }).map((text) => `x${text}`);
const token = fc.oneof(
  plain,
  plain.map((text) => `"${text} ${text}"`),
  plain.map((text) => `'${text}  y'`),
);
const instruction = fc.oneof(
  fc.tuple(
    fc.constantFrom('RUN', 'CMD', 'ENTRYPOINT', 'USER', 'run'),
    fc.array(token, { minLength: 1, maxLength: 4 }),
  ),
  fc.tuple(
    fc.constantFrom('COPY', 'ADD', 'EXPOSE', 'VOLUME'),
    fc.array(plain, { minLength: 2, maxLength: 4 }),
  ),
  fc.tuple(
    fc.constantFrom('ENV', 'LABEL'),
    fc
      .array(fc.tuple(fc.constantFrom('A', 'B'), token), { minLength: 1, maxLength: 3 })
      .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`)),
  ),
  fc.tuple(
    fc.constant('ARG'),
    fc.array(
      plain.map((text) => text.replaceAll('=', '')),
      { minLength: 1, maxLength: 3 },
    ),
  ),
  fc.tuple(
    fc.constant('ONBUILD'),
    fc.array(plain, { minLength: 1, maxLength: 3 }).map((words) => ['RUN', ...words]),
  ),
);
const file = fc.array(instruction, { minLength: 1, maxLength: 5 });

/** What may stand where an instruction is continued. */
const gap = fc.record({
  blanks: fc.constantFrom('', ' ', '\t '),
  between: fc.array(fc.constantFrom('# a comment', '  # \\', '\t#', '# RUN x \\'), {
    maxLength: 2,
  }),
});

test('dumpAst() is the same wherever an instruction is continued, commented and ended', () => {
  fc.assert(
    fc.property(
      file,
      fc.constantFrom('\\', '`'),
      fc.constantFrom('\n', '\r\n'),
      fc.infiniteStream(fc.tuple(fc.nat({ max: 3 }), gap)),
      (lines, escape, end, stream) => {
        const directive = escape === '`' ? `# escape=\`${end}` : '';
        const simple = lines.map(([keyword, words]) => [keyword, ...words].join(' '));
        const wrapped = lines.map(([keyword, words]) =>
          [keyword, ...words].reduce((before, word) => {
            const next = stream.next();
            if (next.done) return before;
            const [chance, { blanks, between }] = next.value;
            if (chance === 0) return `${before} ${word}`;
            // Cut in two, where there is something to cut: an empty line would not end it.
            const cut = chance === 1 && word.length > 1 ? 1 : 0;
            const comments = between.map((comment) => comment + end).join('');
            return `${before} ${word.slice(0, cut)}${escape}${blanks}${end}${comments}${word.slice(cut)}`;
          }),
        );
        const wanted = dumpAst(directive + simple.join(end) + end);
        assert.equal(dumpAst(directive + wrapped.join(end) + end), wanted);
        assert.equal(dumpAst(directive + wrapped.join(`${end}${end}# c${end}  `)), wanted);
      },
    ),
    { numRuns: 200 },
  );
});

test('the source and the text of an instruction are read again as the same instruction', () => {
  fc.assert(
    fc.property(file, (lines) => {
      const text = `FROM a\n${lines.map(([keyword, words]) => `${keyword} ${words.join(' \\\n')}`).join('\n')}\n`;
      let parsed;
      try {
        parsed = parseDockerfile(text);
      } catch (error) {
        assert.ok(error instanceof DockerfileError, String(error));
        return;
      }
      for (const one of parsed.stages[0]?.body ?? []) {
        const wanted = dumpAst(one.source);
        assert.equal(dumpAst(one.original), wanted);
        assert.equal(dumpAst(one.line), wanted);
      }
    }),
    { numRuns: 200 },
  );
});

const top = fc.constantFrom(
  '# escape=`',
  '#escape = \\',
  '# ESCAPE=`',
  '# escape=x',
  '# syntax=docker/dockerfile:1',
  '# check=skip=all',
  '# other=x',
  '# a comment',
  '',
  '  # escape=`',
  '# escape=',
);

/** The rule in few words: known names, each once, up to the first line that is something else. */
function directivesOf(lines: readonly string[]): string | Error {
  let escape = '\\';
  const seen = new Set<string>();
  for (const line of lines) {
    const [, name = '', value = ''] =
      /^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line) ?? [];
    const known = name.toLowerCase();
    if (!['escape', 'syntax', 'check'].includes(known)) return escape;
    if (seen.has(known)) return new Error('twice');
    seen.add(known);
    if (known !== 'escape') continue;
    if (value !== '`' && value !== '\\') return new Error('no such character');
    escape = value;
  }
  return escape;
}

test('directives count up to the first line that is none, each once', () => {
  fc.assert(
    fc.property(fc.array(top, { maxLength: 5 }), (lines) => {
      const text = [...lines, 'FROM a', '# escape=`', ''].join('\n');
      const wanted = directivesOf([...lines, 'FROM a']);
      if (typeof wanted === 'string') assert.equal(parseDockerfile(text).escape, wanted);
      else assert.throws(() => parseDockerfile(text), DockerfileError);
    }),
    { numRuns: 200 },
  );
});
