import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ServedRegistry } from '../../test/support/served-registry.ts';
import { digestOf } from '../oci/digest.ts';

const CODES = new Set([
  'BLOB_UNKNOWN',
  'BLOB_UPLOAD_INVALID',
  'BLOB_UPLOAD_UNKNOWN',
  'DIGEST_INVALID',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_INVALID',
  'MANIFEST_UNKNOWN',
  'NAME_INVALID',
  'NAME_UNKNOWN',
  'SIZE_INVALID',
  'UNSUPPORTED',
]);

const NAMES = [
  '..',
  '../..',
  '..%2F..%2Fetc',
  '%2e%2e/%2e%2e',
  'a/../b',
  'a//b',
  '/a',
  'a/',
  'A',
  'a+b',
  'a%00b',
  'a%0ab',
  '-a',
  'a-',
  '_a',
  'a..b',
  'a___b',
  '%ff',
  '%',
  'ä',
  'a'.repeat(256),
  'a\\b',
  'a%5cb',
];

test('names that are none are refused everywhere, without a trace', async () => {
  await using registry = await ServedRegistry.open();
  const digest = digestOf('x');
  for (const name of NAMES) {
    const target = encodeURI(name).replaceAll('%25', '%');
    for (const [method, path] of [
      ['POST', `/v2/${target}/blobs/uploads/`],
      ['POST', `/v2/${target}/blobs/uploads/?digest=${digest}`],
      ['GET', `/v2/${target}/blobs/${digest}`],
      ['PUT', `/v2/${target}/manifests/v1`],
      ['GET', `/v2/${target}/manifests/v1`],
      ['DELETE', `/v2/${target}/manifests/v1`],
      ['GET', `/v2/${target}/tags/list`],
      ['GET', `/v2/${target}/referrers/${digest}`],
    ] as const) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : 'x';
      const got = await registry.send(method, path, body === undefined ? {} : { body });
      assert.deepEqual([name, got.status], [name, 400]);
      assert.equal(got.code, 'NAME_INVALID');
      assert.ok(!got.text.includes(registry.root));
    }
  }
  const { text } = await registry.send('GET', '/v2/_catalog');
  assert.deepEqual(JSON.parse(text), { repositories: [] });
  assert.deepEqual(registry.failures, []);
});

test('words of the addresses may be names', async () => {
  await using registry = await ServedRegistry.open();
  for (const name of ['blobs', 'manifests', 'tags/list', 'a/blobs/sha256', 'a/manifests', 'v2']) {
    const digest = await registry.image(name, 'v1');
    const got = await registry.send('GET', `/v2/${name}/manifests/v1`);
    assert.deepEqual([name, got.headers['docker-content-digest']], [name, digest]);
  }
});

test('methods that an address has not are 405 and say which it has', async () => {
  await using registry = await ServedRegistry.open();
  const cases: [method: string, path: string, allow: string][] = [
    ['POST', '/v2/', 'GET, HEAD'],
    ['PUT', '/v2/app/tags/list', 'GET, HEAD'],
    ['POST', '/v2/app/manifests/v1', 'GET, HEAD, PUT, DELETE'],
    ['GET', '/v2/app/blobs/uploads/', 'POST'],
    ['PUT', `/v2/app/blobs/${digestOf('x')}`, 'GET, HEAD, DELETE'],
    ['OPTIONS', '/v2/_catalog', 'GET, HEAD'],
  ];
  for (const [method, path, allow] of cases) {
    const got = await registry.send(method, path);
    assert.deepEqual([path, got.status, got.code], [path, 405, 'UNSUPPORTED']);
    assert.equal(got.headers['allow'], allow);
  }
});

test('a registry that is read-only says so to whatever would change it', async () => {
  await using registry = await ServedRegistry.open({ readOnly: true });
  for (const [method, path] of [
    ['POST', '/v2/app/blobs/uploads/'],
    ['PUT', '/v2/app/manifests/v1'],
    ['DELETE', '/v2/app/manifests/v1'],
    ['DELETE', `/v2/app/blobs/${digestOf('x')}`],
  ] as const) {
    const got = await registry.send(method, path);
    assert.deepEqual([path, got.status, got.code], [path, 405, 'UNSUPPORTED']);
  }
  assert.equal((await registry.send('GET', '/v2/')).status, 200);
});

test('whatever is sent, the answer is one of the specification', async () => {
  await using registry = await ServedRegistry.open();
  await registry.image('app', 'v1');
  const place = await registry.upload('app');
  const odd = ['', '%00', '..', '%2e%2e%2f', "' OR 1=1 --", '{}', '\u{1F600}', 'x'.repeat(3000)];
  const paths = odd
    .map((one) => encodeURI(one).replaceAll('%25', '%'))
    .flatMap((one) => [
      `/v2/app/manifests/${one}`,
      `/v2/app/blobs/${one}`,
      `/v2/app/blobs/uploads/${one}`,
      `/v2/app/referrers/${one}`,
      `/v2/app/tags/list?n=${one}&last=${one}`,
      `/v2/app/referrers/${digestOf('x')}?artifactType=${one}&last=${one}`,
      `${place}?digest=${one}`,
      `/v2/app/blobs/uploads/?mount=${one}&from=${one}`,
      `/v2/_catalog?n=1&last=${one}`,
      `/${one}`,
    ]);
  for (const path of paths) {
    for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE']) {
      const got = await registry.send(method, path);
      assert.ok(got.status < 500, `${method} ${path}: ${got.status}`);
      if (got.status >= 400 && method !== 'HEAD') assert.ok(CODES.has(got.code ?? ''), path);
      assert.ok(!got.text.includes(registry.root));
    }
  }
  assert.deepEqual(registry.failures, []);
});

test('what is no HTTP gets the words that make clients try plain HTTP', async () => {
  await using registry = await ServedRegistry.open();
  const hello = Buffer.from('16030100680100006403034c', 'hex');
  const got = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(registry.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    socket.write(hello);
  });
  assert.match(got, /^HTTP\/1\.0 400 /);
});

test('hundreds of requests go over one connection', async () => {
  await using registry = await ServedRegistry.open();
  await registry.image('app', 'v1');
  for (let n = 0; n < 300; n += 1) {
    const name = n % 2 === 0 ? 'v1' : 'none';
    assert.equal(
      (await registry.send('GET', `/v2/app/manifests/${name}`)).status,
      n % 2 === 0 ? 200 : 404,
    );
  }
});

test('an ending registry lets a request end, and takes none after it', async () => {
  await using registry = await ServedRegistry.open();
  const place = await registry.upload('app');
  const socket = connect(Number(new URL(registry.url).port), '127.0.0.1');
  let got = '';
  socket.on('data', (chunk) => (got += chunk.toString()));
  const over = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`PATCH ${place} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nha`);
  let range: unknown;
  while (range !== '0-1') range = (await registry.send('GET', place)).headers['range'];
  const restarted = registry.restart();
  socket.write('lf');
  await over;
  await restarted;
  assert.match(got, /^HTTP\/1\.1 202 /);
  assert.equal((await registry.send('GET', place)).headers['range'], '0-3');
});
