import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instruction, Span } from './ast.ts';
import { DockerfileError } from './errors.ts';
import { parseDockerfile } from './parse.ts';
import { parseInstruction } from './parse-instruction.ts';

/** The text that a span covers, when it lies on one line. */
function shown(text: string, span: Span): string | undefined {
  assert.equal(span.start.line, span.end.line);
  return text.split('\n')[span.start.line - 1]?.slice(span.start.column - 1, span.end.column - 1);
}

/** The only instruction below a FROM. */
function one<Kind extends Instruction['kind']>(
  text: string,
  kind: Kind,
): Extract<Instruction, { kind: Kind }> {
  const instruction = parseDockerfile(`FROM a\n${text}`).stages[0]?.body[0];
  assert.equal(instruction?.kind, kind);
  return instruction as Extract<Instruction, { kind: Kind }>;
}

function failure(text: string): DockerfileError {
  try {
    parseDockerfile(text);
  } catch (error) {
    assert.ok(error instanceof DockerfileError);
    return error;
  }
  throw new assert.AssertionError({ message: `accepted: ${text}` });
}

test('parseDockerfile() sorts instructions into globals and stages', () => {
  const file = parseDockerfile('ARG V=1\nFROM a:$V AS One\nRUN x\nfrom one\nARG V\nCMD ["y"]\n');
  assert.deepEqual(
    file.globals.map((arg) => arg.args.map(({ name, value }) => [name, value?.raw])),
    [[['V', '1']]],
  );
  assert.deepEqual(
    file.stages.map(({ index, from, body }) => [
      index,
      from.image.raw,
      from.as,
      from.asWord?.raw,
      body.map(({ kind }) => kind),
    ]),
    [
      [0, 'a:$V', 'one', 'One', ['RUN']],
      [1, 'one', undefined, undefined, ['ARG', 'CMD']],
    ],
  );
});

test('parseDockerfile() reads directives until the first other line', () => {
  const file = parseDockerfile(
    '# Syntax = docker/dockerfile:1\n#escape=`\n\n# check=error=true\nFROM a\n',
  );
  assert.deepEqual(
    file.directives.map(({ name, value }) => [name, value]),
    [
      ['syntax', 'docker/dockerfile:1'],
      ['escape', '`'],
    ],
  );
  assert.equal(file.escape, '`');
  assert.equal(file.checks.error, false);
});

test('parseDockerfile() points at words through continuations and comments', () => {
  const text = 'FROM a\n  COPY --chown=u:g one \\\n# comment\n  two /d/\n';
  const copy = parseDockerfile(text).stages[0]?.body[0];
  assert.ok(copy?.kind === 'COPY');
  const words = [...copy.sources, copy.target, copy.flags.chown];
  assert.deepEqual(
    words.map((word) => word && shown(text, word.span)),
    ['one', 'two', '/d/', '--chown=u:g'],
  );
  assert.deepEqual(copy.span, { start: { line: 2, column: 3 }, end: { line: 4, column: 10 } });
  assert.equal(copy.source, 'COPY --chown=u:g one \\\n# comment\n  two /d/');
  assert.equal(copy.line, 'COPY --chown=u:g one   two /d/');
});

test('parseDockerfile() points at names and values of ENV', () => {
  const text = 'FROM a\nENV one="1 2" two=\\\n3\n';
  const env = parseDockerfile(text).stages[0]?.body[0];
  assert.ok(env?.kind === 'ENV');
  assert.deepEqual(
    env.pairs.map(({ name, value, legacy }) => [
      shown(text, name.span),
      shown(text, value.span),
      value.raw,
      legacy,
    ]),
    [
      ['one', '"1 2"', '"1 2"', false],
      ['two', '3', '3', false],
    ],
  );
});

