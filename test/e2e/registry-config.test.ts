import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as listen, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { basic, usersFile } from '../support/registry-users.ts';
import { send } from '../support/served-registry.ts';
import { exec, program, top } from './house.ts';

const skip = existsSync(join(top, 'dist/cli/bin.js')) ? false : 'not built';

/** `stave registry serve --config`, in a folder of its own. */
class Configured implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'stave-configured-'));
  url = '';
  #log = '';
  #child: ChildProcess | undefined;
  #wake: () => void = () => undefined;

  get log(): string {
    return this.#log;
  }

  get child(): ChildProcess {
    if (!this.#child) throw new Error('not started');
    return this.#child;
  }

  write(text: string): void {
    writeFileSync(join(this.folder, 'registry.yaml'), text);
  }

  async start(): Promise<void> {
    const args = ['registry', 'serve', '--config', join(this.folder, 'registry.yaml')];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString();
      this.#wake();
    });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    [, this.url = ''] = /^listening on (\S+)\n$/.exec(said.toString()) ?? [];
  }

  /** Waits for a line of the log, from now on. */
  async said(pattern: RegExp, act: () => void): Promise<void> {
    this.#log = '';
    act();
    while (!pattern.test(this.#log)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const [code] = (await gone) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child) await this.stop();
    rmSync(this.folder, { recursive: true });
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = listen().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** An upload whose body does not end. */
async function unfinished(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(
    'POST /v2/a/blobs/uploads/?digest=sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n',
  );
  await once(socket, 'data');
  return socket;
}

test(
  'SIGHUP takes over users, rules and levels, and says what needs a restart',
  { skip },
  async () => {
    await using registry = new Configured();
    usersFile(registry.folder);
    const text = (more: string, rules: string): string => `
address: 127.0.0.1:0
storage: { data: data }
access: { htpasswd: users, allow: [${rules}] }
log: { format: json, level: debug }
${more}`;
    registry.write(text('', "'alice:**:all'"));
    await registry.start();
    const status = async (name: string): Promise<number> =>
      (await send(registry.url, 'GET', '/v2/x/tags/list', { headers: basic(name) })).status;
    assert.deepEqual([await status('alice'), await status('bob')], [404, 403]);
    registry.write(text('limits: { uploads: 5 }', "'bob:**:all'"));
    await registry.said(/"changed":"access\.allow"/, () => registry.child.kill('SIGHUP'));
    assert.deepEqual([await status('alice'), await status('bob')], [403, 404]);
    registry.write(text('limits: { uploads: 6 }', "'bob:**:all'"));
    await registry.said(/after a restart only","setting":"limits\.uploads"/, () =>
      registry.child.kill('SIGHUP'),
    );
    registry.write(text('limts: {}', "'alice:**:all'"));
    await registry.said(/unknown key limts/, () => registry.child.kill('SIGHUP'));
    assert.deepEqual([await status('alice'), await status('bob')], [403, 404]);
    assert.equal(await registry.stop(), 0);
  },
);

test('SIGTERM lets requests end while readiness is gone', { skip }, async () => {
  await using registry = new Configured();
  const port = await freePort();
  registry.write(
    `address: 127.0.0.1:0\nstorage: { data: data }\nmetrics: { address: '127.0.0.1:${port}' }\n`,
  );
  await registry.start();
  const side = `http://127.0.0.1:${port}`;
  assert.equal((await send(side, 'GET', '/readyz')).status, 200);
  const socket = await unfinished(registry.url);
  const gone = once(registry.child, 'exit');
  await registry.said(/ ending /, () => registry.child.kill('SIGTERM'));
  assert.equal((await send(side, 'GET', '/readyz')).status, 503);
  assert.match((await send(side, 'GET', '/metrics')).text, /^stave_registry_ready 0$/m);
  socket.write('foo');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 201 /);
  assert.deepEqual(await gone, [0, null]);
});

test('the second signal ends at once', { skip }, async () => {
  await using registry = new Configured();
  registry.write('address: 127.0.0.1:0\nstorage: { data: data }\nstop-timeout: 10m\n');
  await registry.start();
  const socket = await unfinished(registry.url);
  socket.on('error', () => undefined);
  const gone = once(registry.child, 'exit');
  await registry.said(/ ending /, () => registry.child.kill('SIGTERM'));
  registry.child.kill('SIGTERM');
  assert.deepEqual(await gone, [143, null]);
});

test('requests that do not end are cut after the time for it', { skip }, async () => {
  await using registry = new Configured();
  registry.write('address: 127.0.0.1:0\nstorage: { data: data }\nstop-timeout: 100ms\n');
  await registry.start();
  const socket = await unfinished(registry.url);
  socket.on('error', () => undefined);
  assert.equal(await registry.stop(), 0);
});

test('its log is made of lines of its own only', { skip }, async () => {
  await using registry = new Configured();
  registry.write('address: 127.0.0.1:0\nstorage: { data: data }\nlog: { format: json }\n');
  await registry.start();
  await registry.stop();
  for (const line of registry.log.trimEnd().split('\n')) assert.ok(JSON.parse(line));
});

const ACTIVATE = '/usr/bin/systemd-socket-activate';
const withSystemd = skip !== false ? skip : existsSync(ACTIVATE) ? false : 'needs systemd';
test('a socket that systemd listens at is taken over', { skip: withSystemd }, async () => {
  await using registry = new Configured();
  const url = `http://127.0.0.1:${await freePort()}`;
  const data = join(registry.folder, 'data');
  // Another address than that of the flag: it is not used.
  const command = [program, 'registry', 'serve', '--data', data, '--addr', '127.0.0.1:1'];
  const child = spawn(ACTIVATE, ['-l', new URL(url).host, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    await once(child.stderr, 'data');
    assert.equal((await send(url, 'GET', '/v2/')).status, 200);
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal(said.toString(), `listening on ${url}\n`);
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await gone, [0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});

test('registry config tells whether a file is good', { skip }, async () => {
  await using registry = new Configured();
  const file = join(registry.folder, 'registry.yaml');
  registry.write('storage: { data: data }\nlog: { levl: info }\n');
  const bad = exec([program, 'registry', 'config', '--check', file]);
  assert.equal(bad.code, 1);
  assert.equal(bad.stderr, `${file}:2:8: unknown key log.levl. Did you mean 'level'?\n`);
  registry.write('storage: { data: data }\n');
  const good = exec([program, 'registry', 'config', '--check', file]);
  assert.deepEqual([good.code, good.stdout, good.stderr], [0, '', '']);
  const schema = exec([program, 'registry', 'config', '--schema']);
  assert.equal((JSON.parse(schema.stdout) as { title: string }).title, 'stave registry');
});
