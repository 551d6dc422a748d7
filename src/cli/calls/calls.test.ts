import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fakeEngine } from '../testing/fake-engine.ts';
import { runCli, type CliResult } from '../testing/run-cli.ts';

/** A folder with files, and a way to call stave there. */
function folder(
  t: TestContext,
  files: Readonly<Record<string, string>>,
): (...argv: string[]) => Promise<CliResult> {
  const cwd = mkdtempSync(join(tmpdir(), 'calls-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return (...argv) => runCli(argv, { engine: fakeEngine().engine, cwd });
}

test('build --check shows findings with their lines and exits with 1', async (t) => {
  const stave = folder(t, { Dockerfile: 'FROM scratch\nARG PASSWORD\nVOLUME $X\nCOPY a b\n' });
  assert.deepEqual(await stave('build', '--check', '.'), {
    stdout: `Check complete, 2 warnings have been found!

WARNING: SecretsUsedInArgOrEnv - https://docs.docker.com/go/dockerfile/rule/secrets-used-in-arg-or-env/
Do not use ARG or ENV instructions for sensitive data (ARG "PASSWORD")
Dockerfile:2
--------------------
   1 |     FROM scratch
   2 | >>> ARG PASSWORD
   3 |     VOLUME $X
   4 |     COPY a b
--------------------

WARNING: UndefinedVar - https://docs.docker.com/go/dockerfile/rule/undefined-var/
Usage of undefined variable '$X'
Dockerfile:3
--------------------
   1 |     FROM scratch
   2 |     ARG PASSWORD
   3 | >>> VOLUME $X
   4 |     COPY a b
   5 |${' '.repeat(5)}
--------------------
`,
    stderr: `Dockerfile:3
--------------------
   1 |     FROM scratch
   2 |     ARG PASSWORD
   3 | >>> VOLUME $X
   4 |     COPY a b
   5 |${' '.repeat(5)}
--------------------
Error: failed to build: failed to solve: VOLUME specified can not be an empty string
`,
    code: 1,
  });
});

test('build --check of a clean Dockerfile says so', async (t) => {
  const stave = folder(t, { Dockerfile: 'FROM scratch\nCOPY a b\n' });
  assert.deepEqual(await stave('build', '--check', '.'), {
    stdout: 'Check complete, no warnings found.\n',
    stderr: '',
    code: 0,
  });
});

test('build --check does without base images, and says what it took for granted', async (t) => {
  const stave = folder(t, { Dockerfile: 'FROM nowhere\nENV PATH=$PYTHON_HOME/bin:$PATH\n' });
  const { stdout, stderr, code } = await stave('build', '--check', '.');
  assert.deepEqual({ stdout, code }, { stdout: 'Check complete, no warnings found.\n', code: 0 });
  assert.match(stderr, /^Notice: not in the store, .*: nowhere\n$/);
});

test('build --check looks at all stages, and only at what a target needs', async (t) => {
  const stave = folder(t, {
    Dockerfile: 'FROM scratch AS a\nENV k v\nFROM scratch AS b\nMAINTAINER me\n',
  });
  const rules = ({ stdout }: CliResult): string[] =>
    [...stdout.matchAll(/^WARNING: (\w+)/gm)].map(([, rule = '']) => rule);
  assert.deepEqual(rules(await stave('build', '--check', '.')), [
    'LegacyKeyValueFormat',
    'MaintainerDeprecated',
  ]);
  assert.deepEqual(rules(await stave('build', '--call=lint', '--target=b', '.')), [
    'MaintainerDeprecated',
  ]);
});

test('build --check knows what the ignore file keeps out', async (t) => {
  const stave = folder(t, {
    Dockerfile: 'FROM scratch\nCOPY a ./b/../c /\nADD a /\nADD http://a /\n',
    '.dockerignore': 'a\nc\n',
  });
  const { stdout } = await stave('build', '--check', '.');
  assert.deepEqual(stdout.match(/^Attempting.*$/gm), [
    'Attempting to Copy file "a" that is excluded by .dockerignore',
    'Attempting to Copy file "c" that is excluded by .dockerignore',
    'Attempting to Add file "a" that is excluded by .dockerignore',
  ]);
});

test('build --check names a Dockerfile as somebody who stands here would', async (t) => {
  const stave = folder(t, { D: 'FROM scratch\nENV k v\n' });
  const { stdout } = await stave('build', '--check', '-f', './D', '.');
  assert.match(stdout, /^D:2$/m);
});

test('build --call check,format=json has the members that BuildKit has', async (t) => {
  const text = 'FROM scratch\nENV k v\nFOO\n';
  const stave = folder(t, { Dockerfile: text });
  const { stdout, code } = await stave('build', '--call', 'check,format=json', '.');
  assert.equal(code, 1);
  const place = (line: number) => ({ ranges: [{ start: { line }, end: { line } }] });
  assert.deepEqual(JSON.parse(stdout), {
    warnings: [
      {
        ruleName: 'LegacyKeyValueFormat',
        description: 'Legacy key/value format with whitespace separator should not be used',
        url: 'https://docs.docker.com/go/dockerfile/rule/legacy-key-value-format/',
        detail: '"ENV key=value" should be used instead of legacy "ENV key value" format',
        location: place(2),
      },
    ],
    sources: [
      {
        filename: 'Dockerfile',
        language: 'Dockerfile',
        data: Buffer.from(text).toString('base64'),
      },
    ],
    buildError: {
      message: 'dockerfile parse error on line 3: unknown instruction: FOO (did you mean FROM?)',
      location: place(3),
    },
  });
});

test('build --call check,format=sarif names rules, files and regions', async (t) => {
  const stave = folder(t, { 'a b': '# check=error=true\nFROM scratch\nENV k v\nFOO\n' });
  const { stdout, code } = await stave('build', '--call=check,format=sarif', '-f', 'a b', '.');
  assert.equal(code, 1);
  const { version, runs } = JSON.parse(stdout) as {
    version: string;
    runs: {
      tool: { driver: { name: string; version: string; rules: { id: string }[] } };
      results: {
        ruleId: string;
        ruleIndex: number;
        level: string;
        locations: {
          physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } };
        }[];
      }[];
    }[];
  };
  assert.equal(version, '2.1.0');
  const [run] = runs;
  assert.ok(run);
  assert.deepEqual([run.tool.driver.name, run.tool.driver.version], ['stave', '1.2.3']);
  assert.deepEqual(
    run.results.map(({ ruleId, ruleIndex, locations: [at] }) => [
      ruleId,
      run.tool.driver.rules[ruleIndex]?.id,
      at?.physicalLocation.artifactLocation.uri,
      at?.physicalLocation.region.startLine,
    ]),
    [
      ['LegacyKeyValueFormat', 'LegacyKeyValueFormat', 'a%20b', 3],
      ['BuildError', 'BuildError', 'a%20b', 4],
    ],
  );
});

