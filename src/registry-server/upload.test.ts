import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { filesOnly, ServedRegistry } from '../../test/support/served-registry.ts';
import { type Digest, digestOf } from '../oci/digest.ts';

const sha512 = (data: string): Digest =>
  `sha512:${createHash('sha512').update(data).digest('hex')}` as Digest;

/** Sends bytes as they are and gives what comes back until `enough`. */
function raw(url: string, text: string, enough: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let got = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      got += chunk.toString();
      if (enough.test(got)) socket.destroy();
    });
    socket.on('close', () => resolve(got));
    socket.write(text);
  });
}

test('spec "POST then PUT": 202 with a place, then 201 with the blob\'s', async () => {
  await using registry = await ServedRegistry.open();
  const begun = await registry.send('POST', '/v2/app/blobs/uploads/');
  assert.equal(begun.status, 202);
  assert.equal(begun.headers['range'], '0-0');
  assert.ok(begun.headers['docker-upload-uuid']);
  const digest = digestOf('bytes');
  const put = await registry.send('PUT', `${String(begun.headers['location'])}?digest=${digest}`, {
    body: 'bytes',
  });
  assert.deepEqual([put.status, put.headers['docker-content-digest']], [201, digest]);
  assert.equal((await registry.send('GET', String(put.headers['location']))).text, 'bytes');
});

test('spec "Single POST": 201 at once', async () => {
  await using registry = await ServedRegistry.open();
  const digest = digestOf('bytes');
  const path = `/v2/app/blobs/uploads?digest=${encodeURIComponent(digest)}`;
  const { status, headers } = await registry.send('POST', path, { body: 'bytes' });
  assert.deepEqual([status, headers['location']], [201, `/v2/app/blobs/${digest}`]);
});

test('spec "Pushing a blob in chunks": each follows the one before, the last may close', async () => {
  await using registry = await ServedRegistry.open();
  const place = await registry.upload('app');
  const chunk = (range: string, body: string, method = 'PATCH', query = '') =>
    registry.send(method, `${place}${query}`, { body, headers: { 'content-range': range } });
  const first = await chunk('0-3', '0123');
  assert.deepEqual([first.status, first.headers['range']], [202, '0-3']);
  for (const wrong of ['5-8', '0-3', '2-5']) {
    const refused = await chunk(wrong, 'xxxx');
    assert.deepEqual([refused.status, refused.headers['range']], [416, '0-3']);
  }
  const state = await registry.send('GET', place);
  assert.deepEqual([state.status, state.headers['range']], [204, '0-3']);
  const digest = digestOf('01234567');
  const out = await chunk('9-12', '4567', 'PUT', `?digest=${digest}`);
  assert.equal(out.status, 416);
  const put = await chunk('4-7', '4567', 'PUT', `?digest=${digest}`);
  assert.equal(put.status, 201);
  assert.equal((await registry.send('GET', place)).code, 'BLOB_UPLOAD_UNKNOWN');
});

test('the first chunk begins at 0, and a Content-Range must be true', async () => {
  await using registry = await ServedRegistry.open();
  const place = await registry.upload('app');
  const cases: [range: string, body: string, chunked: boolean, status: number, code: string][] = [
    ['1-4', '1234', false, 416, 'BLOB_UPLOAD_INVALID'],
    ['0-9', '1234', false, 400, 'SIZE_INVALID'],
    ['0-9', '1234', true, 400, 'SIZE_INVALID'],
    ['0-1', '1234', true, 400, 'SIZE_INVALID'],
    ['3-0', '1234', false, 400, 'SIZE_INVALID'],
    ['-1-3', '1234', false, 400, 'SIZE_INVALID'],
    ['bytes', '1234', false, 400, 'SIZE_INVALID'],
    ['0-99999999999999', '1234', true, 413, 'SIZE_INVALID'],
  ];
  for (const [range, body, chunked, status, code] of cases) {
    const headers = { 'content-range': range };
    const got = await registry.send('PATCH', place, { body, chunked, headers });
    assert.deepEqual([range, got.status, got.code], [range, status, code]);
  }
  const good = await registry.send('PATCH', place, { body: 'ab', chunked: true });
  assert.deepEqual([good.status, good.headers['range']], [202, '0-1']);
});

test('digests that are missing, malformed, unknown or wrong are refused', async () => {
  await using registry = await ServedRegistry.open();
  for (const query of ['', '?digest=', '?digest=sha256:abc', `?digest=md5:${'0'.repeat(32)}`]) {
    const place = await registry.upload('app');
    const got = await registry.send('PUT', place + query, { body: 'x' });
    assert.deepEqual([query, got.status, got.code], [query, 400, 'DIGEST_INVALID']);
    assert.equal((await registry.send('GET', place)).status, 204);
  }
  const wrong = digestOf('other');
  const place = await registry.upload('app');
  for (const [method, path] of [
    ['PUT', `${place}?digest=${wrong}`],
    ['POST', `/v2/app/blobs/uploads/?digest=${wrong}`],
  ] as const) {
    const got = await registry.send(method, path, { body: 'x' });
    assert.deepEqual([got.status, got.code], [400, 'DIGEST_INVALID']);
  }
  assert.equal((await registry.send('HEAD', `/v2/app/blobs/${wrong}`)).status, 404);
});

test('spec "digest-algorithm": sha512 with and without the word', async () => {
  await using registry = await ServedRegistry.open();
  for (const query of ['?digest-algorithm=sha512', '']) {
    const text = `bytes ${query}`;
    const begun = await registry.send('POST', `/v2/app/blobs/uploads/${query}`);
    const place = String(begun.headers['location']);
    await registry.send('PATCH', place, { body: text });
    const digest = sha512(text);
    const put = await registry.send('PUT', `${place}?digest=${digest}`);
    assert.deepEqual([put.status, put.headers['docker-content-digest']], [201, digest]);
    assert.equal((await registry.send('GET', `/v2/app/blobs/${digest}`)).text, text);
  }
  const other = await registry.send('POST', '/v2/app/blobs/uploads/?digest-algorithm=md5');
  assert.deepEqual([other.status, other.code], [400, 'DIGEST_INVALID']);
});

