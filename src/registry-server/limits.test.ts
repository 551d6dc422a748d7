import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { basic, withUsers } from '../../test/support/registry-users.ts';
import { ServedRegistry } from '../../test/support/served-registry.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';

class Hands {
  ms = Date.now();
  now(): Date {
    return new Date(this.ms);
  }
}

/** Sends bytes as they are, and reads until the other side ends. */
function raw(url: string, ...pieces: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    for (const piece of pieces) socket.write(piece);
  });
}

test('requests are limited for each user, and for each address without one', async () => {
  const clock = new Hands();
  await using registry = await ServedRegistry.open({
    clock,
    access: withUsers({ rules: ['anonymous:**:pull'] }),
    limits: { requestsPerSecond: 2 },
  });
  const ask = async (headers = {}): Promise<readonly unknown[]> => {
    const got = await registry.send('GET', '/v2/app/tags/list', { headers });
    return [got.status, got.code, got.headers['retry-after']];
  };
  const missing = [404, 'NAME_UNKNOWN', undefined];
  const tooMany = [429, 'TOOMANYREQUESTS', '1'];
  for (let count = 0; count < 4; count += 1) assert.deepEqual(await ask(), missing);
  assert.deepEqual(await ask(), tooMany);
  for (let count = 0; count < 4; count += 1) assert.deepEqual(await ask(basic('bob')), missing);
  assert.deepEqual(await ask(basic('bob')), tooMany);
  assert.deepEqual(await ask(basic('carol')), missing);
  clock.ms += 1000;
  assert.deepEqual(await ask(), missing);
});

test('blobs above the limit get 413, by their length at once, and nothing of them stays', async () => {
  await using registry = await ServedRegistry.open({ limits: { blobSize: 10 } });
  await registry.blob('app', '0123456789');
  const eleven = '0123456789a';
  const path = `/v2/app/blobs/uploads/?digest=${digestOf(eleven)}`;
  for (const chunked of [false, true]) {
    const got = await registry.send('POST', path, { body: eleven, chunked });
    assert.deepEqual([got.status, got.code], [413, 'SIZE_INVALID']);
  }
  const upload = await registry.upload('app');
  assert.equal((await registry.send('PATCH', upload, { body: '01234567' })).status, 202);
  assert.equal((await registry.send('PATCH', upload, { body: '890' })).status, 413);
  const { headers } = await registry.send('GET', upload);
  assert.equal(headers['range'], '0-7');
});

test('manifests above the limit get 413', async () => {
  await using registry = await ServedRegistry.open({ limits: { manifestSize: 600 } });
  assert.match(await registry.image('app', 'v1'), /^sha256:/);
  const body = await registry.imageBody('app', { annotations: { long: 'x'.repeat(300) } });
  assert.equal((await registry.manifest('app', 'v2', body)).status, 413);
});

test('a repository that is full takes nothing more: 403 before bytes are kept', async () => {
  const clock = new Hands();
  await using registry = await ServedRegistry.open({ clock, limits: { repositorySize: 1000 } });
  const large = 'x'.repeat(600);
  await registry.blob('a', large);
  await registry.blob('b', large);
  const other = 'y'.repeat(600);
  const path = `/v2/a/blobs/uploads/?digest=${digestOf(other)}`;
  for (const chunked of [false, true]) {
    const got = await registry.send('POST', path, { body: other, chunked });
    assert.deepEqual([got.status, got.code], [403, 'DENIED']);
  }
  const small = await registry.blob('b', 'y'.repeat(300));
  const mount = `/v2/a/blobs/uploads/?mount=${small}&from=b`;
  assert.equal((await registry.send('POST', mount)).status, 201);
  const again = await registry.blob('b', 'y'.repeat(99));
  await registry.blob('a', 'z'.repeat(50));
  const second = `/v2/a/blobs/uploads/?mount=${again}&from=b`;
  assert.equal((await registry.send('POST', second)).status, 202);
  const config = { mediaType: MediaType.ociConfig, digest: again, size: 99 };
  const body = JSON.stringify({ schemaVersion: 2, config, layers: [] });
  const got = await registry.manifest('b', 'v1', body);
  assert.deepEqual([got.status, got.code], [403, 'DENIED']);
  const gone = await registry.send('DELETE', `/v2/a/blobs/${digestOf(large)}`);
  assert.equal(gone.status, 202);
  clock.ms += 10_001;
  assert.equal((await registry.send('POST', path, { body: other })).status, 201);
});

