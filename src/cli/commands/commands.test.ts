import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { COMMANDS } from '../command-index.ts';
import { Interrupted } from '../command.ts';
import { fakeEngine } from '../testing/fake-engine.ts';
import { runCli } from '../testing/run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'stave-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
writeFileSync(join(folder, 'other'), 'FROM scratch\n');
writeFileSync(join(folder, 'vars'), '# comment\nA=1\n\n  B\n');
const words = (line: string): string[] => line.split(' ');

test('build hands the command line on', async () => {
  const { engine, asked } = fakeEngine();
  const line =
    'build -t a:1 --tag b -f other --build-arg V=2 --build-arg HOME_DIR --build-arg NONE ' +
    '--label x=y=z --label k --target t --no-cache --no-cache-filter s1,s2 --network none ' +
    '--add-host h=::1 --shm-size 1m --platform linux/arm64 --load --progress none .';
  const { code } = await runCli(words(line), {
    engine,
    cwd: folder,
    env: { HOME_DIR: '/h', SOURCE_DATE_EPOCH: '17' },
  });
  assert.equal(code, 0);
  assert.deepEqual(asked.builds, [
    {
      context: folder,
      dockerfile: { path: join(folder, 'other') },
      tags: ['a:1', 'b'],
      args: { V: '2', HOME_DIR: '/h' },
      labels: { x: 'y=z', k: '' },
      contexts: {},
      extraHosts: ['h:::1'],
      noCache: true,
      noCacheFilter: ['s1', 's2'],
      target: 't',
      platform: { os: 'linux', architecture: 'arm64' },
      network: 'none',
      sourceDateEpoch: 17,
      shmSize: 1024 ** 2,
    },
  ]);
});

test('build hands several platforms on, from a list or from several flags, each once', async () => {
  const { engine, asked } = fakeEngine();
  const run = { engine, cwd: folder, env: { DOCKER_DEFAULT_PLATFORM: 'linux/s390x' } };
  await runCli(words('build -q --platform linux/amd64,arm64 --platform linux/arm64/v8 .'), run);
  await runCli(words('build -q .'), run);
  assert.deepEqual(
    asked.builds.map(({ platform, platforms }) => platform ?? platforms),
    [
      [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm64' },
      ],
      { os: 'linux', architecture: 's390x' },
    ],
  );
});

test('pull and import take the platform that the environment names', async () => {
  const { engine, asked } = fakeEngine();
  const run = { engine, stdin: '', env: { DOCKER_DEFAULT_PLATFORM: 'linux/s390x' } };
  await runCli(words('import -'), run);
  await runCli(words('import --platform linux/arm64 -'), run);
  assert.deepEqual(
    asked.imports.map(({ platform }) => platform?.architecture),
    ['s390x', 'arm64'],
  );
  const { stderr } = await runCli(words('pull a'), {
    ...run,
    env: { DOCKER_DEFAULT_PLATFORM: 'linux/' },
  });
  assert.match(stderr, /"linux\/" is an invalid platform specifier/);
});

test('build takes a Dockerfile from standard input, with a context or without', async () => {
  const { engine, asked } = fakeEngine();
  const run = { engine, cwd: folder, stdin: 'FROM x\n' };
  await runCli(words('build -q -f - .'), run);
  await runCli(words('build -q -'), run);
  assert.deepEqual(
    asked.builds.map(({ context, dockerfile }) => ({ context, dockerfile })),
    [
      { context: folder, dockerfile: { text: 'FROM x\n' } },
      { context: undefined, dockerfile: { text: 'FROM x\n' } },
    ],
  );
});

