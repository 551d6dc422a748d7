import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { filesOnly, ServedRegistry } from '../../test/support/served-registry.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';

/** Sends bytes as they are; what comes back until the end, or until the client goes. */
function raw(url: string, text: string, leaveAfter?: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let got = '';
    socket.on('error', () => undefined);
    socket.on('data', (data) => (got += data.toString()));
    socket.on('close', () => resolve(got));
    socket.write(text);
    if (leaveAfter !== undefined) setTimeout(() => socket.resetAndDestroy(), leaveAfter);
  });
}

test('bodies that never end are cut off at the limit: 413, and nothing is kept', async () => {
  await using registry = await ServedRegistry.open({ limits: { blobSize: 1_000_000 } });
  const flood = (head: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(registry.url).port), '127.0.0.1');
      const piece = Buffer.from(`10000\r\n${'x'.repeat(65536)}\r\n`);
      let got = '';
      const more = (): void => {
        while (!socket.destroyed && socket.write(piece));
      };
      socket.on('drain', more);
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        got += data.toString();
        if (got.includes('"errors"')) socket.destroy();
      });
      socket.on('close', () => resolve(got));
      socket.write(`${head} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
      more();
    });
  const upload = await registry.upload('app');
  for (const head of [
    'PUT /v2/app/manifests/v1',
    `PATCH ${upload}`,
    `POST /v2/app/blobs/uploads/?digest=${digestOf('x')}`,
  ]) {
    const got = await flood(head);
    assert.match(got, /^HTTP\/1\.1 413 /, head);
    assert.match(got, /"SIZE_INVALID"/, head);
  }
  assert.equal((await registry.send('GET', upload)).headers['range'], '0-0');
  assert.deepEqual(registry.failures, []);
});

test('lengths that lie and heads that are none are 400, and end the connection alone', async () => {
  await using registry = await ServedRegistry.open();
  const upload = await registry.upload('app');
  const heads = [
    `PATCH ${upload} HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n`,
    `PATCH ${upload} HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n`,
    `PATCH ${upload} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
    `PATCH ${upload} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc`,
    `PATCH ${upload} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    `GET /v2/ HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n`,
    `GET /v2/ HTTP/9.9\r\nHost: x\r\n\r\n`,
    `GET /v2/ HTTP/1.1\r\n\r\n`,
    'nonsense\r\n\r\n',
  ];
  for (const head of heads)
    assert.match(await raw(registry.url, head), /^HTTP\/1\.[01] 400 /, head);
  const long = `GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`;
  assert.match(await raw(registry.url, long), /^HTTP\/1\.[01] 431 /);
  assert.equal((await registry.send('GET', upload)).headers['range'], '0-0');
  assert.equal((await registry.send('GET', '/v2/')).status, 200);
  assert.deepEqual(registry.failures, []);
});

test('two requests in one stream of bytes do not become one', async () => {
  await using registry = await ServedRegistry.open();
  const upload = await registry.upload('app');
  const got = await raw(
    registry.url,
    `PATCH ${upload} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody` +
      'GET /v2/none/tags/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  assert.deepEqual(got.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 202', 'HTTP/1.1 404']);
});

test(
  'connections that are cut leave uploads of what came, no files besides, and no failures',
  { skip: filesOnly },
  async () => {
    await using registry = await ServedRegistry.open();
    const body = Buffer.alloc(300_000, 'x');
    const digest = await registry.blob('app', body);
    await registry.image('app', 'v1');
    const manifest = 'PUT /v2/app/manifests/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n';
    const whole = `POST /v2/app/blobs/uploads/?digest=${digest} HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n`;
    const cut: Promise<string>[] = [];
    for (let n = 0; n < 20; n += 1) {
      cut.push(raw(registry.url, `GET /v2/app/blobs/${digest} HTTP/1.1\r\nHost: x\r\n\r\n`, n));
      cut.push(
        raw(registry.url, `${manifest}Content-Type: ${MediaType.ociManifest}\r\n\r\n{"sch`, n),
      );
      cut.push(raw(registry.url, `${whole}\r\nxxxx`, n));
    }
    await Promise.all(cut);
    assert.equal((await registry.send('GET', '/v2/app/manifests/v2')).status, 404);
    assert.ok((await registry.send('GET', `/v2/app/blobs/${digest}`)).body.equals(body));
    // A request is over a moment after its connection.
    let left = ['?'];
    for (let tries = 0; left.length > 0 && tries < 500; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      left = readdirSync(join(registry.root, 'uploads/app'));
    }
    assert.deepEqual(left, []);
    assert.deepEqual(registry.failures, []);
  },
);

test('nothing grows by requests that are refused', { skip: filesOnly }, async () => {
  await using registry = await ServedRegistry.open();
  await registry.image('app', 'v1');
  const all = (): string[] =>
    readdirSync(registry.root, { recursive: true })
      .map(String)
      .filter((name) => !/index\.db|index\.json/.test(name))
      .toSorted();
  const before = all();
  for (let n = 0; n < 50; n += 1) {
    const digest = digestOf(`other ${n}`);
    await registry.send('POST', `/v2/new-${n}/blobs/uploads/?digest=${digest}`, {
      body: 'x',
    });
    await registry.send('POST', `/v2/new-${n}/blobs/uploads/?digest=bad`, { body: 'x' });
    await registry.send('PUT', `/v2/new-${n}/manifests/v1`, { body: '{}' });
    await registry.send('PUT', `/v2/app/manifests/${digest}`, { body: '{}' });
    await registry.send('DELETE', `/v2/new-${n}/manifests/v1`);
    await registry.send('GET', `/v2/new-${n}/referrers/${digest}`);
  }
  assert.deepEqual(
    all().filter((name) => !/^uploads\/new-\d+$/.test(name)),
    before,
  );
  const { text } = await registry.send('GET', '/v2/_catalog');
  assert.deepEqual(JSON.parse(text), { repositories: ['app'] });
});

test('no answer tells where things lie, or what failed within', { skip: filesOnly }, async () => {
  await using registry = await ServedRegistry.open();
  await registry.image('app', 'v1');
  const { rmSync, writeFileSync } = process.getBuiltinModule('node:fs');
  const blob = await registry.blob('app', 'bytes');
  const path = join(registry.root, 'repositories/app/blobs/sha256', blob.slice(7));
  rmSync(path);
  writeFileSync(join(registry.root, 'uploads/new'), 'in the way');
  rmSync(join(registry.root, 'repositories/app'), { recursive: true });
  for (const [method, target] of [
    ['GET', `/v2/app/blobs/${blob}`],
    ['GET', '/v2/app/manifests/v1'],
    ['PUT', '/v2/app/manifests/v2'],
    ['POST', '/v2/new/blobs/uploads/'],
    ['DELETE', '/v2/app/manifests/v1'],
  ] as const) {
    const { text, status } = await registry.send(
      method,
      target,
      method === 'GET' ? {} : { body: '' },
    );
    assert.ok(status >= 400, target);
    assert.ok(!text.includes(registry.root) && !/ENO|EEX|node:|\.ts\b/.test(text), text);
  }
});
