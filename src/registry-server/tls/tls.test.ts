import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { systemClock } from '../../base/clock.ts';
import { openAccess } from '../access/open-access.ts';
import { openFileStorage } from '../file-storage.ts';
import { openRegistryServer, type RegistryServer, type TlsMaterial } from '../server.ts';
import { hostNames } from './host-names.ts';
import { makeCertificate, ownCertificate } from './self-signed.ts';
import { readTls, WatchedTls } from './tls-files.ts';

const OPENSSL = '/usr/bin/openssl';
const DAY = 24 * 3600 * 1000;

class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'stave-tls-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

interface Seen {
  readonly status: number;
  readonly fingerprint: string;
}

/** Asks over a connection of its own; `ca` is trusted and nothing else. */
function ask(
  url: string,
  ca: Uint8Array,
  client: { readonly cert?: string; readonly key?: string; readonly path?: string } = {},
): Promise<Seen> {
  const { path = '/v2/', ...tls } = client;
  const agent = new Agent({ keepAlive: false });
  return new Promise((resolve, reject) => {
    get(`${url}${path}`, { agent, ca: Buffer.from(ca), ...tls }, (response) => {
      const peer: PeerCertificate = (response.socket as TLSSocket).getPeerCertificate();
      response.resume().on('end', () => {
        resolve({ status: response.statusCode ?? 0, fingerprint: peer.fingerprint256 });
      });
    }).on('error', reject);
  });
}

async function served(
  folder: string,
  tls: TlsMaterial,
  access?: Parameters<typeof openAccess>[0],
): Promise<RegistryServer & AsyncDisposable> {
  const onFailure = (): void => undefined;
  const storage = openFileStorage(join(folder, 'data'), systemClock);
  const opened = access && openAccess(access, { clock: systemClock, onFailure });
  const server = await openRegistryServer({
    host: '127.0.0.1',
    port: 0,
    storage,
    readOnly: false,
    tls,
    access: opened,
    onFailure,
  });
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server.close();
      await storage[Symbol.asyncDispose]();
    },
  };
}

