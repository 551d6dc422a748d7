import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDockerfile } from '../parse.ts';
import { checked, DEFAULT_CHECKS, parseChecks, violation } from './checks.ts';
import { finding, type LintWarning } from './rule.ts';

/** Findings as `line rule: detail`. */
function found(text: string, check?: string): string[] {
  const options = check === undefined ? {} : { check };
  return parseDockerfile(text, 'Dockerfile', options).warnings.map(
    ({ span, ruleName, detail }) => `${span.start.line} ${ruleName}: ${detail}`,
  );
}

const NOWHERE = { span: { start: { line: 1, column: 1 }, end: { line: 1, column: 1 } } };

const TABLE: readonly (readonly [string, readonly string[]])[] = [
  ['FROM a AS Build\n', ["1 StageNameCasing: Stage name 'Build' should be lowercase"]],
  ['FROM a as b\n', ["1 FromAsCasing: 'as' and 'FROM' keywords' casing do not match"]],
  ['from a AS b\n', ["1 FromAsCasing: 'AS' and 'from' keywords' casing do not match"]],
  ['FROM a\nRUN x \\\n\n y\n', ['4 NoEmptyContinuation: Empty continuation line']],
  [
    'FROM a\nrun b\nRUN c\nCopy a b\n',
    [
      "2 ConsistentInstructionCasing: Command 'run' should match the case of the command majority (uppercase)",
      "4 ConsistentInstructionCasing: Command 'Copy' should match the case of the command majority (uppercase)",
    ],
  ],
  [
    'from a\nrun b\nENV c=d\n',
    [
      "3 ConsistentInstructionCasing: Command 'ENV' should match the case of the command majority (lowercase)",
    ],
  ],
  [
    'FROM a AS x\nFROM b AS x\n',
    ['2 DuplicateStageName: Duplicate stage name "x", stage names should be unique'],
  ],
  [
    'FROM a AS scratch\n',
    ['1 ReservedStageName: Stage name should not use the same name as reserved stage "scratch"'],
  ],
  [
    'FROM a AS b\nCMD x\nSHELL ["sh"]\nENTRYPOINT y\nFROM b\nCMD z\nFROM c\nENTRYPOINT ["x"]\n',
    [
      '2 JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals',
    ],
  ],
  [
    'FROM a\nMAINTAINER me\n',
    ['2 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label'],
  ],
  [
    'FROM a AS b\nWORKDIR d\nWORKDIR e\nFROM b\nWORKDIR f\nFROM c\nWORKDIR $g\nFROM c\nWORKDIR "/h"\n',
    [
      '2 WorkdirRelativePath: Relative workdir "d" can have unexpected results if the base image changes',
    ],
  ],
  [
    'FROM a\nCMD ["x"]\nCMD ["y"]\nFROM b\nCMD ["z"]\n',
    [
      '2 MultipleInstructionsDisallowed: Multiple CMD instructions should not be used in the same stage because only the last one will be used',
    ],
  ],
  [
    'FROM a\nENV k v\nLABEL k=v\n',
    [
      '2 LegacyKeyValueFormat: "ENV key=value" should be used instead of legacy "ENV key value" format',
    ],
  ],
  [
    'ARG KEY\nFROM a\nARG api_key=1 KEYBOARD PUBLIC_KEY\nENV "Auth"=x TOKEN_FILE=y\n',
    [
      '3 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "api_key")',
      '4 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "Auth")',
    ],
  ],
  [
    'FROM a\nEXPOSE 80/TCP 127.0.0.1:80:90 $p 70000\n',
    [
      "2 ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '127.0.0.1:80:90'",
      "2 ExposeProtoCasing: Defined protocol '80/TCP' in EXPOSE instruction should be lowercase",
    ],
  ],
  [
    'FROM --platform=${TARGETPLATFORM} a\nFROM --platform=$BUILDPLATFORM b\n',
    [
      '1 RedundantTargetPlatform: Setting platform to predefined ${TARGETPLATFORM} in FROM is redundant as this is the default behavior',
    ],
  ],
  [
    'FROM --platform=linux/arm64 a\nFROM --platform=linux/arm64 a AS x-arm64\nFROM --platform=? a\n',
    [
      '1 FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "linux/arm64"',
    ],
  ],
];

