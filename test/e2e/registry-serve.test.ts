import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec, House, program, skip } from './house.ts';

const SKOPEO = '/usr/bin/skopeo';
const OPENSSL = '/usr/bin/openssl';

/** `stave registry serve` on a free port. */
class Served implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
  }

  static async start(data: string, ...flags: readonly string[]): Promise<Served> {
    const args = ['registry', 'serve', '--addr', '127.0.0.1:0', '--data', data, ...flags];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const [, url = ''] = /^listening on (\S+)\n$/.exec(said.toString()) ?? [];
    return new Served(child, url);
  }

  get host(): string {
    return new URL(this.url).host;
  }

  /** The exit code after SIGTERM. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const [code] = (await gone) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'stave-served-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

test(
  'an image goes to our own registry and comes back, also after a restart',
  { skip },
  async () => {
    using folder = new Folder();
    using house = new House();
    house.base();
    const data = join(folder.path, 'data');
    let digest = '';
    {
      await using served = await Served.start(data);
      house.must(['tag', 'base', `${served.host}/team/app:v1`]);
      const stdout = house.must(['push', `${served.host}/team/app:v1`]);
      [, digest = ''] = /digest: (sha256:\S+)/.exec(stdout) ?? [];
      assert.equal(await served.stop(), 0);
    }
    await using served = await Served.start(data, '--read-only');
    const name = `${served.host}/team/app:v1`;
    assert.match(house.must(['pull', name]), new RegExp(`Digest: ${digest}`));
    assert.equal(house.must(['tags', `${served.host}/team/app`]), 'v1\n');
    const refused = house.stave(['push', name.replace('v1', 'v2')]);
    assert.notEqual(refused.code, 0);
  },
);

const withSkopeo = skip !== false ? skip : existsSync(SKOPEO) ? false : 'needs skopeo';
test(
  'skopeo pushes, copies within and reads the folder as a layout',
  { skip: withSkopeo },
  async () => {
    using folder = new Folder();
    using house = new House();
    house.base();
    const data = join(folder.path, 'data');
    const archive = join(folder.path, 'base.tar');
    house.must(['save', '-o', archive, 'base']);
    const skopeo = (...args: string[]): void => {
      const done = exec([
        SKOPEO,
        'copy',
        '--src-tls-verify=false',
        '--dest-tls-verify=false',
        ...args,
      ]);
      assert.equal(done.code, 0, done.stderr);
    };
    await using served = await Served.start(data);
    skopeo(`docker-archive:${archive}`, `docker://${served.host}/a/b:1`);
    skopeo(`docker://${served.host}/a/b:1`, `docker://${served.host}/c:2`);
    skopeo('--format=oci', `docker://${served.host}/c:2`, `docker://${served.host}/c:oci`);
    await served.stop();
    const layout = join(data, 'repositories/c');
    skopeo(`oci:${layout}:oci`, `dir:${join(folder.path, 'out')}`);
    const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
      manifests: unknown[];
    };
    assert.equal(index.manifests.length, 2);
  },
);

const withOpenssl = skip === 'not built' ? skip : existsSync(OPENSSL) ? false : 'needs openssl';
test('with a certificate it speaks HTTPS', { skip: withOpenssl }, async () => {
  using folder = new Folder();
  const [cert, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync(
    OPENSSL,
    ['req', '-x509', ...kind, '-days', '2', ...subject, '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  );
  await using served = await Served.start(
    join(folder.path, 'data'),
    `--tls-cert=${cert}`,
    `--tls-key=${key}`,
  );
  assert.match(served.url, /^https:/);
  const asked = request(`${served.url}/v2/`, { ca: readFileSync(cert), agent: false }).end();
  const [response] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }];
  response.resume();
  assert.equal(response.statusCode, 200);
});

const built = skip === 'not built' ? skip : false;
test('what it cannot be started with is refused in one line', { skip: built }, () => {
  using folder = new Folder();
  const data = join(folder.path, 'data');
  const cases: [args: string[], code: number, message: RegExp][] = [
    [[], 125, /^Error: --data or --s3 is required\n/],
    [['--data', data, '--addr', '5000'], 125, /^Error: invalid address '5000'\n/],
    [['--data', data, '--addr', ':99999'], 125, /^Error: invalid address ':99999'\n/],
    [['--data', data, '--tls-cert', 'x'], 125, /belong together/],
    [['--data', data, '--tls-cert', 'x', '--tls-key', 'y'], 1, /^Error: cannot read \S+\/x\n/],
    [['--data', data, '--htpasswd', 'x'], 1, /^Error: cannot read \S+\/x\n/],
    [['--data', data, '--addr', '192.0.2.1:5000'], 1, /^Error: cannot listen on 192\.0\.2\.1:5000/],
  ];
  for (const [args, code, message] of cases) {
    const done = exec([program, 'registry', 'serve', ...args]);
    assert.deepEqual([args, done.code], [args, code]);
    assert.match(done.stderr, message);
  }
});

test('browsers get a page, unless they shall not', { skip }, async () => {
  using folder = new Folder();
  const ask = async (...flags: readonly string[]): Promise<{ status: number; text: string }> => {
    await using served = await Served.start(join(folder.path, 'data'), ...flags);
    const response = await fetch(`${served.url}/`, { headers: { accept: 'text/html' } });
    return { status: response.status, text: await response.text() };
  };
  const { status, text } = await ask();
  assert.equal(status, 200);
  assert.match(text, /<script type="module" src="\/page\/main-\w+\.js">/);
  assert.equal((await ask('--no-page')).status, 404);
});