test('makeCertificate() makes what clients trust for each of its names, for a year', async () => {
  using folder = new Folder();
  const now = new Date();
  const made = makeCertificate(
    ['localhost', 'registry.example', '127.0.0.1', '2001:db8::1:0:5'],
    now,
  );
  const certificate = new X509Certificate(made.cert);
  assert.equal(certificate.ca, false);
  assert.equal(certificate.verify(certificate.publicKey), true);
  assert.equal(certificate.checkPrivateKey(createPrivateKey(made.key)), true);
  assert.equal(certificate.checkHost('registry.example'), 'registry.example');
  assert.equal(certificate.checkIP('2001:db8::1:0:5'), '2001:db8::1:0:5');
  assert.equal(certificate.checkIP('127.0.0.2'), undefined);
  assert.ok(certificate.validFromDate < now);
  const days = (certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / DAY;
  assert.ok(days > 365 && days <= 398, String(days));
  await using server = await served(folder.path, made);
  assert.equal((await ask(server.url, made.cert)).status, 200);
  await assert.rejects(ask(server.url, makeCertificate(['127.0.0.1'], now).cert));
});

test('certificates that end after 2049 write the year in four digits', () => {
  const { cert } = makeCertificate(['localhost'], new Date('2049-06-01T00:00:00Z'));
  assert.equal(new X509Certificate(cert).validToDate.toISOString(), '2050-07-02T00:00:00.000Z');
});

test('serial numbers and signatures are DER that a strict parser takes', () => {
  for (let count = 0; count < 50; count += 1) {
    const certificate = new X509Certificate(makeCertificate(['localhost'], new Date()).cert);
    assert.match(certificate.serialNumber, /^4A[0-9A-F]{30}$/);
  }
});

test('ownCertificate() keeps what it made, and makes another for a new name, a near end or a key that others may read', () => {
  using folder = new Folder();
  let now = Date.now();
  const clock = { now: () => new Date(now) };
  const make = (needed: readonly string[], useful: readonly string[] = []): string =>
    ownCertificate(join(folder.path, 'tls'), { needed, useful }, clock).fingerprint;
  const first = make(['localhost'], ['192.0.2.1']);
  assert.equal(make(['localhost', '192.0.2.1'], ['192.0.2.2']), first);
  const second = make(['localhost', 'registry.example']);
  assert.notEqual(second, first);
  const key = join(folder.path, 'tls/key.pem');
  assert.equal(statSync(key).mode & 0o777, 0o600);
  assert.equal(make(['localhost']), second);
  chmodSync(key, 0o644);
  const third = make(['localhost']);
  assert.notEqual(third, second);
  now += 370 * DAY;
  assert.notEqual(make(['localhost']), third);
  writeFileSync(key, 'broken', { mode: 0o600 });
  assert.match(make(['localhost']), /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
});

test('hostNames() has this machine and what is given, and no address that stands for all', () => {
  const { needed } = hostNames(['registry.example', undefined, '0.0.0.0', '::', 'not a name']);
  assert.ok(
    ['registry.example', 'localhost', '127.0.0.1', '::1'].every((one) => needed.includes(one)),
  );
  assert.ok(
    !needed.includes('0.0.0.0') && !needed.includes('::') && !needed.includes('not a name'),
  );
});

test('a certificate that was replaced is shown to new connections; a broken one is not', async () => {
  using folder = new Folder();
  const files = { cert: join(folder.path, 'cert'), key: join(folder.path, 'key') };
  const write = ({ cert, key }: { readonly cert: Buffer; readonly key: Buffer }): void => {
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key);
  };
  const first = makeCertificate(['127.0.0.1'], new Date());
  const second = makeCertificate(['127.0.0.1'], new Date());
  write(first);
  await using server = await served(folder.path, readTls(files));
  const failures: unknown[] = [];
  using watched = new WatchedTls(
    files,
    (next) => server.setTls(next),
    (error) => failures.push(error),
  );
  const before = await ask(server.url, first.cert);
  writeFileSync(files.cert, second.cert);
  watched.look();
  assert.equal(failures.length, 1);
  assert.match(String(failures[0]), /the certificate and its key cannot be used/);
  assert.equal((await ask(server.url, first.cert)).fingerprint, before.fingerprint);
  write(second);
  watched.look();
  const after = await ask(server.url, second.cert);
  assert.equal(after.fingerprint, new X509Certificate(second.cert).fingerprint256);
  rmSync(files.key);
  watched.look();
  assert.equal((await ask(server.url, second.cert)).status, 200);
  assert.equal(failures.length, 2);
});

test(
  'certificates of clients say who they are; without one they are asked for a password or turned away',
  { skip: !existsSync(OPENSSL) && 'there is no openssl' },
  async () => {
    using folder = new Folder();
    const at = (name: string): string => join(folder.path, name);
    const openssl = (...args: readonly string[]): void => {
      execFileSync(OPENSSL, args, { stdio: 'ignore' });
    };
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    for (const ca of ['ca', 'other']) {
      openssl(
        'req',
        '-x509',
        ...ec,
        '-keyout',
        at(`${ca}.key`),
        '-out',
        at(`${ca}.pem`),
        '-subj',
        `/CN=${ca}`,
      );
      openssl('req', ...ec, '-keyout', at(`${ca}-bob.key`), '-out', at('csr'), '-subj', '/CN=bob');
      openssl(
        'x509',
        '-req',
        '-in',
        at('csr'),
        '-CA',
        at(`${ca}.pem`),
        '-CAkey',
        at(`${ca}.key`),
        '-CAcreateserial',
        '-out',
        at(`${ca}-bob.pem`),
      );
    }
    const bob = {
      cert: readFileSync(at('ca-bob.pem'), 'utf8'),
      key: readFileSync(at('ca-bob.key'), 'utf8'),
    };
    const stranger = {
      cert: readFileSync(at('other-bob.pem'), 'utf8'),
      key: readFileSync(at('other-bob.key'), 'utf8'),
    };
    const own = makeCertificate(['127.0.0.1'], new Date());
    const clientCa = readFileSync(at('ca.pem'));
    const settings = {
      certificates: true,
      rules: ['bob:team/**:pull', 'anonymous:public/**:pull'],
    };
    {
      await using server = await served(folder.path, { ...own, clientCa }, settings);
      const status = async (path: string, client = {}): Promise<number> =>
        (await ask(server.url, own.cert, { ...client, path })).status;
      assert.equal(await status('/v2/team/a/tags/list', bob), 404);
      assert.equal(await status('/v2/private/tags/list', bob), 403);
      assert.equal(await status('/v2/team/a/tags/list'), 403);
      assert.equal(await status('/v2/team/a/tags/list', stranger), 403);
      assert.equal(await status('/v2/public/a/tags/list'), 404);
    }
    {
      await using server = await served(
        folder.path,
        { ...own, clientCa, requireClient: true },
        settings,
      );
      assert.equal((await ask(server.url, own.cert, bob)).status, 200);
      await assert.rejects(ask(server.url, own.cert));
      await assert.rejects(ask(server.url, own.cert, stranger));
    }
  },
);

test('the fingerprint is the SHA-256 of the certificate', () => {
  using folder = new Folder();
  const own = ownCertificate(folder.path, { needed: ['localhost'], useful: [] }, systemClock);
  const der = Buffer.from(
    readFileSync(own.path, 'utf8').replaceAll(/-----[^-]+-----|\s/g, ''),
    'base64',
  );
  const hash = createHash('sha256').update(der).digest('hex').toUpperCase();
  assert.equal(own.fingerprint.replaceAll(':', ''), hash);
});