for (const [line, message] of [
  [
    'build -f nope.Dockerfile .',
    'failed to build: failed to solve: failed to read dockerfile: open nope.Dockerfile: no such file or directory',
  ],
  [
    'build /proc/self/fdinfo',
    'failed to build: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory',
  ],
  ['build other', 'failed to build: unable to prepare context: "other" is not a directory'],
  ['build -f - -', "invalid argument: can't use stdin for both build context and dockerfile"],
  [
    'build -f other -',
    'ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles',
  ],
  ['build --platform linux/ .', '"linux/" is an invalid platform specifier'],
  ['build --build-arg SOURCE_DATE_EPOCH=x .', 'invalid SOURCE_DATE_EPOCH: "x"'],
  ['build --progress tty .', 'failed to get console: not a terminal'],
  ['build --iidfile /nonexistent/id .', 'open /nonexistent/id: no such file or directory'],
] as const) {
  test(`${line} says what is wrong`, async () => {
    const { stderr, code } = await runCli(words(line), {
      engine: fakeEngine().engine,
      cwd: folder,
    });
    assert.equal(stderr.split('\n')[0], `Error: ${message}`);
    assert.notEqual(code, 0);
  });
}

test('build writes the ID and the metadata where it is told', async () => {
  const { engine } = fakeEngine();
  const line = 'build -q --iidfile id --metadata-file md.json .';
  assert.equal((await runCli(words(line), { engine, cwd: folder })).code, 0);
  assert.match(readFileSync(join(folder, 'id'), 'utf8'), /^sha256:[0-9a-f]{64}$/);
  const metadata = readFileSync(join(folder, 'md.json'), 'utf8');
  assert.deepEqual(Object.keys(JSON.parse(metadata) as object), [
    'buildx.build.ref',
    'containerimage.config.digest',
    'containerimage.descriptor',
    'containerimage.digest',
    'image.name',
  ]);
  assert.match(
    metadata,
    /^\{\n {2}"buildx.build.ref": "default\/default\/[0-9a-z]{25}"[^]*"image.name": "docker.io\/library\/base:1"\n\}$/,
  );
});

test('build says last what failed, below the output of the step and the excerpt', async () => {
  const { engine } = fakeEngine();
  const line = 'build --target failing --progress plain .';
  const { stderr, code } = await runCli(words(line), { engine, cwd: folder });
  assert.deepEqual(stderr.replace(/#1 [\d.]+ no/, '#1 0.000 no').split('\n'), [
    '#1 [1/1] RUN exit 7',
    '#1 0.000 no',
    '#1 ERROR',
    '------',
    ' > [1/1] RUN exit 7:',
    'no',
    '------',
    'Dockerfile:1',
    'Error: process did not complete',
    '',
  ]);
  assert.equal(code, 1);
});

test('run hands the command line on', async () => {
  const { engine, asked } = fakeEngine();
  const line =
    'run --rm -i -e X=1 --env-file vars -v /a:/b:ro -w /src -u 1:2 --name web -h host ' +
    '--entrypoint sh --network host -m 64m --cpus 1.5 --pids-limit 9 --ulimit nofile=1:2 ' +
    '--read-only --cap-drop ALL --security-opt no-new-privileges -l a=b img -c --rm';
  const { code } = await runCli(words(line), { engine, cwd: folder });
  assert.equal(code, 3);
  assert.deepEqual(asked.runs, [
    {
      image: 'img',
      attach: ['stdout', 'stderr', 'stdin'],
      name: 'web',
      user: '1:2',
      workdir: '/src',
      hostname: 'host',
      networks: [{ name: 'host' }],
      command: ['-c', '--rm'],
      entrypoint: ['sh'],
      env: ['A=1', 'B', 'X=1'],
      labels: { a: 'b' },
      volumes: ['/a:/b:ro'],
      extraHosts: [],
      capAdd: [],
      capDrop: ['ALL'],
      tmpfs: [],
      ulimits: [{ type: 'nofile', soft: 1, hard: 2 }],
      limits: { memory: 64 * 1024 ** 2, cpus: 1.5, pids: 9 },
      remove: true,
      interactive: true,
      terminal: false,
      readonly: true,
      privileged: false,
      noNewPrivileges: true,
    },
  ]);
});

test('run takes an empty --entrypoint for none', async () => {
  const { engine, asked } = fakeEngine();
  await runCli(['run', '--entrypoint', '', 'img'], { engine });
  assert.deepEqual(asked.runs[0]?.entrypoint, []);
});