test('spec "Cancel a blob upload": nothing is left', async () => {
  await using registry = await ServedRegistry.open();
  const place = await registry.upload('app');
  assert.equal((await registry.send('DELETE', place)).status, 204);
  assert.equal((await registry.send('DELETE', place)).code, 'BLOB_UPLOAD_UNKNOWN');
  assert.deepEqual(filesOnly ? [] : readdirSync(join(registry.root, 'uploads/app')), []);
});

test('an upload belongs to its repository', async () => {
  await using registry = await ServedRegistry.open();
  const place = (await registry.upload('mine')).replace('/mine/', '/yours/');
  for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
    assert.equal((await registry.send(method, place)).status, 404);
  }
});

test('spec "Mounting a blob": from a repository, from any, or as a new upload', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.blob('source', 'shared');
  const nowhere = digestOf('nowhere');
  const mount = (query: string) => registry.send('POST', `/v2/target/blobs/uploads/?${query}`);
  for (const query of [
    `mount=${digest}&from=none`,
    `mount=${digest}&from=..%2F..`,
    `mount=${nowhere}`,
  ]) {
    const got = await mount(query);
    assert.deepEqual([query, got.status], [query, 202]);
    assert.match(String(got.headers['location']), /^\/v2\/target\/blobs\/uploads\//);
  }
  assert.equal((await registry.send('HEAD', `/v2/target/blobs/${digest}`)).status, 404);
  const got = await mount(`mount=${digest}&from=source`);
  assert.deepEqual([got.status, got.headers['location']], [201, `/v2/target/blobs/${digest}`]);
  assert.equal(got.headers['docker-content-digest'], digest);
  assert.equal((await registry.send('GET', `/v2/target/blobs/${digest}`)).text, 'shared');
  const any = await registry.send('POST', `/v2/third/blobs/uploads/?mount=${digest}`);
  assert.equal(any.status, 201);
});

test('a blob that nobody has any more cannot be mounted', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.blob('app', 'gone');
  assert.equal((await registry.send('DELETE', `/v2/app/blobs/${digest}`)).status, 202);
  assert.equal((await registry.send('GET', `/v2/app/blobs/${digest}`)).code, 'BLOB_UNKNOWN');
  assert.equal((await registry.send('DELETE', `/v2/app/blobs/${digest}`)).status, 404);
  const got = await registry.send('POST', `/v2/other/blobs/uploads/?mount=${digest}`);
  assert.equal(got.status, 202);
});

test('an upload goes on after a restart, whoever hashed its beginning', async () => {
  await using registry = await ServedRegistry.open();
  const place = await registry.upload('app');
  await registry.send('PATCH', place, { body: 'before ' });
  await registry.restart();
  const state = await registry.send('GET', place);
  assert.deepEqual([state.status, state.headers['range']], [204, '0-6']);
  await registry.send('PATCH', place, { body: 'after' });
  const digest = digestOf('before after');
  assert.equal((await registry.send('PUT', `${place}?digest=${digest}`)).status, 201);
});

test('what came before a connection broke is kept', async () => {
  await using registry = await ServedRegistry.open();
  const place = await registry.upload('app');
  const socket = connect(Number(new URL(registry.url).port), '127.0.0.1');
  socket.write(`PATCH ${place} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
  let range: unknown;
  while (range !== '0-3') range = (await registry.send('GET', place)).headers['range'];
  const busy = await registry.send('PATCH', place, { body: 'me too' });
  assert.deepEqual([busy.status, busy.code], [409, 'BLOB_UPLOAD_INVALID']);
  socket.destroy();
  let last = busy;
  while (last.status === 409) last = await registry.send('PATCH', place, { body: ' more' });
  assert.deepEqual([last.status, last.headers['range']], [202, '0-8']);
  const put = await registry.send('PUT', `${place}?digest=${digestOf('half more')}`);
  assert.equal(put.status, 201);
  assert.deepEqual(registry.failures, []);
});

test('a client that waits for a word is told to go on, or why not', async () => {
  await using registry = await ServedRegistry.open();
  const place = await registry.upload('app');
  const head = (path: string): string =>
    `PATCH ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n`;
  const went = await raw(registry.url, `${head(place)}\r\nbody`, /202 Accepted/);
  assert.match(went, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 202/);
  const lost = place.replace(/[0-9a-f]/g, '0');
  const refused = await raw(registry.url, `${head(lost)}\r\n`, /BLOB_UPLOAD_UNKNOWN/);
  assert.match(refused, /^HTTP\/1\.1 404/);
});

test(
  'uploads that nobody goes on with are removed after a day, pieces of killed processes at once',
  { skip: filesOnly },
  async () => {
    await using registry = await ServedRegistry.open();
    const place = await registry.upload('app');
    const { utimesSync } = process.getBuiltinModule('node:fs');
    await registry.restart(() => {
      const [name = ''] = readdirSync(join(registry.root, 'uploads/app'));
      const old = Date.now() / 1000 - 25 * 3600;
      utimesSync(join(registry.root, 'uploads/app', name), old, old);
      writeFileSync(join(registry.root, 'uploads/new-x'), 'a piece');
    });
    assert.equal((await registry.send('GET', place)).status, 404);
    assert.deepEqual(readdirSync(join(registry.root, 'uploads')), ['app']);
  },
);