for (const [text, expected] of TABLE) {
  test(`lint() of ${JSON.stringify(text)}`, () => {
    assert.deepEqual(found(text), expected);
  });
}

test('lint() looks at descriptions when asked to', () => {
  const text = '# the base\nFROM a AS base\n# V fine\nARG V\n# other\nARG V W\n';
  assert.deepEqual(found(text), []);
  assert.deepEqual(found(text, 'experimental=all'), [
    '2 InvalidDefinitionDescription: Comment for FROM should follow the format: `# base <description>`',
    '6 InvalidDefinitionDescription: Comment for ARG should follow the format: `# <arg_key> <description>`',
  ]);
});

test('lint() follows the directive, the override and comments of one instruction', () => {
  const body = 'FROM a AS B\nMAINTAINER x\n';
  const rules = (text: string, check?: string): (string | undefined)[] =>
    found(text, check).map((line) => /\w+(?=:)/.exec(line)?.[0]);
  assert.deepEqual(rules(body), ['StageNameCasing', 'MaintainerDeprecated']);
  assert.deepEqual(rules(`# check=skip=StageNameCasing\n${body}`), ['MaintainerDeprecated']);
  assert.deepEqual(rules(`# check=skip=all\n${body}`), []);
  assert.deepEqual(rules(`# check=skip=all\n${body}`, 'skip=MaintainerDeprecated'), [
    'StageNameCasing',
  ]);
  assert.deepEqual(rules('FROM a AS B\n# check=skip=MaintainerDeprecated\nMAINTAINER x\n'), [
    'StageNameCasing',
  ]);
});

test('lint() names the stage that a finding belongs to', () => {
  const { warnings } = parseDockerfile('FROM a AS B\nFROM c\nENV k v\n');
  assert.deepEqual(
    warnings.map(({ ruleName, stage }) => [ruleName, stage]),
    [
      ['StageNameCasing', undefined],
      ['LegacyKeyValueFormat', 1],
    ],
  );
});

test('parseChecks() reads the three options in any order', () => {
  assert.deepEqual(parseChecks('error=true; skip=A, B ;experimental=all'), {
    skip: new Set(['A', 'B']),
    experimental: 'all',
    error: true,
  });
  assert.deepEqual(parseChecks(''), DEFAULT_CHECKS);
});

for (const [text, message] of [
  ['skip', 'failed to parse check options: invalid check option "skip"'],
  ['foo=1', 'failed to parse check options: invalid check option "foo"'],
] as const) {
  test(`parseChecks() refuses ${text}`, () => {
    assert.throws(() => parseChecks(text), { name: 'InstructionValueError', message });
    assert.throws(() => parseDockerfile(`# check=${text}\nFROM a\n`), {
      name: 'DockerfileError',
      message,
    });
  });
}

test('checked() and violation() serve findings of others', () => {
  const warnings: LintWarning[] = [
    finding('UndefinedVar', "Usage of undefined variable '$x'", NOWHERE),
    finding('CopyIgnoredFile', 'y', NOWHERE),
    finding('UndefinedVar', 'z', NOWHERE),
  ];
  const left = checked(warnings, parseChecks('skip=CopyIgnoredFile'));
  assert.equal(left.length, 2);
  assert.equal(
    violation(warnings),
    'lint violation found for rules: UndefinedVar, CopyIgnoredFile',
  );
});

test('finding() makes the address of a rule from its name', () => {
  const url = (rule: LintWarning['ruleName']): string => finding(rule, '', NOWHERE).url;
  assert.equal(
    url('JSONArgsRecommended'),
    'https://docs.docker.com/go/dockerfile/rule/json-args-recommended/',
  );
  assert.equal(
    url('SecretsUsedInArgOrEnv'),
    'https://docs.docker.com/go/dockerfile/rule/secrets-used-in-arg-or-env/',
  );
});