test('open uploads are limited for each caller until one of them is over', async () => {
  await using registry = await ServedRegistry.open({ access: withUsers(), limits: { uploads: 2 } });
  const begin = async (who: string): Promise<readonly [number, string]> => {
    const got = await registry.send('POST', '/v2/app/blobs/uploads/', { headers: basic(who) });
    return [got.status, String(got.headers['location'])];
  };
  const [, first] = await begin('alice');
  const [, second] = await begin('alice');
  assert.equal((await begin('alice'))[0], 429);
  assert.equal((await begin('bob'))[0], 202);
  await registry.send('DELETE', first, { headers: basic('alice') });
  assert.equal((await begin('alice'))[0], 202);
  assert.equal((await begin('alice'))[0], 429);
  await registry.send('PUT', `${second}?digest=${digestOf('x')}`, {
    body: 'x',
    headers: basic('alice'),
  });
  assert.equal((await begin('alice'))[0], 202);
});

test('wrong passwords and tokens count for their address, and the health of the registry for nobody', async () => {
  await using registry = await ServedRegistry.open({
    clock: new Hands(),
    access: withUsers(),
    limits: { requestsPerSecond: 1 },
  });
  const ask = async (path: string, headers = {}): Promise<number> =>
    (await registry.send('GET', path, { headers })).status;
  const wrong = { authorization: 'Bearer x' };
  assert.deepEqual([await ask('/v2/', wrong), await ask('/v2/', wrong)], [401, 401]);
  assert.equal(await ask('/v2/', wrong), 429);
  assert.equal(await ask('/livez'), 200);
  assert.equal(await ask('/readyz'), 200);
  assert.equal(await ask('/v2/', basic('bob')), 200);
});

test('uploads that nobody goes on with are forgotten after a day', async () => {
  const clock = new Hands();
  await using registry = await ServedRegistry.open({
    clock,
    access: withUsers(),
    limits: { uploads: 1 },
  });
  const begin = async (): Promise<number> =>
    (await registry.send('POST', '/v2/app/blobs/uploads/', { headers: basic('alice') })).status;
  assert.deepEqual([await begin(), await begin()], [202, 429]);
  clock.ms += 24 * 3600 * 1000 + 1;
  assert.equal(await begin(), 202);
});

test('a head that does not end gets 408', async () => {
  await using registry = await ServedRegistry.open({ limits: { headTime: 0.2 } });
  const text = await raw(registry.url, 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  assert.match(text, /^HTTP\/1\.[01] 408 /);
});

test('a body that stops gets 408, and what came of an upload can be gone on with', async () => {
  await using registry = await ServedRegistry.open({ limits: { silence: 0.2 } });
  const upload = await registry.upload('app');
  const head = `PATCH ${upload} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n`;
  const { hostname, port } = new URL(registry.url);
  const text = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), hostname);
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk.toString();
      if (said.includes('"errors"')) socket.destroy();
    });
    socket.on('close', () => resolve(said));
    socket.write(`${head}abc`);
  });
  assert.match(text, /^HTTP\/1\.1 408 /);
  assert.match(text, /BLOB_UPLOAD_INVALID/);
  const rest = await registry.send('PUT', `${upload}?digest=${digestOf('abcdef')}`, {
    body: 'def',
  });
  assert.equal(rest.status, 201);
});

test('a body that only drips gets 408', async () => {
  await using registry = await ServedRegistry.open({ limits: { silence: 0.4, slowest: 1000 } });
  const upload = await registry.upload('app');
  const { hostname, port } = new URL(registry.url);
  const text = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), hostname);
    const drip = setInterval(() => socket.write('x'), 20);
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk.toString();
      if (said.includes('"errors"')) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drip);
      resolve(said);
    });
    socket.write(`PATCH ${upload} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n`);
  });
  assert.match(text, /^HTTP\/1\.1 408 /);
});
