import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openStore } from '../store/open-store.ts';
import { helperPath } from '../sys/helper.ts';
import { findConnector, pastaArguments, rootlessNetworks } from './rootless.ts';
import { forwardPorts } from './slirp-ports.ts';

const root = mkdtempSync(join(tmpdir(), 'stave-rootless-'));
after(() => rmSync(root, { recursive: true, force: true }));
const none = helperPath('pasta') ?? helperPath('slirp4netns');
const skip = none === undefined ? 'needs pasta or slirp4netns' : false;

test('findConnector() says what to do where the device for it cannot be used', { skip }, () => {
  assert.throws(() => findConnector(join(root, 'tun')), {
    code: 'NETWORK_SETUP',
    message: /tun is not writable: (pasta|slirp4netns) cannot connect containers/,
  });
});

test('pastaArguments() publishes what was asked for, and nothing else', () => {
  const tcp = { protocol: 'tcp', containerPort: 80 } as const;
  const args = pastaArguments(
    [
      { hostIp: '127.0.0.1', hostPort: 8080, ...tcp },
      { hostIp: '0.0.0.0', hostPort: 8081, ...tcp },
    ],
    '/run/pid',
  );
  const text = args.join(' ');
  assert.match(text, /--tcp-ports 127\.0\.0\.1\/8080:80 --tcp-ports 8081:80 --udp-ports none/);
  assert.match(
    text,
    /--no-map-gw .*--tcp-ns none --udp-ns none --pid \/run\/pid --netns \/proc\/self\/fd\/3$/,
  );
});

test('rootlessNetworks() refuses networks between containers', async () => {
  using store = openStore(join(root, 'store'));
  const networks = rootlessNetworks({ store, stateDir: join(root, 'run') });
  const container = { id: 'a'.repeat(64), name: 'ca', hostname: 'ha' };
  await assert.rejects(networks.prepare(container, { networks: [{ name: 'nosuch' }] }), {
    message: 'network nosuch not found',
  });
  await assert.rejects(
    networks.prepare(container, { networks: [{ name: 'bridge' }, { name: 'bridge' }] }),
    /have the network bridge only/,
  );
  assert.deepEqual(networks.endpoints(container.id), []);
});

test('forwardPorts() tells what slirp4netns said when it would not', async () => {
  const socket = join(root, 'api.sock');
  const asked: unknown[] = [];
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    let text = '';
    connection.on('data', (chunk: Buffer) => (text += chunk.toString()));
    connection.on('end', () => {
      asked.push(JSON.parse(text));
      connection.end(asked.length === 1 ? '{"return":{"id":1}}' : '{"error":{"desc":"in use"}}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  after(() => server.close());
  const port = { hostIp: '127.0.0.1', hostPort: 1, containerPort: 2, protocol: 'tcp' } as const;
  await assert.rejects(forwardPorts(socket, [port, port]), {
    message: 'slirp4netns cannot publish 127.0.0.1:1',
    hint: '{"error":{"desc":"in use"}}',
  });
  assert.deepEqual(asked[0], {
    execute: 'add_hostfwd',
    arguments: { proto: 'tcp', host_addr: '127.0.0.1', host_port: 1, guest_port: 2 },
  });
});
