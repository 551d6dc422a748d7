import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { cannotNetwork, run } from '../support/network-house.ts';
import { House, skip as cannotRun, type Ran } from './house.ts';

const skip = cannotNetwork() ?? cannotRun;
const check = (name: string, body: (house: House) => Promise<void> | void): void =>
  void test(name, { skip }, async () => {
    using house = new House();
    try {
      await body(house);
    } finally {
      const left = ok(house, 'ps', '-aq')
        .split('\n')
        .filter((one) => one !== '');
      if (left.length > 0) ok(house, 'rm', '-f', ...left);
    }
  });

/** What a command says that goes well. */
function ok(house: House, ...args: string[]): string {
  return house.must(args);
}

function tried(house: House, ...args: string[]): Ran {
  return house.stave(args);
}

/** An image `web` of busybox that serves its folder /www. */
function makeImage(house: House): void {
  const folder = join(house.directory, 'web');
  mkdirSync(folder);
  copyFileSync('/usr/bin/busybox', join(folder, 'busybox'));
  writeFileSync(
    join(folder, 'Dockerfile'),
    'FROM scratch\nCOPY busybox /bin/busybox\n' +
      'RUN ["/bin/busybox", "--install", "-s", "/bin"]\n' +
      'RUN mkdir -p /www /tmp && echo hello > /www/index.html\n' +
      'CMD ["httpd", "-f", "-p", "80", "-h", "/www"]\n',
  );
  ok(house, 'build', '-q', '--network', 'none', '-t', 'web', folder);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address ? address.port : 0;
}