test('build --call with ignorestatus leaves the exit code alone', async (t) => {
  const stave = folder(t, { Dockerfile: 'FROM scratch\nENV k v\n' });
  const { code } = await stave('build', '--call=check,ignorestatus=true', '.');
  assert.equal(code, 0);
});

const STAGES = `ARG BASE=scratch
# V is of the file
ARG V=1
# build compiles
FROM $BASE AS build
ARG V
# W is of the stage
ARG W=$V.2
FROM --platform=linux/amd64 build
`;

test('build --call targets lists the stages', async (t) => {
  const stave = folder(t, { Dockerfile: STAGES });
  const { stdout } = await stave('build', '--call=targets', '.');
  assert.equal(stdout, 'TARGET    DESCRIPTION\nbuild     compiles\n(default) \n');
  const { stdout: json } = await stave('build', '--call=targets,format=json', '.');
  const { targets } = JSON.parse(json) as { targets: unknown };
  const place = (line: number) => ({ ranges: [{ start: { line }, end: { line } }] });
  assert.deepEqual(targets, [
    { name: 'build', description: 'compiles', base: '$BASE', location: place(5) },
    { default: true, base: 'build', platform: 'linux/amd64', location: place(9) },
  ]);
});

test('build --call outline lists what the target takes', async (t) => {
  const stave = folder(t, { Dockerfile: STAGES });
  const { stdout } = await stave('build', '--call=outline', '--target=build', '.');
  assert.equal(
    stdout,
    `TARGET:      build
DESCRIPTION: compiles

BUILD ARG   VALUE     DESCRIPTION
BASE        scratch${'   '}
V           1         is of the file
W           1.2       is of the stage

`,
  );
  const { stdout: json } = await stave(
    'build',
    '--call=outline,format=json',
    '--build-arg=V=7',
    '.',
  );
  const { args } = JSON.parse(json) as { args: { name: string; value: string }[] };
  assert.deepEqual(
    args.map(({ name, value }) => [name, value]),
    [
      ['BASE', 'scratch'],
      ['V', '7'],
      ['W', '7.2'],
    ],
  );
});

for (const [value, message] of [
  ['foo', 'unknown method "foo"'],
  ['check,format=xml', 'unknown format "xml"'],
  ['check,x=y', 'unknown option "x"'],
  ['targets,format=sarif', 'targets has no SARIF form'],
] as const) {
  test(`build --call ${value} is refused`, async () => {
    const { stderr, code } = await runCli(['build', '--call', value, '.']);
    assert.match(stderr, new RegExp(`^Error: invalid argument for "--call": ${message}\n`));
    assert.equal(code, 125);
  });
}

test('build --check says which findings are errors where the Dockerfile makes them errors', async (t) => {
  const stave = folder(t, { Dockerfile: '# check=error=true\nFROM scratch\nCMD a\n' });
  const { code, stderr } = await stave('build', '--check', '.');
  assert.equal(code, 1);
  assert.match(stderr, /lint violation found for rules: JSONArgsRecommended/);
});
