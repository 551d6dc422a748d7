import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { serveAgent, type AgentSource } from './agent.ts';
import { readSshKey } from './private-key.ts';

const run = promisify(execFile);
const skip = ['/usr/bin/ssh-keygen', '/usr/bin/ssh-add', '/usr/bin/ssh-agent'].every((path) =>
  existsSync(path),
)
  ? false
  : 'needs OpenSSH';
const LOOKS = { mode: 0o600, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'stave-ssh-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function makeKey(directory: string, name: string, ...options: string[]): string {
  const path = join(directory, name);
  execFileSync('/usr/bin/ssh-keygen', ['-q', '-N', '', '-C', name, '-f', path, ...options]);
  return path;
}

async function listed(socket: string): Promise<string> {
  const { stdout } = await run('/usr/bin/ssh-add', ['-L'], { env: { SSH_AUTH_SOCK: socket } });
  return stdout;
}

/** Signs with the agent at a socket, and lets OpenSSH check it. */
async function signs(directory: string, socket: string, key: string): Promise<boolean> {
  const message = join(directory, 'message');
  writeFileSync(message, 'what is signed');
  rmSync(`${message}.sig`, { force: true });
  const sign = ['-Y', 'sign', '-n', 'file', '-f', `${key}.pub`, message];
  await run('/usr/bin/ssh-keygen', sign, { env: { SSH_AUTH_SOCK: socket } });
  const signers = join(directory, 'signers');
  writeFileSync(signers, `me ${readFileSync(`${key}.pub`, 'utf8')}`);
  const check = ['-Y', 'verify', '-f', signers, '-I', 'me', '-n', 'file', '-s', `${message}.sig`];
  execFileSync('/usr/bin/ssh-keygen', check, { input: 'what is signed' });
  return true;
}

const KINDS = [
  ['ed25519', ['-t', 'ed25519']],
  ['rsa', ['-t', 'rsa', '-b', '2048']],
  ['rsa-pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  ['ecdsa-256', ['-t', 'ecdsa', '-b', '256']],
  ['ecdsa-384', ['-t', 'ecdsa', '-b', '384']],
  ['ecdsa-521', ['-t', 'ecdsa', '-b', '521', '-m', 'PKCS8']],
] as const;

test('serveAgent() lists keys of files and signs with them', { skip }, async (t) => {
  const directory = scratch(t);
  const files = KINDS.map(([name, options]) => makeKey(directory, name, ...options));
  const keys = files.map((file) => readSshKey(readFileSync(file, 'utf8'), file));
  await using agent = await serveAgent(directory, { keys }, LOOKS);
  const known = await listed(agent.path);
  for (const file of files) {
    const [type = '', blob = ''] = readFileSync(`${file}.pub`, 'utf8').split(' ');
    assert.ok(known.includes(`${type} ${blob}`), file);
    // The private halves are taken away: only the agent can sign.
    rmSync(file);
    assert.ok(await signs(directory, agent.path, file), file);
  }
});

test('serveAgent() forwards an agent, but nothing that changes it', { skip }, async (t) => {
  const directory = scratch(t);
  const key = makeKey(directory, 'key', '-t', 'ed25519');
  const real = join(directory, 'real');
  const child: ChildProcess = spawn('/usr/bin/ssh-agent', ['-D', '-a', real], { stdio: 'pipe' });
  t.after(() => child.kill());
  await once(child.stdout!, 'data');
  execFileSync('/usr/bin/ssh-add', ['-q', key], { env: { SSH_AUTH_SOCK: real }, stdio: 'ignore' });
  rmSync(key);
  const long = join(directory, 'x'.repeat(120));
  mkdirSync(long);
  const source: AgentSource = { socket: real };
  await using agent = await serveAgent(long, source, { ...LOOKS, mode: 0o622 });
  assert.equal(statSync(agent.path).mode & 0o7777, 0o622);
  // Its own address is too long for a client that has no other way to it.
  const short = join(directory, 'short');
  execFileSync('/bin/ln', ['-s', agent.path, short]);
  assert.match(await listed(short), /^ssh-ed25519 /);
  assert.ok(await signs(directory, short, key));
  await assert.rejects(run('/usr/bin/ssh-add', ['-D'], { env: { SSH_AUTH_SOCK: short } }));
  assert.match(await listed(real), /^ssh-ed25519 /);
});

test('serveAgent() drops whoever talks nonsense, and lives on', { skip }, async (t) => {
  const directory = scratch(t);
  await using agent = await serveAgent(directory, { keys: [] }, LOOKS);
  for (const nonsense of [
    [255, 255, 255, 255],
    [0, 0, 0, 0],
    [0, 0, 0, 3, 13, 0, 0],
  ]) {
    const client = connect(agent.path);
    client.write(Buffer.from(nonsense));
    client.on('error', () => undefined);
    client.resume();
    await once(client, 'close');
  }
  const client = connect(agent.path);
  client.write(Buffer.from([0, 0, 0, 1, 11]));
  const [answer] = (await once(client, 'data')) as [Buffer];
  assert.deepEqual([...answer], [0, 0, 0, 5, 12, 0, 0, 0, 0]);
  client.destroy();
});

test('readSshKey() refuses what needs a passphrase, and what is no key', { skip }, (t) => {
  const directory = scratch(t);
  for (const form of ['RFC4716', 'PEM', 'PKCS8']) {
    const path = join(directory, form);
    const options = ['-q', '-t', 'rsa', '-b', '2048', '-m', form, '-N', 'secret', '-f', path];
    execFileSync('/usr/bin/ssh-keygen', options);
    assert.throws(() => readSshKey(readFileSync(path, 'utf8'), 'my-key'), {
      message: 'my-key is protected by a passphrase',
    });
  }
  for (const text of [
    '',
    'hello',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----',
  ]) {
    assert.throws(() => readSshKey(text, 'my-key'), {
      message: 'my-key is not a private key that can be used',
    });
  }
});
