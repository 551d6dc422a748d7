import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { House, skip } from './house.ts';

interface Found {
  readonly identical: boolean;
  readonly onlyTimes: boolean;
  readonly config: readonly string[];
  readonly layers: readonly {
    readonly place: string;
    readonly instruction: string;
    readonly files: readonly { path: string; kind: string; what: string }[];
    readonly kinds: Readonly<Record<string, number>>;
  }[];
}

/** Each step is not the same twice, in its own way. */
const PLANTED: readonly (readonly [command: string, file: string, kind: string])[] = [
  ['date > /d1', '/d1', 'time'],
  ['echo "built $(date -u +%Y-%m-%dT%H:%M:%SZ) by me" > /d2', '/d2', 'time'],
  ['date +%s > /d3', '/d3', 'time'],
  ['date | gzip > /d4.gz; date +%H:%M:%S.%N > /d5', '/d5', 'time'],
  ['mkdir /t && echo x > /t/x && tar -cf /t.tar -C /t . && rm -r /t', '/t.tar', 'time'],
  ['head -c 64 /dev/urandom > /r1', '/r1', 'randomness'],
  ['echo id=$(cat /proc/sys/kernel/random/uuid) > /r2', '/r2', 'randomness'],
  ['head -c 12 /dev/urandom | od -An -tx1 > /r3', '/r3', 'randomness'],
  ['cp /bin/busybox $(mktemp -p /)', '', 'randomness'],
  [
    's=$(cat /proc/sys/kernel/random/uuid); for i in $(seq 40); do echo "$(echo $s$i | md5sum) line $i"; done | sort | sed "s/.*line/line/" > /o1',
    '/o1',
    'order',
  ],
];

function verify(house: House, context: string, flags: readonly string[] = []): Found {
  const { code, stdout, stderr } = house.stave([
    'build',
    '--network',
    'host',
    '-q',
    '--verify',
    'app',
    '--format',
    'json',
    ...flags,
    context,
  ]);
  const found = JSON.parse(stdout) as Found;
  assert.equal(code, found.identical ? 0 : 1, stderr);
  return found;
}

test('--verify names the files, the steps and the kind of each difference', { skip }, async () => {
  using house = new House();
  house.base();
  const steps = PLANTED.map(([command]) => `RUN ${command}`);
  const context = house.context({ Dockerfile: ['FROM base', ...steps].join('\n') });
  const flags = ['--build-arg', 'SOURCE_DATE_EPOCH=1500000000'];
  house.must(['build', '--network', 'host', '-q', '-t', 'app', ...flags, context]);
  await sleep(1100);
  const found = verify(house, context, flags);
  assert.equal(found.identical, false);
  for (const [index, [command, file, kind]] of PLANTED.entries()) {
    const layer = found.layers.find(({ place }) => place === `Dockerfile:${index + 2}`);
    assert.ok(layer, command);
    const named = layer.files.filter(({ path }) => file === '' || path === file);
    assert.deepEqual([...new Set(named.map((one) => one.kind))], [kind], JSON.stringify(layer));
  }
});

test('--verify says that what differs came from the network', { skip }, async () => {
  using house = new House();
  house.base();
  // It has to answer while this process waits for the build.
  const server = spawn(process.execPath, [
    '-e',
    "let n = 0; require('node:http').createServer((_, r) => r.end('release ' + 'abc'[n++] + '\\n')).listen(0, '127.0.0.1', function () { console.log(this.address().port) })",
  ]);
  try {
    const port = await new Promise<string>((resolve) =>
      server.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
    );
    const line = `RUN wget -q -O /n http://127.0.0.1:${port}/`;
    const context = house.context({ Dockerfile: `FROM base\n${line}\n` });
    const flags = ['--build-arg', 'SOURCE_DATE_EPOCH=1500000000'];
    house.must(['build', '--network', 'host', '-q', '-t', 'app', ...flags, context]);
    const found = verify(house, context, flags);
    assert.deepEqual(
      found.layers.flatMap(({ files }) => files.map(({ path, kind }) => `${path} ${kind}`)),
      ['/n network'],
    );
  } finally {
    server.kill();
  }
});

test('--verify says identical, keeps nothing, and leaves the cache alone', { skip }, () => {
  using house = new House();
  house.base();
  const dockerfile = 'FROM base\nCOPY a /d/\nRUN echo same > /s\n';
  const context = house.context({ Dockerfile: dockerfile, a: 'a' });
  house.must(['build', '--network', 'none', '-q', '-t', 'app', '--reproducible', context]);
  const before = house.must(['images', '-a', '-q']);
  const { code, stdout } = house.stave([
    'build',
    '--network',
    'none',
    '-q',
    '--reproducible',
    '--verify',
    'app',
    context,
  ]);
  assert.match(stdout, /^app is identical: sha256:[0-9a-f]{64}\n$/);
  assert.equal(code, 0);
  assert.equal(house.must(['images', '-a', '-q']), before);
  assert.deepEqual(house.litter(), []);
});

test('--verify of an ordinary build says that only times differ', { skip }, async () => {
  using house = new House();
  house.base();
  const context = house.context({ Dockerfile: 'FROM base\nRUN echo same > /s\n' });
  house.must(['build', '--network', 'none', '-q', '-t', 'app', context]);
  const before = house.must(['images', '-a', '-q']);
  await sleep(1100);
  const { code, stdout } = house.stave([
    'build',
    '--network',
    'none',
    '-q',
    '--verify',
    'app',
    context,
  ]);
  assert.equal(code, 1);
  assert.match(stdout, /^app is not identical: 1 layer and the config \(created, history\)$/m);
  assert.match(stdout, /^layer 2 \(Dockerfile:2\): RUN .*echo same/m);
  assert.match(stdout, /^ {2}\/s {2}time: when it was changed$/m);
  assert.match(stdout, /^Only times differ: --reproducible/m);
  assert.equal(house.must(['images', '-a', '-q']), before);
});