test('an interrupted command ends with the code of its signal, whatever it says', async () => {
  const { engine } = fakeEngine();
  const signal = AbortSignal.abort(new Interrupted(130));
  assert.deepEqual(await runCli(['run', 'nosuch:1'], { engine, signal }), {
    stdout: '',
    stderr: '',
    code: 130,
  });
  assert.equal((await runCli(['run', 'img'], { engine, signal })).code, 130);
});

test('save makes a file that only its owner reads, and leaves nothing else', async () => {
  const { engine } = fakeEngine();
  writeFileSync(join(folder, 'app.tar'), 'old');
  chmodSync(join(folder, 'app.tar'), 0o644);
  const before = readdirSync(folder);
  assert.equal((await runCli(words('save -o app.tar app:v1'), { engine, cwd: folder })).code, 0);
  assert.equal(readFileSync(join(folder, 'app.tar'), 'utf8'), 'archive');
  assert.equal(statSync(join(folder, 'app.tar')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), before);
});

test('save --compress wants its value behind an equals sign', async () => {
  const { engine } = fakeEngine();
  const { stderr, code } = await runCli(words('save -o x.tar --compress zstd app:v1'), { engine });
  assert.equal(code, 125);
  assert.match(stderr, /^Hint: Did you mean --compress=zstd\?$/m);
});

test('save leaves the old file when it fails', async () => {
  const { engine } = fakeEngine();
  writeFileSync(join(folder, 'kept.tar'), 'old');
  assert.equal((await runCli(words('save -o kept.tar nosuch'), { engine, cwd: folder })).code, 1);
  assert.equal(readFileSync(join(folder, 'kept.tar'), 'utf8'), 'old');
});

for (const [line, terminals, message] of [
  [
    'save app:v1',
    ['stdout'],
    'cowardly refusing to save to a terminal. Use the -o flag or redirect',
  ],
  ['load', ['stdin'], 'requested load from stdin, but stdin is empty'],
] as const) {
  test(`${line} refuses a terminal`, async () => {
    const { stderr, code } = await runCli(words(line), { terminals });
    assert.deepEqual([stderr, code], [`Error: ${message}\n`, 1]);
  });
}

test('import hands changes, message, platform and name on', async () => {
  const { engine, asked } = fakeEngine();
  const line = [
    'import',
    '-c',
    'CMD ["sh"]',
    '-m',
    'mine',
    '--platform',
    'linux/arm64',
    '-',
    'x:1',
  ];
  await runCli(line, { engine, stdin: 'tar' });
  assert.deepEqual(asked.imports, [
    {
      label: '-',
      changes: ['CMD ["sh"]'],
      name: 'x:1',
      message: 'mine',
      platform: { os: 'linux', architecture: 'arm64' },
    },
  ]);
});

test('image prune --dangling=false means all', async () => {
  const { engine, asked } = fakeEngine();
  await runCli(words('image prune -f --dangling=false'), { engine });
  assert.deepEqual(asked.imagePrunes, [{ filter: { dangling: false }, all: true }]);
});

test('results keep control characters off terminals', async () => {
  const { engine } = fakeEngine();
  const line = ['inspect', '-f', '{{"\\x1b]0;x\\x07"}}', 'app:v1'];
  const onTerminal = await runCli(line, { engine, terminals: ['stdout'] });
  const inPipe = await runCli(line, { engine });
  assert.deepEqual([onTerminal.stdout, inPipe.stdout], ['\\x1b]0;x\\x07\n', '\x1b]0;x\x07\n']);
});

test('no two commands answer to one name', () => {
  const names = COMMANDS.flatMap(({ name, aliases }) => [name, ...aliases]);
  assert.deepEqual(names, [...new Set(names)]);
});

for (const { name } of COMMANDS) {
  test(`${name} --help fits into 80 columns and shows an example`, async () => {
    const { stdout, code } = await runCli([...words(name), '--help']);
    assert.equal(code, 0);
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.length > 80),
      [],
    );
    assert.match(stdout, /^Examples:\n {2}# .+\n {2}\S/m);
  });
}