/** What is served there, once somebody serves. */
function fetched(port: number): string | undefined {
  for (let n = 0; n < 100; n++) {
    const found = run('busybox', 'wget', '-q', '-O', '-', `http://127.0.0.1:${port}/`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Interfaces and tables of the store, when nobody changes them any more. */
function traces(house: House): string[] {
  const [id = ''] = ok(house, 'info', '--format', '{{.ID}}').split('\n');
  const lock = join(house.root, 'run/network.lock');
  if (existsSync(lock)) run('flock', lock, 'true');
  const links = run('ip', '-br', 'link') ?? '';
  const tables = run('nft', 'list', 'tables') ?? '';
  const ours = new RegExp(`^s[bv]${id.slice(0, 5)}|stave_${id}`);
  return [...links.split('\n'), ...tables.split('\n')].filter((line) => ours.test(line));
}

check(
  'a published port serves, is refused to others, and goes with the container',
  async (house) => {
    makeImage(house);
    const port = await freePort();
    const publish = `127.0.0.1:${port}:80`;
    ok(house, 'run', '-d', '--name', 'web1', '-p', publish, 'web');
    assert.equal(fetched(port), 'hello\n');
    const other = tried(house, 'run', '-d', '--name', 'web2', '-p', publish, 'web');
    assert.equal(other.code, 125);
    assert.match(
      other.stderr,
      new RegExp(`^Error: Bind for 127\\.0\\.0\\.1:${port} failed: port is already allocated\n`),
    );
    assert.equal(
      ok(house, 'ps', '-a', '--format', '{{.Names}}'),
      'web1\n',
      'nothing is left of it',
    );
    ok(house, 'stop', '-t', '0', 'web1');
    assert.equal(run('busybox', 'wget', '-q', '-O', '-', `http://127.0.0.1:${port}/`), undefined);
    ok(house, 'start', 'web1');
    assert.equal(fetched(port), 'hello\n');
    ok(house, 'rm', '-f', 'web1');
    assert.deepEqual(traces(house), []);
  },
);

check('containers on a network of their own find each other by name', (house) => {
  makeImage(house);
  ok(house, 'network', 'create', 'back');
  ok(house, 'run', '-d', '--name', 'db', '--network', 'back', '--network-alias', 'sql', 'web');
  const ask = (name: string): string =>
    ok(
      house,
      'run',
      '--rm',
      '--network',
      'back',
      'web',
      'wget',
      '-q',
      '-O',
      '-',
      `http://${name}/`,
    );
  assert.equal(ask('db'), 'hello\n');
  assert.equal(ask('sql'), 'hello\n');
  const used = tried(house, 'network', 'rm', 'back');
  assert.equal(used.code, 1);
  assert.match(used.stderr, /network back has active endpoints \(name:"db" id:"[0-9a-f]{12}"\)/);
  ok(house, 'rm', '-f', 'db');
  ok(house, 'network', 'rm', 'back');
  assert.deepEqual(traces(house), []);
});

check(
  'network connect and disconnect work on a container that runs, and stay with it',
  async (house) => {
    makeImage(house);
    const port = await freePort();
    ok(house, 'network', 'create', 'back');
    ok(house, 'run', '-d', '--name', 'web1', '-p', `127.0.0.1:${port}:80`, 'web');
    ok(house, 'network', 'connect', '--alias', 'www', 'back', 'web1');
    assert.equal(
      ok(house, 'run', '--rm', '--network', 'back', 'web', 'wget', '-q', '-O', '-', 'http://www/'),
      'hello\n',
    );
    ok(house, 'network', 'disconnect', 'bridge', 'web1');
    assert.equal(fetched(port), 'hello\n', 'its port has moved');
    ok(house, 'restart', '-t', '0', 'web1');
    const members = '{{range .Containers}}{{.Name}} {{end}}';
    assert.equal(ok(house, 'network', 'inspect', '-f', members, 'back', 'bridge'), 'web1 \n\n');
    ok(house, 'rm', '-f', 'web1');
    assert.deepEqual(traces(house), []);
  },
);

check('after kill -9 of everything, the next command sweeps', (house) => {
  makeImage(house);
  const id = ok(house, 'run', '-d', '--name', 'web1', '-P', '--expose', '80', 'web').trim();
  const pid = ok(house, 'inspect', '-f', '{{.State.Pid}}', 'web1').trim();
  const monitors = run('busybox', 'pgrep', '-f', `conmon.*-c ${id}`) ?? '';
  run('kill', '-KILL', ...monitors.split('\n').filter((one) => one !== ''), pid);
  while (existsSync(`/proc/${pid}/fd/0`)) run('busybox', 'sleep', '0.05');
  ok(house, 'rm', 'web1');
  assert.deepEqual(traces(house), []);
});

check('what cannot be published, or joined, is refused with nothing left', (house) => {
  makeImage(house);
  const refused = (...args: string[]): string => {
    const { code, stderr } = tried(house, 'run', '-d', ...args, 'web');
    assert.equal(code, 125, args.join(' '));
    return stderr.split('\n')[0] ?? '';
  };
  assert.equal(refused('-p', '99999:80'), 'Error: Invalid hostPort: 99999');
  assert.equal(refused('--network', 'nosuch'), 'Error: network nosuch not found');
  assert.match(refused('--ip', '10.1.1.1'), /supported on user defined networks only/);
  assert.match(refused('--network-alias', 'x'), /only for containers in user defined networks/);
  assert.match(refused('--dns', 'x y'), /bad nameserver address|invalid/i);
  assert.equal(ok(house, 'ps', '-aq'), '');
  assert.deepEqual(traces(house), []);
});

check('a container that its policy starts again has its port again', async (house) => {
  makeImage(house);
  const port = await freePort();
  const script =
    'httpd -p 80 -h /www; echo up; while [ ! -e /tmp/end ]; do sleep 0.1; done; rm /tmp/end; exit 1';
  const publish = `127.0.0.1:${port}:80`;
  ok(
    house,
    'run',
    '-d',
    '--name',
    'web1',
    '--restart',
    'always',
    '-p',
    publish,
    'web',
    'sh',
    '-c',
    script,
  );
  assert.equal(fetched(port), 'hello\n');
  ok(house, 'exec', 'web1', 'touch', '/tmp/end');
  const count = (): string =>
    ok(house, 'inspect', '-f', '{{.RestartCount}} {{.State.Status}}', 'web1');
  for (let n = 0; n < 100 && count() !== '1 running\n'; n++) run('busybox', 'sleep', '0.1');
  assert.equal(count(), '1 running\n');
  assert.equal(fetched(port), 'hello\n');
  assert.match(ok(house, 'port', 'web1'), new RegExp(`^80/tcp -> 127\\.0\\.0\\.1:${port}$`, 'm'));
});
