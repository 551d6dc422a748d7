import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { after, test } from 'node:test';
import { needsRoot } from '../../test/scratch-images.ts';
import { openClient } from '../net/request.ts';
import { openEndpoint } from './endpoint.ts';
import type { RegistrySettings } from './settings.ts';

const servers: Server[] = [];

after(() => {
  for (const server of servers) server.close();
});

/** Listens; gives the port. */
async function listen(host: string, port: number, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function endpoint(host: string, settings: RegistrySettings = {}): Promise<string> {
  using client = openClient({ stall: 5000 });
  return (await openEndpoint(host, { client, settings, tls: () => ({}) }, {})).href;
}

test('openEndpoint() asks nothing of a registry that is to speak TLS', async () => {
  assert.equal(await endpoint('reg.invalid:5000'), 'https://reg.invalid:5000/');
  assert.equal(await endpoint('docker.io'), 'https://registry-1.docker.io/');
});

test('openEndpoint() takes what answers at a port, whatever it says', async () => {
  for (const status of [200, 401, 404, 500]) {
    const port = await listen('127.0.0.1', 0, (_, response) => {
      response.writeHead(status).end();
    });
    assert.equal(await endpoint(`127.0.0.1:${port}`), `http://127.0.0.1:${port}/`);
  }
});

test('openEndpoint() shows nothing of us', async () => {
  const seen: object[] = [];
  const port = await listen('127.0.0.1', 0, ({ headers }, response) => {
    seen.push({ authorization: headers.authorization, cookie: headers.cookie });
    response.end();
  });
  await endpoint(`127.0.0.1:${port}`);
  assert.deepEqual(seen, [{ authorization: undefined, cookie: undefined }]);
});

test(
  'openEndpoint() asks at port 80 where nobody listens for TLS at this machine',
  { skip: needsRoot },
  async () => {
    const host = `127.${process.pid % 200}.77.1`;
    await assert.rejects(endpoint(host), { code: 'NETWORK' });
    await listen(host, 80, (_, response) => void response.end());
    assert.equal(await endpoint(host), `http://${host}/`);
  },
);
