import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A registry that judges speak to; ended when it leaves its scope. */
export interface RegistryServer extends Disposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
}

/** How a registry is to be. */
export interface ReferenceOptions {
  /** Certificate and key, in files. */
  readonly tls?: Certificate | undefined;
  /** Wants `alice`:`s3cret`, by a file of passwords or with the tokens of a service of ours. */
  readonly password?: 'htpasswd' | 'token' | undefined;
}

/** A certificate for 127.0.0.1, and the authority that made it, in files. */
export interface Certificate {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** A moment in which servers may begin to listen. */
const PAUSE = 50;
const PATIENCE = 30_000;
/** `alice`:`s3cret`. */
const USERS = 'alice:$2b$04$4whJDNL4RTQqwTj3jTClrOAxwNFqk2VlGP.zOP/cjFZK7tvshg83y\n';

/** A certificate in `folder`, made with openssl. */
export function makeCertificate(folder: string): Certificate {
  const openssl = (...args: string[]): void =>
    void execFileSync('/usr/bin/openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-subj', '/CN=judge', '-keyout', 'ca.key', '-out', 'ca.crt');
  openssl('req', ...key, '-subj', '/CN=registry', '-keyout', 'reg.key', '-out', 'reg.csr');
  writeFileSync(join(folder, 'san'), 'subjectAltName=IP:127.0.0.1');
  const sign = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'san'];
  openssl('x509', '-req', '-in', 'reg.csr', ...sign, '-out', 'reg.crt');
  return {
    authority: join(folder, 'ca.crt'),
    certificate: join(folder, 'reg.crt'),
    key: join(folder, 'reg.key'),
  };
}

/** Starts the reference registry of the peers, with a folder of its own in `work`. */
export async function startReference(
  top: string,
  work: string,
  { tls, password }: ReferenceOptions = {},
): Promise<RegistryServer> {
  const port = await freePort();
  const folder = join(work, `reference-${port}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'users'), USERS);
  const service = password === 'token' ? await startTokens(top, folder) : undefined;
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: {
      addr: `127.0.0.1:${port}`,
      ...(tls && { tls: { certificate: tls.certificate, key: tls.key } }),
    },
    ...(password === 'htpasswd' && {
      auth: { htpasswd: { realm: 'judge', path: join(folder, 'users') } },
    }),
    ...(service && { auth: { token: service.settings } }),
  };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
  // The registry would take that variable for one of its own settings.
  const { REGISTRY_AUTH_FILE: _, ...env } = process.env;
  const argv = ['exec', 'docker-registry', 'serve', join(folder, 'config.yml')];
  const server = spawn(join(top, 'scripts/peers.sh'), argv, {
    stdio: 'ignore',
    detached: true,
    env,
  });
  return serving(port, server, service?.process);
}

/** Starts the registry of stave itself; with `token` it gives tokens for passwords itself. */
export async function startOwn(
  top: string,
  work: string,
  { tls, password }: ReferenceOptions = {},
): Promise<RegistryServer> {
  const port = await freePort();
  const argv = ['registry', 'serve', '--addr', `127.0.0.1:${port}`];
  const data = join(work, `own-${port}`);
  const users = `${data}-users`;
  writeFileSync(users, USERS, { mode: 0o600 });
  const flags = [
    ...(tls ? ['--tls-cert', tls.certificate, '--tls-key', tls.key] : []),
    ...(password === undefined ? [] : ['--htpasswd', users]),
    ...(password === 'token' ? ['--tokens'] : []),
  ];
  const server = spawn(join(top, 'bin/stave'), [...argv, ...flags, '--data', data], {
    stdio: 'ignore',
    detached: true,
  });
  return serving(port, server);
}

/** A port of 127.0.0.1 that nobody listens at. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** The token service of the tests, with a certificate of its own. */
async function startTokens(
  top: string,
  folder: string,
): Promise<{ readonly process: ChildProcess; readonly settings: object }> {
  const port = await freePort();
  const { authority, certificate, key } = makeCertificate(folder);
  const program = join(top, 'test/support/token-service.ts');
  const child = spawn(process.execPath, [program, String(port), key, certificate], {
    stdio: 'ignore',
    detached: true,
  });
  const realm = `http://127.0.0.1:${port}/token`;
  await listening(port);
  return {
    process: child,
    settings: { realm, service: 'judge', issuer: 'judge', rootcertbundle: authority },
  };
}

async function serving(
  port: number,
  ...processes: (ChildProcess | undefined)[]
): Promise<RegistryServer> {
  const end = (): void => {
    for (const one of processes) {
      if (one?.pid !== undefined && one.exitCode === null) process.kill(-one.pid, 'SIGTERM');
    }
  };
  try {
    await listening(port);
  } catch (error) {
    end();
    throw error;
  }
  return { host: `127.0.0.1:${port}`, [Symbol.dispose]: end };
}

/** Waits until somebody listens. */
async function listening(port: number): Promise<void> {
  for (let left = PATIENCE; left > 0; left -= PAUSE) {
    const is = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      const say = (answer: boolean) => (): void => {
        socket.destroy();
        resolve(answer);
      };
      socket.once('connect', say(true)).once('error', say(false));
    });
    if (is) return;
    await delay(PAUSE);
  }
  throw new Error(`nobody listens at port ${port}`);
}
