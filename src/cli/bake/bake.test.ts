import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fakeEngine } from '../testing/fake-engine.ts';
import { namedSink } from './progress.ts';
import { runCli, type CliOptions, type CliResult } from '../testing/run-cli.ts';

const top = mkdtempSync(join(tmpdir(), 'bake-cli-'));
after(() => rmSync(top, { recursive: true, force: true }));
const cwd = join(top, 'here');
mkdirSync(join(cwd, 'ctx'), { recursive: true });
mkdirSync(join(top, 'outside'));
symlinkSync('../outside', join(cwd, 'link'));
for (const place of ['here', 'here/ctx', 'outside']) {
  writeFileSync(join(top, place, 'Dockerfile'), 'FROM scratch\n');
}
writeFileSync(join(cwd, 'tok'), 'secret');

interface Ran extends CliResult {
  readonly builds: ReturnType<typeof fakeEngine>['asked']['builds'];
}

/** Runs `bake` on a definition that comes on standard input. */
async function bake(text: string, args: readonly string[], options: CliOptions = {}): Promise<Ran> {
  const { engine, asked } = fakeEngine();
  const ran = await runCli(['bake', '-f', '-', ...args], { engine, cwd, stdin: text, ...options });
  return { ...ran, builds: asked.builds };
}

/** One line says what is wrong, and nothing was built. */
function refused({ code, stderr }: CliResult, message: RegExp, exitCode = 1): void {
  const [error = ''] = stderr.split('\n').filter((line) => line.startsWith('Error: '));
  assert.match(error.slice('Error: '.length), message);
  assert.equal(code, exitCode);
}

test('bake hands a target on as build would', async () => {
  const text = `target "app" {
  context = "ctx"
  args = { V = "2", N = null }
  labels = { x = "y=z" }
  tags = ["a:1", "b"]
  target = "t"
  no-cache = true
  no-cache-filter = ["s1", "s2"]
  network = "none"
  extra-hosts = { h = "1.2.3.4" }
  shm-size = "1m"
  platforms = ["linux/arm64"]
  secret = ["id=tok,src=tok"]
  ulimits = ["nofile=1:2"]
  resources = { memory = "64m", cpu-shares = 5 }
  contexts = { c = "ctx", d = "docker-image://x" }
  cache-from = ["r.example/app:cache"]
}`;
  const { builds, code, stderr } = await bake(text, ['app']);
  assert.equal(code, 0, stderr);
  const [{ cache, ...request } = { cache: undefined }] = builds;
  assert.deepEqual(cache?.from, [
    { place: { type: 'registry', reference: 'r.example/app:cache' } },
  ]);
  assert.deepEqual(request, {
    context: join(cwd, 'ctx'),
    dockerfile: { path: join(cwd, 'ctx/Dockerfile') },
    tags: ['a:1', 'b'],
    args: { V: '2' },
    labels: { x: 'y=z' },
    contexts: { c: join(cwd, 'ctx'), d: 'docker-image://x' },
    extraHosts: ['h:1.2.3.4'],
    noCache: true,
    noCacheFilter: ['s1', 's2'],
    target: 't',
    platform: { os: 'linux', architecture: 'arm64' },
    network: 'none',
    shmSize: 1024 ** 2,
    secrets: Object.assign(Object.create(null), { tok: Buffer.from('secret') }),
    ulimits: [{ type: 'nofile', soft: 1, hard: 2 }],
    memory: 64 * 1024 ** 2,
    cpuShares: 5,
  });
});

test('bake hands an inline Dockerfile on as text', async () => {
  const { builds } = await bake('target "app" { dockerfile-inline = "FROM scratch\\n" }', ['app']);
  assert.deepEqual(builds[0]?.dockerfile, { text: 'FROM scratch\n' });
});

test('bake builds a target first when another one uses it, and hands its image on', async () => {
  const text = `target "base" { context = "ctx" }
target "app" { contexts = { b = "target:base" } }`;
  const { builds, code } = await bake(text, ['app']);
  assert.equal(code, 0);
  assert.deepEqual(
    builds.map(({ context }) => context),
    [join(cwd, 'ctx'), cwd],
  );
  assert.match(builds[1]?.contexts?.['b'] ?? '', /^docker-image:\/\/sha256:3a64/);
});

