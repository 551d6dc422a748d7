import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec, House, program, skip } from './house.ts';

const SKOPEO = '/usr/bin/skopeo';
const withSkopeo = skip !== false ? skip : existsSync(SKOPEO) ? false : 'needs skopeo';

/** A registry with TLS that it made itself, and one user. */
class Secured implements AsyncDisposable {
  readonly folder: string;
  readonly host: string;
  /** What it says of its certificate. */
  readonly said: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, host: string, said: string, child: ChildProcess) {
    this.folder = folder;
    this.host = host;
    this.said = said;
    this.#child = child;
  }

  static async start(...flags: readonly string[]): Promise<Secured> {
    const folder = mkdtempSync(join(tmpdir(), 'stave-secured-'));
    const users = join(folder, 'users');
    const made = exec([program, 'registry', 'htpasswd', '--cost', '4', 'alice'], {
      input: 's3cret\n',
    });
    assert.match(made.stdout, /^alice:\$2y\$04\$\S{53}\n$/);
    writeFileSync(users, made.stdout);
    const args = ['--addr', '127.0.0.1:0', '--data', join(folder, 'data'), '--htpasswd', users];
    const child = spawn(program, ['registry', 'serve', '--tls-self-signed', ...args, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const trusted = new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('ca.crt')) resolve();
      });
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    await trusted;
    const [, host = ''] = /^listening on https:\/\/(\S+)\n$/.exec(line.toString()) ?? [];
    return new Secured(folder, host, said, child);
  }

  get certificate(): string {
    return join(this.folder, 'data/tls/cert.pem');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
    rmSync(this.folder, { recursive: true });
  }
}

test(
  'a first try with TLS: it says its fingerprint and how clients trust it, and skopeo does',
  { skip: withSkopeo },
  async () => {
    using house = new House();
    house.base();
    for (const flags of [[], ['--tokens']]) {
      await using served = await Secured.start(...flags);
      const { fingerprint256 } = new X509Certificate(readFileSync(served.certificate));
      assert.ok(served.said.includes(fingerprint256), served.said);
      assert.ok(served.said.includes(`/etc/docker/certs.d/${served.host}/ca.crt`), served.said);
      const trusted = join(served.folder, 'certs');
      mkdirSync(trusted);
      writeFileSync(join(trusted, 'ca.crt'), readFileSync(served.certificate));
      const archive = join(served.folder, 'base.tar');
      house.must(['save', '-o', archive, 'base']);
      const push = (creds: string): ReturnType<typeof exec> =>
        exec([
          SKOPEO,
          'copy',
          `--dest-cert-dir=${trusted}`,
          `--dest-creds=${creds}`,
          `docker-archive:${archive}`,
          `docker://${served.host}/team/app:1`,
        ]);
      assert.notEqual(push('alice:wrong').code, 0);
      const done = push('alice:s3cret');
      assert.equal(done.code, 0, done.stderr);
      const copied = exec([
        SKOPEO,
        'copy',
        `--src-cert-dir=${trusted}`,
        '--src-creds=alice:s3cret',
        `docker://${served.host}/team/app:1`,
        `dir:${join(served.folder, 'out')}`,
      ]);
      assert.equal(copied.code, 0, copied.stderr);
    }
  },
);

test('SIGHUP goes on in a new file for the log', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stave-log-'));
  try {
    const log = join(folder, 'audit');
    await using served = await Secured.start('--audit-log', log, '--audit-reads');
    const ask = async (path: string): Promise<void> => {
      const { Agent, get } = await import('node:https');
      const agent = new Agent({ keepAlive: false, ca: readFileSync(served.certificate) });
      const [response] = (await once(
        get(`https://${served.host}${path}`, { agent }),
        'response',
      )) as [NodeJS.ReadableStream & { resume(): void }];
      response.resume();
      await once(response, 'end');
    };
    await ask('/livez');
    renameSync(log, `${log}.1`);
    served.signal('SIGHUP');
    while (!existsSync(log)) await ask('/livez');
    // A line is written when its answer has been sent.
    const lines = (): readonly string[] => readFileSync(log, 'utf8').trimEnd().split('\n');
    while (lines().length < 2) await ask('/livez');
    for (const line of lines()) {
      assert.equal((JSON.parse(line) as { path: string }).path, '/livez');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test(
  'flags that contradict each other, and files with something else in them, are refused with one line',
  { skip },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'stave-refused-'));
    try {
      const users = join(folder, 'users');
      writeFileSync(users, '# none\nalice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n');
      const none = join(folder, 'none');
      writeFileSync(none, '');
      const cases: [readonly string[], RegExp][] = [
        [['--htpasswd', users], /users, line 2: the hash is not one of bcrypt/],
        [['--htpasswd', join(folder, 'missing')], /cannot read .*missing/],
        [['--tokens'], /tokens are given to users, and there is no file of them/],
        [['--allow', 'alice:x'], /invalid rule "alice:x"/],
        [['--tls-self-signed', '--tls-cert', 'a', '--tls-key', 'b'], /give one of them/],
        [['--tls-client-ca', 'a'], /--tls-client-ca needs TLS/],
        [['--tls-self-signed', '--tls-require-client'], /needs --tls-client-ca/],
        [['--token-realm', 'https://a/t'], /--token-realm needs/],
        [
          [
            '--token-realm',
            'https://a/t',
            '--token-service',
            's',
            '--token-issuer',
            'i',
            '--token-keys',
            'http://a/k',
            '--htpasswd',
            none,
          ],
          /decides alone/,
        ],
        [['--trusted-proxy', '10.0.0.0/33'], /"10.0.0.0\/33" is neither/],
        [['--external-url', 'registry.example'], /is no URL of a registry/],
        [['--htpasswd', none, '--tokens', '--token-life', '5s'], /a minute at least/],
        [['--max-uploads', '0'], /--max-uploads must be more than 0/],
        [['--audit-reads'], /--audit-reads needs --audit-log/],
        [['--audit-log', join(folder, 'no/such/folder')], /cannot write/],
      ];
      for (const [flags, message] of cases) {
        const data = join(folder, 'data');
        const { code, stderr } = exec([
          program,
          'registry',
          'serve',
          '--addr',
          '127.0.0.1:0',
          '--data',
          data,
          ...flags,
        ]);
        assert.notEqual(code, 0);
        assert.match(stderr, message);
        assert.doesNotMatch(stderr, / {4}at /);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
