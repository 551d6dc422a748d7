import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { House, skip } from './house.ts';

const DOCKERFILE = [
  'FROM base',
  'ENV MODE=set',
  'WORKDIR /w',
  'RUN touch half; echo said; exit 3',
].join('\n');

const noScript = existsSync('/usr/bin/script') ? skip : 'needs script';

/** Runs the program on a terminal of its own; answers what it is waiting for with the next line. */
function onTerminal(
  house: House,
  args: readonly string[],
  answers: readonly (readonly [RegExp, string])[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; output: string }> {
  const line = house
    .command(args)
    .map((word) => `'${word}'`)
    .join(' ');
  const child = spawn('/usr/bin/script', ['-qefc', line, '/dev/null'], {
    env: { ...process.env, CI: '', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  let from = 0;
  const left = [...answers];
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    const next = left[0];
    if (!next || !next[0].test(output.slice(from))) return;
    left.shift();
    from = output.length;
    child.stdin.write(`${next[1]}\n`);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

const build = (context: string, ...flags: string[]): string[] => [
  'build',
  '--network',
  'none',
  ...flags,
  context,
];

test(
  '--on-fail=shell opens a shell in what the command left, and keeps nothing',
  { skip: noScript },
  async () => {
    using house = new House();
    house.base();
    const context = house.context({ Dockerfile: DOCKERFILE });
    const { code, output } = await onTerminal(house, build(context, '--on-fail=shell'), [
      [/\/w # /, 'echo "<$(ls) $MODE $(pwd)>"; touch /kept; exit 9'],
    ]);
    assert.match(output, /<half set \/w>/);
    assert.match(output, /exit code: 3/);
    assert.equal(code, 1, 'the build fails as it did before');
    assert.deepEqual(house.litter(), []);
    assert.deepEqual(house.holders(), []);
    const again = house.stave(build(context));
    assert.equal(again.code, 1);
    assert.match(again.stderr, /#\d+ .*said/, 'the step was not remembered');
  },
);

test('a build on a terminal asks once, and a no is an end', { skip: noScript }, async () => {
  using house = new House();
  house.base();
  const context = house.context({ Dockerfile: DOCKERFILE });
  const { code, output } = await onTerminal(house, build(context), [[/\[y\/N\] /, 'n']]);
  assert.equal(output.match(/\[y\/N\]/g)?.length, 1);
  assert.doesNotMatch(output, /\/w # /);
  assert.equal(code, 1);
});

test(
  'a yes opens the shell; CI and --on-fail=none are never asked',
  { skip: noScript },
  async () => {
    using house = new House();
    house.base();
    const context = house.context({ Dockerfile: DOCKERFILE });
    const yes = await onTerminal(house, build(context), [
      [/\[y\/N\] /, 'y'],
      [/\/w # /, 'exit'],
    ]);
    assert.match(yes.output, /\/w # /);
    for (const [flags, env] of [
      [['--on-fail=none'], {}],
      [[], { CI: 'true' }],
    ] as const) {
      const { output, code } = await onTerminal(house, build(context, ...flags), [], env);
      assert.doesNotMatch(output, /\[y\/N\]/);
      assert.equal(code, 1);
    }
  },
);

test('--on-fail=shell says when the image has no shell', { skip: noScript }, async () => {
  using house = new House();
  house.base();
  const context = house.context({
    Dockerfile:
      'FROM base AS b\nFROM scratch\nCOPY --from=b /bin/busybox /bb\nRUN ["/bb", "false"]\n',
  });
  const { output, code } = await onTerminal(house, build(context, '--on-fail=shell'), []);
  assert.match(output, /There is no shell in this image/);
  assert.equal(code, 1);
});

test('--on-fail=shell without a terminal is refused before anything runs', { skip }, () => {
  using house = new House();
  const context = house.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
  const { code, stderr } = house.stave(build(context, '--on-fail=shell'));
  assert.equal(code, 1);
  assert.match(stderr, /^Error: --on-fail=shell needs a terminal$/m);
});