test('bake builds a target that is used and has another output once more, for its image', async () => {
  const text = `target "base" {
  tags = ["base"]
  output = ["out"]
}
target "app" { contexts = { b = "target:base" } }`;
  const { builds } = await bake(text, ['app', 'base']);
  assert.deepEqual(
    builds.map(({ outputs }) => outputs?.length),
    [1, undefined, undefined],
  );
});

test('a target that fails ends the command', async () => {
  const text = 'target "bad" { target = "failing" }\ntarget "good" {}';
  refused(await bake(text, ['bad', 'good']), /process did not complete/);
});

test('steps are shown with the name of their target', async () => {
  const { stderr } = await bake('target "bad" { target = "failing" }', ['bad']);
  assert.match(stderr, /^#2 \[bad 1\/1\] RUN exit 7$/m);
});

test('namedSink() puts the name before what is no step', () => {
  const titles: string[] = [];
  const sink = namedSink((event) => event.type === 'begin' && titles.push(event.title), 'app');
  for (const title of ['[build 1/2] RUN x', 'exporting to image']) {
    sink({ type: 'begin', id: 1 as never, title, at: 0 });
  }
  assert.deepEqual(titles, ['[app build 1/2] RUN x', '[app] exporting to image']);
});

test('bake --metadata-file tells of each target by its name', async () => {
  await bake('target "a" {}\ntarget "b" {}', ['a', 'b', '--metadata-file', 'm.json']);
  const found = JSON.parse(readFileSync(join(cwd, 'm.json'), 'utf8')) as Record<
    string,
    Record<string, unknown>
  >;
  assert.deepEqual(Object.keys(found), ['a', 'b']);
  assert.match(String(found['a']?.['containerimage.config.digest']), /^sha256:3a64/);
});

for (const [what, text, args, missing] of [
  ['a context outside', 'target "a" { context = "../outside" }', [], 'fs.read=../outside'],
  ['a link that leads outside', 'target "a" { context = "link" }', [], 'fs.read=../outside'],
  [
    'a named context outside',
    'target "a" { contexts = { x = "../outside" } }',
    [],
    'fs.read=../outside',
  ],
  [
    'a secret outside',
    'target "a" { secret = ["id=x,src=../outside/s"] }',
    [],
    'fs.read=../outside/s',
  ],
  ['an output outside', 'target "a" { output = ["../outside/o"] }', [], 'fs.write=../outside/o'],
  ['the network of the host', 'target "a" { network = "host" }', [], 'network.host'],
  ['an agent', 'target "a" { ssh = ["default"] }', [], 'ssh'],
  [
    'more than is allowed',
    'target "a" { context = "../outside" }',
    ['--allow=fs.write=*'],
    'fs.read=../outside',
  ],
] as const) {
  test(`bake refuses what nobody allowed: ${what}`, async () => {
    const ran = await bake(text, ['a', ...args]);
    refused(
      ran,
      new RegExp(`^additional privileges requested: .*${missing.replaceAll('.', '[.]')}`),
    );
    assert.ok(ran.stderr.includes(`--allow=${missing}`));
    assert.equal(ran.builds.length, 0);
  });
}

for (const [text, args] of [
  ['target "a" { context = "../outside" }', ['--allow=fs.read=../outside']],
  ['target "a" { context = "../outside" }', ['--allow', 'fs=*']],
  ['target "a" { output = ["../outside/o"] }', ['--allow=fs.write=..']],
  ['target "a" { network = "host" }', ['--allow=network.host']],
  ['target "a" {}', ['--set', 'a.output=../outside/o']],
  ['target "a" {}', ['--set', 'a.entitlements=network.host']],
] as const) {
  test(`bake does what was allowed: ${text} ${args.join(' ')}`, async () => {
    assert.equal((await bake(text, ['a', ...args])).code, 0);
  });
}

test('bake checks no files when the environment says so', async () => {
  const env = { BUILDX_BAKE_ENTITLEMENTS_FS: '0' };
  assert.equal((await bake('target "a" { context = "../outside" }', ['a'], { env })).code, 0);
});

test('bake --list shows targets, groups and variables', async () => {
  const text = `variable "TAG" {
  type = string
  default = "x"
  description = "what it is called"
}
variable "NONE" { default = null }
target "app" { description = "the app" }
target "_hidden" {}
group "all" { targets = ["app", "_hidden"] }
`;
  assert.equal(
    (await bake(text, ['--list', 'targets'])).stdout,
    'TARGET\tDESCRIPTION\nall\t_hidden, app\napp\tthe app\n',
  );
  assert.match(
    (await bake(text, ['--list', 'variables'])).stdout,
    /^TAG\t\tstring\tx\twhat it is called$/m,
  );
  const { stdout } = await bake(text, ['--list', 'type=variables,format=json']);
  assert.deepEqual(JSON.parse(stdout), [
    { name: 'NONE' },
    { name: 'TAG', description: 'what it is called', type: 'string', value: 'x' },
  ]);
});

test('bake --var sets variables, before the environment', async () => {
  const text = 'variable "A" { default = "x" }\ntarget "a" { tags = [A] }';
  const { builds } = await bake(text, ['a', '--var', 'A=typed'], { env: { A: 'env' } });
  assert.deepEqual(builds[0]?.tags, ['typed']);
});

test('bake looks nothing up in the environment when that is turned off', async () => {
  const text = 'variable "A" { default = "x" }\ntarget "a" { tags = [A] }';
  const env = { A: 'env', BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP: '1' };
  assert.deepEqual((await bake(text, ['a'], { env })).builds[0]?.tags, ['x']);
});

test('bake --check asks for findings instead of building', async () => {
  const { builds, stdout } = await bake('target "a" {}', ['a', '--check']);
  assert.equal(builds.length, 0);
  assert.match(stdout, /^a\n\n/);
});

test('bake --call with JSON answers for all targets in one document', async () => {
  const { stdout } = await bake('target "a" { args = { V = "1" } }\ntarget "b" {}', [
    'a',
    'b',
    '--call',
    'targets,format=json',
  ]);
  const { target } = JSON.parse(stdout) as { target: Record<string, Record<string, unknown>> };
  assert.deepEqual(Object.keys(target), ['a', 'b']);
  assert.deepEqual(target['a']?.['build'], {
    args: { V: '1' },
    call: 'targets',
    context: '.',
    dockerfile: 'Dockerfile',
  });
  assert.ok(target['a']?.['targets']);
});

test('bake builds what is to be built and answers what is asked, in one run', async () => {
  const { builds, stdout } = await bake(
    'target "a" { call = "check" }\ntarget "b" { tags = ["b"] }',
    ['a', 'b'],
  );
  assert.deepEqual(
    builds.map(({ tags }) => tags),
    [['b']],
  );
  assert.match(stdout, /^a\n\n/);
});

test('bake shows which files it read', async () => {
  const { stderr } = await bake('target "a" {}', ['a']);
  assert.match(stderr, /^#1 \[internal\] load local bake definitions\n#1 reading from stdin 13B/);
});

test('bake reads the files that BUILDX_BAKE_FILE names', async () => {
  writeFileSync(join(cwd, 'one.hcl'), 'target "default" { tags = ["one"] }');
  const { engine, asked } = fakeEngine();
  await runCli(['bake'], { engine, cwd, env: { BUILDX_BAKE_FILE: 'one.hcl' } });
  assert.deepEqual(asked.builds[0]?.tags, ['one']);
});

for (const [args, message] of [
  [['nosuch'], /^failed to find target nosuch$/],
  [['a', '--set', 'a'], /invalid override key a, expected target\.name/],
  [['a', '--set', 'a.tag=x'], /^unknown key: tag$/],
  [['a', '--set', 'a.pull=maybe'], /invalid value maybe for boolean key pull/],
  [['a', '--set', 'a.args=x'], /args requires name/],
  [['a', '--set', 'a.secret.x=env=Y'], /secret "x" must be declared/],
  [['a', '--set', 'a.resources.nope=1'], /unknown resources key nope/],
  [['x*'], /could not find any target matching "x\*"/],
] as const) {
  test(`bake ${args.join(' ')} is refused in one line`, async () => {
    refused(await bake('target "a" {}', args), message);
  });
}

for (const [args, message] of [
  [['--print', '--list', 'targets'], /mutually exclusive/],
  [['--list', 'nope'], /invalid list type "nope"/],
  [['--var', 'x'], /invalid variable "x", expected key=value/],
  [['a', '--allow', 'nope'], /unknown entitlement key "nope"/],
  [['https://example.com/x.git'], /bake files from the network are not available/],
  [['a', '--policy', 'disabled=true'], /policies are not available/],
] as const) {
  test(`bake ${args.join(' ')} is a mistake in the command line`, async () => {
    refused(await bake('target "a" {}', args), message, 125);
  });
}

test('bake says where it looked when there is no definition', async () => {
  refused(
    await runCli(['bake'], { cwd: join(top, 'outside') }),
    /^couldn't find a bake definition$/,
  );
});
