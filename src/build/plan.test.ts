import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgressEvent } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import type { ContainerConfig } from '../oci/image-config.ts';
import { BaseNotFoundError } from './errors.ts';
import { planBuild } from './plan.ts';

const PLATFORM = { os: 'linux', architecture: 'amd64' };

interface Given {
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  /** Defaults of the base image `base`. */
  readonly base?: ContainerConfig;
  /** Architecture of the base image `base`. */
  readonly made?: string;
}

/** The warnings of a plan, `line Rule: message`, and what it failed with. */
async function planned(
  text: string,
  { args = {}, target, base = {}, made = 'amd64' }: Given = {},
): Promise<{ warnings: string[]; error: string | undefined }> {
  const warnings: string[] = [];
  const sink = (event: ProgressEvent): void => {
    if (event.type !== 'warning') return;
    const line = event.place?.slice(event.place.indexOf(':') + 1) ?? '-';
    warnings.push(`${line} ${event.code}: ${event.message}`);
  };
  const options = {
    context: undefined,
    args: new Map(Object.entries(args)),
    target,
    contexts: new Map(),
    platform: PLATFORM,
    buildPlatform: PLATFORM,
    network: 'none' as const,
    extraHosts: [],
    shmSize: undefined,
    uncached: () => false,
  };
  const resolve = (name: string) => {
    if (name !== 'base') throw new BaseNotFoundError(name);
    const platform = { ...PLATFORM, architecture: made };
    const rootfs = { type: 'layers' as const, diff_ids: [] };
    const config = { ...platform, config: base, rootfs };
    return { name, manifest: 'sha256:', layers: [], config, platform };
  };
  const dockerfile = { text: Buffer.from(text), name: 'Dockerfile', origin: 'test' };
  try {
    await planBuild(dockerfile, options, resolve, reporter(sink));
    return { warnings, error: undefined };
  } catch (error) {
    return { warnings, error: error instanceof Error ? error.message : String(error) };
  }
}

const TABLE: readonly (readonly [string, string, readonly string[], Given?])[] = [
  [
    'a variable that nothing sets, with the nearest that is set',
    'FROM base\nENV P=$PAHT:/x Q=$P\nLABEL a=$ZZZZZZ b=$PATH\n',
    [
      "2 UndefinedVar: Usage of undefined variable '$PAHT' (did you mean $PATH?)",
      "2 UndefinedVar: Usage of undefined variable '$P'",
      "3 UndefinedVar: Usage of undefined variable '$ZZZZZZ'",
    ],
  ],
  [
    'variables of the base image and of base stages are set',
    'FROM base AS a\nARG V=1\nENV W=2\nFROM a\nLABEL a=$V$W$FROM_BASE\n',
    [],
    { base: { Env: ['FROM_BASE=x'] } },
  ],
  ['an ARG without a value is declared', 'FROM base\nARG V\nLABEL a=$V\n', []],
  [
    'an ARG is not declared before its own line',
    'FROM base\nARG V=$V W X=$W\n',
    ["2 UndefinedVar: Usage of undefined variable '$V'"],
  ],
  [
    'a default for a variable does not set it',
    'FROM base\nLABEL a=${X:-y}\n',
    ["2 UndefinedVar: Usage of undefined variable '$X'"],
  ],
  ['the shell sets its own variables', 'FROM base\nRUN echo $X\nCMD ["$Y"]\n', []],
  [
    'a trigger is told at FROM',
    'FROM base\n',
    ["1 UndefinedVar: Usage of undefined variable '$X'"],
    { base: { OnBuild: ['LABEL a=$X'] } },
  ],
  [
    'a global that no ARG declares',
    'ARG VERSION=1\nFROM base$VERSON\nFROM --platform=$TARGETPLATFROM base\n',
    [
      "1 UndefinedArgInFrom: FROM argument 'VERSON' is not declared (did you mean VERSION?)",
      "1 UndefinedArgInFrom: FROM argument 'TARGETPLATFROM' is not declared (did you mean TARGETPLATFORM?)",
    ].map((line, index) => line.replace('1', String(index + 2))),
    { target: '' },
  ],
  [
    'a name that is only good with a build argument',
    'ARG NAME\nARG TAG=:bad:\nFROM $NAME AS a\nFROM base$TAG\n',
    [
      '3 InvalidDefaultArgInFrom: Default value for ARG $NAME results in empty or invalid base image name',
      '4 InvalidDefaultArgInFrom: Default value for ARG base$TAG results in empty or invalid base image name',
    ],
    { args: { NAME: 'base', TAG: '' } },
  ],
  [
    'a base image for another machine',
    'FROM base\n',
    [
      '1 InvalidBaseImagePlatform: Base image base was pulled with platform "linux/arm64", expected "linux/amd64" for current build',
    ],
    { made: 'arm64' },
  ],
  ['a shell that the base image chose', 'FROM base\nCMD x\n', [], { base: { Shell: ['/sh'] } }],
  [
    'a relative path by way of a variable, and a protocol',
    'FROM base\nARG D=d P=80/TCP\nWORKDIR $D\nWORKDIR $D\nEXPOSE $P\n',
    [
      '3 WorkdirRelativePath: Relative workdir "d" can have unexpected results if the base image changes',
      "5 ExposeProtoCasing: Defined protocol '80/TCP' in EXPOSE instruction should be lowercase",
    ],
  ],
  [
    'stages that are not built say nothing',
    'FROM nowhere AS x\nLABEL a=$X\nENV k v\nFROM base\n',
    [],
  ],
  [
    'one instruction may skip a rule',
    'FROM base\n# check=skip=UndefinedVar it is meant\nLABEL a=$X\nLABEL a=$X\n',
    ["4 UndefinedVar: Usage of undefined variable '$X'"],
  ],
  [
    'a build argument may skip rules',
    'FROM base\nENV k v\nLABEL a=$X\n',
    ["3 UndefinedVar: Usage of undefined variable '$X'"],
    { args: { BUILDKIT_DOCKERFILE_CHECK: 'skip=LegacyKeyValueFormat' } },
  ],
  [
    'a build argument that nothing asks for, with the nearest that something does',
    'FROM base\nARG VERSION\n',
    ['- UnusedBuildArg: build arguments that no ARG declares: VERSON (did you mean VERSION?), Q'],
    { args: { VERSON: '1', Q: '2' } },
  ],
];

for (const [what, text, expected, given] of TABLE) {
  test(`planBuild() warns: ${what}`, async () => {
    const { warnings } = await planned(text, given);
    assert.deepEqual(warnings, expected);
  });
}

test('planBuild() fails for findings where the file asks for it', async () => {
  const text = '# check=error=true\nFROM base\nENV k v\nLABEL a=$X\nENV l w\n';
  const { warnings, error } = await planned(text);
  assert.equal(warnings.length, 3);
  assert.equal(error, 'lint violation found for rules: LegacyKeyValueFormat, UndefinedVar');
  const skipped = text.replace('error=true', 'error=true;skip=all');
  assert.deepEqual(await planned(skipped), { warnings: [], error: undefined });
});

test('planBuild() tells what it found before an error', async () => {
  assert.deepEqual(await planned('FROM base AS X\nCOPY --from-x a b\n'), {
    warnings: ["1 StageNameCasing: Stage name 'X' should be lowercase"],
    error: 'dockerfile parse error on line 2: unknown flag: --from-x (did you mean --from=x?)',
  });
});