test('parseDockerfile() gives comments directly above, and descriptions', () => {
  const file = parseDockerfile(
    '# base the first\n# other\nFROM a AS base\n# V which version\nARG V\n# lost\n#\n# kept\nRUN x\n',
  );
  const [stage] = file.stages;
  assert.equal(stage?.from.description, 'the first');
  const [arg, run] = stage?.body ?? [];
  assert.ok(arg?.kind === 'ARG');
  assert.equal(arg.args[0]?.description, 'which version');
  assert.deepEqual(run?.comments, ['kept']);
});

test('parseDockerfile() gives flags of COPY and ADD their types', () => {
  const copy = one(
    'COPY --from=b --chmod=755 --link --parents=FALSE --exclude=*.a --exclude=b x /y\n',
    'COPY',
  );
  const { from, chmod, ...rest } = copy.flags;
  assert.deepEqual([from?.raw, chmod?.raw], ['b', '755']);
  assert.deepEqual(rest, { link: true, parents: false, exclude: ['*.a', 'b'] });
  const add = one('ADD --keep-git-dir --unpack=false --checksum=sha256:0 u /y\n', 'ADD');
  const { checksum, ...others } = add.flags;
  assert.equal(checksum?.raw, 'sha256:0');
  assert.deepEqual(others, { exclude: [], keepGitDir: true, unpack: false });
});

test('parseDockerfile() makes heredocs sources of COPY, by name', () => {
  const copy = one('COPY <<-a.txt x <<"b" /d/\n\tone $V\n\ta.txt\ntwo\nb\n', 'COPY');
  assert.deepEqual(
    copy.sources.map((source) =>
      'body' in source ? [source.name, source.content, source.expand] : source.raw,
    ),
    [['a.txt', 'one $V\n', true], 'x', ['b', 'two\n', false]],
  );
});

test('parseDockerfile() takes a heredoc in a JSON array for a name', () => {
  const copy = one('COPY ["<<x", "/y"]\n', 'COPY');
  assert.deepEqual(
    copy.sources.map((source) => 'raw' in source && source.raw),
    ['<<x'],
  );
});

test('parseDockerfile() says what RUN runs', () => {
  const program = (text: string): unknown => one(text, 'RUN').program;
  assert.deepEqual(program('RUN ["a", "b c"]\n'), { form: 'exec', argv: ['a', 'b c'] });
  assert.deepEqual(program('RUN  echo "$x"\n'), { form: 'shell', text: 'echo "$x"' });
  assert.deepEqual(program('RUN\n'), { form: 'shell', text: '' });
  assert.deepEqual(program('RUN <<-E\n\techo 1\n\t\techo 2\n\tE\n'), {
    form: 'shell',
    text: 'echo 1\necho 2\n',
  });
  assert.deepEqual(program('RUN cat <<-E 3<<"F"\n\t1\nE\n2\nF\n'), {
    form: 'shell',
    text: 'cat <<-E 3<<"F"\n\t1\nE\n2\nF',
  });
  assert.deepEqual(program('RUN <<E\n#!/usr/bin/env python\nx\nE\n'), {
    form: 'file',
    path: '/dev/pipes/E',
    name: 'E',
    content: '#!/usr/bin/env python\nx\n',
  });
});

test('parseDockerfile() reads the flags of RUN', () => {
  const run = one(
    'RUN --mount=type=cache,target=$d --mount=from=b,target=/x --network=none --security=insecure --device=vendor/x=a,required x\n',
    'RUN',
  );
  assert.deepEqual(
    run.mounts.map(({ raw, from }) => [raw, from]),
    [
      ['type=cache,target=$d', undefined],
      ['from=b,target=/x', 'b'],
    ],
  );
  assert.deepEqual(
    [run.network, run.security, run.devices],
    ['none', 'insecure', [{ name: 'vendor/x=a', required: true }]],
  );
});

