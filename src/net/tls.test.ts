import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createProxy, type IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { collect } from '../base/bytes.ts';
import { openClient, type HttpOptions, type TlsSettings } from './request.ts';

const OPENSSL = '/usr/bin/openssl';
const skip = existsSync(OPENSSL) ? false : 'needs openssl (package openssl)';
const folder = mkdtempSync(join(tmpdir(), 'tls-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function certificate(name: string): { cert: string; key: string } {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x';
  const names = ['-addext', `subjectAltName=${name}`, '-keyout', key, '-out', cert];
  execFileSync(OPENSSL, [...args.split(' '), ...names], { stdio: 'ignore' });
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

async function listening(server: Server): Promise<AsyncDisposable & { port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

async function ask(url: string, tls: TlsSettings, options: HttpOptions = {}): Promise<string> {
  using client = openClient(options);
  const { body } = await client.request(url, { tls });
  return (await collect(body)).toString();
}

test('request() trusts authorities it is given, and nobody else', { skip }, async () => {
  const own = certificate('IP:127.0.0.1');
  await using house = await listening(createServer(own, (_, response) => void response.end('x')));
  const url = `https://127.0.0.1:${house.port}/`;
  assert.equal(await ask(url, { ca: [own.cert] }), 'x');
  assert.equal(await ask(url, { verify: false }), 'x');
  await assert.rejects(ask(url, {}), /its certificate is signed by nobody known/);
});

test('request() refuses a certificate for another host', { skip }, async () => {
  const other = certificate('DNS:other.test');
  await using house = await listening(createServer(other, (_, response) => void response.end('x')));
  await assert.rejects(
    ask(`https://127.0.0.1:${house.port}/`, { ca: [other.cert] }),
    /its certificate is for another host/,
  );
});

test('request() speaks TLS with the server through a tunnel', { skip }, async () => {
  const own = certificate('DNS:stave.test');
  await using house = await listening(createServer(own, (_, response) => void response.end('in')));
  const server = createProxy();
  const asked: (string | undefined)[] = [];
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url, request.headers['proxy-authorization']);
    const there = connect(house.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    socket.on('error', () => there.destroy());
    there.on('error', () => socket.destroy());
  });
  await using proxy = await listening(server);
  const settings = { https: `http://u:p@127.0.0.1:${proxy.port}` };
  assert.equal(await ask('https://stave.test/', { ca: [own.cert] }, { proxy: settings }), 'in');
  assert.deepEqual(asked, ['stave.test:443', 'Basic dTpw']);
});

test('request() speaks no TLS before 1.2', { skip }, async () => {
  const own = certificate('IP:127.0.0.1');
  const old = { ...own, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' };
  await using server = await listening(
    createServer(old as Parameters<typeof createServer>[0], (_, answer) => void answer.end('old')),
  );
  const url = `https://127.0.0.1:${server.port}/`;
  await assert.rejects(ask(url, { verify: false }), { code: 'NETWORK' });
});
