import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DockerfileError } from './errors.ts';
import { parseDockerfile } from './parse.ts';

function failure(text: string): DockerfileError {
  try {
    parseDockerfile(text);
  } catch (error) {
    if (error instanceof DockerfileError) return error;
    throw error;
  }
  throw new Error(`nothing wrong with ${text}`);
}

const TABLE: readonly (readonly [string, string, string?])[] = [
  [
    'COPY --from-stage1 a b',
    'unknown flag: --from-stage1 (did you mean --from=stage1?)',
    '--from-stage1',
  ],
  ['COPY --fromstage1 a b', 'unknown flag: --fromstage1 (did you mean --from=stage1?)'],
  ['COPY --form=x a b', 'unknown flag: --form (did you mean --from?)', '--form=x'],
  ['COPY --From=x a b', 'unknown flag: --From (did you mean --from?)'],
  ['ADD --chmd=1 a b', 'unknown flag: --chmd (did you mean --chmod?)'],
  ['RUN --mout=type=cache x', 'unknown flag: --mout (did you mean --mount?)'],
  ['CMD --help', 'unknown flag: --help'],
  ['COPY --link=yes a b', 'expecting boolean value for flag --link, not: yes', '--link=yes'],
  ['COPY --chown a b', 'missing a value on flag: --chown', '--chown'],
  ['RUN --network=nnone x', 'invalid network mode "nnone" (did you mean none?)'],
  ['RUN --security=insecur x', 'security "insecur" is not valid (did you mean insecure?)'],
  ['COPPY a b', 'unknown instruction: COPPY (did you mean COPY?)', 'COPPY'],
  ['coppy a b', 'unknown instruction: coppy (did you mean copy?)'],
  ['COPY--from=a b c', 'unknown instruction: COPY--from=a (did you mean COPY --from=a?)'],
  ['CMD["x"]', 'unknown instruction: CMD["x"] (did you mean CMD ["x"]?)'],
  ['ENV a=1 b', 'Syntax error - can\'t find = in "b". Must be of the form: name=value', 'b'],
  ['ENV =1', 'ENV names can not be blank', '=1'],
  ['ARG a =1', 'ARG names can not be blank', '=1'],
  [
    'HEALTHCHECK --interval=5sec CMD x',
    'time: unknown unit "sec" in duration "5sec" (did you mean s?)',
    '--interval=5sec',
  ],
  [
    'HEALTHCHECK --timeout=2mins CMD x',
    'time: unknown unit "mins" in duration "2mins" (did you mean m?)',
  ],
  ['HEALTHCHECK --retries=x CMD x', 'strconv.ParseInt: parsing "x": invalid syntax', '--retries=x'],
  ['HEALTHCHECK CDM x', 'Unknown type "CDM" in HEALTHCHECK (try CMD)', 'CDM'],
  ['COPY a <<E\nE', 'COPY cannot accept a heredoc as a destination', '<<E'],
  ["SHELL ['sh']", 'SHELL requires the arguments to be in JSON form', "['sh']"],
  [
    'FROM b AS 1x',
    'invalid name for build stage: "1x", name can\'t start with a number or contain symbols',
    '1x',
  ],
];

for (const [line, message, point] of TABLE) {
  test(`parseDockerfile() of ${JSON.stringify(line)} says what is wrong and where`, () => {
    const error = failure(`FROM a\n${line}\n`);
    assert.equal(error.message.replace('dockerfile parse error on line 2: ', ''), message);
    if (point === undefined) return;
    const first = line.split('\n')[0] ?? '';
    const carets = `     |     ${' '.repeat(first.indexOf(point))}${'^'.repeat(point.length)}`;
    assert.ok(error.excerpt?.includes(`>>> ${first}\n${carets}\n`), error.excerpt);
  });
}

test('parseDockerfile() points at the line of a continued instruction', () => {
  const error = failure('FROM a\nCOPY \\\n  --chmd=1 \\\n  a b\n');
  assert.ok(
    error.excerpt?.includes('   3 | >>>   --chmd=1 \\\n     |       ^^^^^^^^\n'),
    error.excerpt,
  );
});

test('parseDockerfile() says what an unknown word may be', () => {
  assert.equal(
    failure('FROM a\nRUN apt-get update\n&& apt-get install\n').hint,
    'If it belongs to the line above, that one has to end with the escape character (\\).',
  );
});

test('parseDockerfile() warns of a directive that is none', () => {
  const found = (text: string): string[] =>
    parseDockerfile(text).warnings.map(({ span, detail }) => `${span.start.line} ${detail}`);
  assert.deepEqual(found('# syntax=docker/dockerfile:1\n# escpae=`\nFROM a\n'), [
    "2 '# escpae=' is a comment, not a parser directive (did you mean escape?)",
  ]);
  assert.deepEqual(found('# Sintax = x\n#checks=skip=all\nFROM a\n'), [
    "1 '# Sintax=' is a comment, not a parser directive (did you mean syntax?)",
    "2 '# checks=' is a comment, not a parser directive (did you mean check?)",
  ]);
  assert.deepEqual(found('# a comment\n# escpae=`\nFROM a\n'), []);
  assert.deepEqual(found('# version=1\nFROM a\n'), []);
});

test('parseDockerfile() names the check option that was meant', () => {
  assert.match(failure('# check=skp=all\nFROM a\n').message, /"skp" \(did you mean skip\?\)$/);
});