test('parseDockerfile() reads the other instructions', () => {
  assert.deepEqual(one('CMD a  "b"\n', 'CMD').command.form, 'shell');
  assert.deepEqual(one('ENTRYPOINT []\n', 'ENTRYPOINT').command, { form: 'exec', argv: [] });
  assert.deepEqual(one('SHELL ["/bin/bash", "-c"]\n', 'SHELL').argv, ['/bin/bash', '-c']);
  assert.equal(one('WORKDIR /a b\n', 'WORKDIR').path.raw, '/a b');
  assert.equal(one('USER $u:g\n', 'USER').user.raw, '$u:g');
  assert.equal(one('STOPSIGNAL KILL\n', 'STOPSIGNAL').signal.raw, 'KILL');
  assert.equal(one('MAINTAINER a <b@c>\n', 'MAINTAINER').name, 'a <b@c>');
  assert.deepEqual(
    one('VOLUME ["/a ", "/b c"]\n', 'VOLUME').paths.map(({ raw }) => raw),
    ['/a', '/b c'],
  );
  assert.deepEqual(
    one('EXPOSE 80 443/tcp $p\n', 'EXPOSE').ports.map(({ raw }) => raw),
    ['$p', '443/tcp', '80'],
  );
  assert.deepEqual(
    one('LABEL a b  c\n', 'LABEL').pairs.map(({ name, value }) => [name.raw, value.raw]),
    [['a', 'b  c']],
  );
});

test('parseDockerfile() keeps the text of ONBUILD for the child', () => {
  assert.equal(one('onbuild  RUN a\\\n  b\n', 'ONBUILD').trigger, 'RUN a  b');
  const onbuild = one('ONBUILD COPY <<a /d\n1\na\n', 'ONBUILD');
  assert.equal(onbuild.trigger, 'COPY <<a /d\n1\na');
  const copy = parseInstruction(onbuild.trigger);
  assert.ok(copy.kind === 'COPY' && copy.sources[0] && 'body' in copy.sources[0]);
  assert.equal(copy.sources[0].body, '1\n');
});

test('parseDockerfile() gives a text that parses to the same again', () => {
  const run = one('RUN a \\\n # c\n b <<E\nx\nE\n', 'RUN');
  assert.equal(run.original, 'RUN a  b <<E\nx\nE');
  const again = parseInstruction(run.original);
  assert.deepEqual(again.kind === 'RUN' && again.program, run.program);
});

const REFUSED: readonly (readonly [string, string])[] = [
  ['FOO bar', 'unknown instruction: FOO (did you mean FROM?)'],
  ['coppy a b', 'unknown instruction: coppy (did you mean copy?)'],
  ['WHATEVER', 'unknown instruction: WHATEVER'],
  ['FROM a b', 'FROM requires either one or three arguments'],
  ['FROM a like b', 'FROM requires either one or three arguments'],
  [
    'FROM a AS 1x',
    'invalid name for build stage: "1x", name can\'t start with a number or contain symbols',
  ],
  ['FROM --plaform=x a', 'unknown flag: --plaform (did you mean --platform?)'],
  ['COPY --link=maybe a b', 'expecting boolean value for flag --link, not: maybe'],
  ['COPY --link= a b', 'missing a value on flag: --link'],
  ['COPY --from a b', 'missing a value on flag: --from'],
  ['COPY --from=a --from=b c d', 'duplicate flag specified: --from'],
  ['ADD --from=x a b', 'unknown flag: --from'],
  [
    'COPY a',
    'COPY requires at least two arguments, but only one was provided. Destination could not be determined',
  ],
  ['COPY a <<b\nb', 'COPY cannot accept a heredoc as a destination'],
  ['CMD --help', 'unknown flag: --help'],
  ['ENV --x=1 A=1', 'unknown flag: --x'],
  ['ENV', 'ENV requires at least one argument'],
  ['ENV =a', 'ENV names can not be blank'],
  ['ARG', 'ARG requires at least one argument'],
  ['ARG =a', 'ARG names can not be blank'],
  ['USER', 'USER requires exactly one argument'],
  ['EXPOSE', 'EXPOSE requires at least one argument'],
  ['VOLUME [""]', 'VOLUME specified can not be an empty string'],
  ['SHELL bash -c', 'SHELL requires the arguments to be in JSON form'],
  ['SHELL []', 'SHELL requires at least one argument'],
  ['ONBUILD', 'ONBUILD requires at least one argument'],
  ['ONBUILD FROM a', "FROM isn't allowed as an ONBUILD trigger"],
  ['ONBUILD ONBUILD RUN a', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
  ['RUN --network=zap x', 'invalid network mode "zap"'],
  ['RUN --security=no x', 'security "no" is not valid'],
  [
    'RUN --mount=from=$x,target=/y z',
    "'from' doesn't support variable expansion, define alias stage instead",
  ],
  ['RUN <<../e\n#!/bin/sh\n../e', 'the heredoc "../e" cannot be the name of a file'],
  ['HEALTHCHECK', 'HEALTHCHECK requires at least one argument'],
  ['HEALTHCHECK NONE a', 'HEALTHCHECK NONE takes no arguments'],
  ['HEALTHCHECK CMD', 'Missing command after HEALTHCHECK CMD'],
  ['HEALTHCHECK curl x', 'Unknown type "CURL" in HEALTHCHECK (try CMD)'],
  ['HEALTHCHECK --interval=1us CMD x', 'Interval "interval" cannot be less than 1ms'],
  ['HEALTHCHECK --interval=5 CMD x', 'time: missing unit in duration "5"'],
  ['HEALTHCHECK --retries=-1 CMD x', '--retries cannot be negative (-1)'],
  ['HEALTHCHECK --retries=x CMD x', 'strconv.ParseInt: parsing "x": invalid syntax'],
];

for (const [line, message] of REFUSED) {
  test(`parseDockerfile() refuses ${JSON.stringify(line)}`, () => {
    const error = failure(`FROM a\n${line}\n`);
    assert.equal(error.message, `dockerfile parse error on line 2: ${message}`);
    assert.equal(error.span?.start.line, 2);
  });
}

test('parseDockerfile() refuses instructions before FROM, and files without one', () => {
  assert.equal(failure('RUN a\n').message, 'no build stage in current context');
  assert.equal(failure('ARG a\n').message, 'dockerfile contains no stages to build');
});

test('parseDockerfile() takes odd bytes in comments and nowhere else', () => {
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
  assert.equal(parseDockerfile(bytes('# caf\xe9\nFROM a\n')).stages.length, 1);
  assert.throws(() => parseDockerfile(bytes('FROM a\nRUN caf\xe9\n')), {
    message: 'dockerfile parse error on line 2: the instruction is not valid UTF-8',
  });
});

test('parseDockerfile() tells the findings made before an error', () => {
  const error = failure('FROM a AS B\nNOPE\n');
  assert.deepEqual(
    error.warnings.map(({ ruleName }) => ruleName),
    ['StageNameCasing'],
  );
});

test('parseDockerfile() refuses frontends that are not built in', () => {
  const names = [
    '# syntax=docker/dockerfile:1.7-labs',
    '# syntax = docker.io/docker/dockerfile-upstream:master extra',
    '#!/usr/bin/env x\n# syntax=docker/dockerfile',
  ];
  for (const line of names) assert.equal(parseDockerfile(`${line}\nFROM a\n`).stages.length, 1);
  assert.throws(() => parseDockerfile('# syntax=evil/front:1\nFROM a\n'), {
    message: 'the frontend "evil/front:1" is not supported',
  });
  assert.throws(() => parseDockerfile('// syntax=evil/front\nFROM a\n'), /evil\/front/);
  assert.throws(() => parseDockerfile('{ "syntax": "evil/front" }'), /evil\/front/);
  const options = { syntax: 'dockerfile.v0' };
  assert.equal(parseDockerfile('# syntax=evil/front\nFROM a\n', 'x', options).stages.length, 1);
});

test('parseInstruction() reads one instruction and no more', () => {
  assert.equal(parseInstruction('CMD ["x"]').kind, 'CMD');
  assert.throws(() => parseInstruction('CMD a\nCMD b'), /not a single instruction/);
  assert.throws(() => parseInstruction('COPY a'), { name: 'DockerfileError' });
  assert.throws(() => parseInstruction(''), { name: 'DockerfileError' });
});
