import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServedRegistry } from '../../test/support/served-registry.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';

const NOWHERE = digestOf('nowhere');

test('spec "Determining Support": /v2/ answers with and without its slash', async () => {
  await using registry = await ServedRegistry.open();
  for (const path of ['/v2/', '/v2']) {
    const { status, text, headers } = await registry.send('GET', path);
    assert.deepEqual([status, text], [200, '{}']);
    assert.equal(headers['docker-distribution-api-version'], 'registry/2.0');
  }
});

test('spec "Pulling blobs": bytes, digest and length, and HEAD the same without a body', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.blob('team/app', 'some bytes');
  for (const path of [
    `/v2/team/app/blobs/${digest}`,
    `/v2/team%2Fapp/blobs/${digest.replace(':', '%3A')}`,
  ]) {
    const { status, text, headers } = await registry.send('GET', path);
    assert.deepEqual([status, text], [200, 'some bytes']);
    assert.equal(headers['docker-content-digest'], digest);
    assert.equal(headers['content-length'], '10');
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(headers['etag'], `"${digest}"`);
    const head = await registry.send('HEAD', path);
    assert.deepEqual([head.status, head.text], [200, '']);
    assert.equal(head.headers['content-length'], '10');
    assert.equal(head.headers['docker-content-digest'], digest);
  }
});

test('a blob of many pieces comes whole', async () => {
  await using registry = await ServedRegistry.open();
  const data = Buffer.alloc(3_000_001, 'many pieces ');
  const digest = await registry.blob('app', data);
  const { body } = await registry.send('GET', `/v2/app/blobs/${digest}`);
  assert.ok(body.equals(data));
  const empty = await registry.blob('app', '');
  assert.equal((await registry.send('GET', `/v2/app/blobs/${empty}`)).body.length, 0);
});

test('spec "Pulling blobs", ranges: what RFC 9110 says', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.blob('app', '0123456789');
  const cases: [range: string, status: number, text: string, contentRange?: string][] = [
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=9-99999999999999999999', 206, '9', 'bytes 9-9/10'],
    ['bytes=0-1,4-5', 200, '0123456789'],
    ['lines=1-2', 200, '0123456789'],
  ];
  for (const [range, status, text, contentRange] of cases) {
    const got = await registry.send('GET', `/v2/app/blobs/${digest}`, { headers: { range } });
    assert.deepEqual(
      [range, got.status, got.text, got.headers['content-range']],
      [range, status, text, contentRange],
    );
  }
  for (const range of ['bytes=10-', 'bytes=-0', 'bytes=5-2']) {
    const got = await registry.send('GET', `/v2/app/blobs/${digest}`, { headers: { range } });
    assert.deepEqual([got.status, got.headers['content-range']], [416, 'bytes */10']);
  }
  const stale = { range: 'bytes=4-', 'if-range': '"another"' };
  const whole = await registry.send('GET', `/v2/app/blobs/${digest}`, { headers: stale });
  assert.equal(whole.status, 200);
});

test('what has not changed is not sent again', async () => {
  await using registry = await ServedRegistry.open();
  const blob = await registry.blob('app', 'x');
  const manifest = await registry.image('app', 'v1');
  for (const [path, digest] of [
    [`/v2/app/blobs/${blob}`, blob],
    ['/v2/app/manifests/v1', manifest],
  ] as const) {
    const same = { 'if-none-match': `"no", W/"${digest}"` };
    const got = await registry.send('GET', path, { headers: same });
    assert.deepEqual([got.status, got.text, got.headers['etag']], [304, '', `"${digest}"`]);
    const other = await registry.send('GET', path, { headers: { 'if-none-match': '"no"' } });
    assert.equal(other.status, 200);
  }
});

test('spec "Pulling manifests": stored bytes and type by tag and digest, whatever is accepted', async () => {
  await using registry = await ServedRegistry.open();
  const body = await registry.imageBody('app', { annotations: { a: 'b' } });
  const digest = digestOf(body);
  const put = await registry.manifest('app', 'v1', body, `${MediaType.ociManifest}; charset=utf-8`);
  assert.equal(put.headers['docker-content-digest'], digest);
  for (const reference of ['v1', digest]) {
    const path = `/v2/app/manifests/${reference}`;
    const got = await registry.send('GET', path, { headers: { accept: 'text/html' } });
    assert.deepEqual([got.status, got.text], [200, body]);
    assert.equal(got.headers['content-type'], MediaType.ociManifest);
    assert.equal(got.headers['docker-content-digest'], digest);
    const head = await registry.send('HEAD', path);
    assert.deepEqual([head.status, head.text], [200, '']);
    assert.equal(head.headers['content-length'], String(body.length));
  }
});

test('spec "Error Codes": what is not there is 404 with its code', async () => {
  await using registry = await ServedRegistry.open();
  await registry.image('app', 'v1');
  const cases: [path: string, status: number, code: string][] = [
    [`/v2/app/blobs/${NOWHERE}`, 404, 'BLOB_UNKNOWN'],
    [`/v2/none/blobs/${NOWHERE}`, 404, 'NAME_UNKNOWN'],
    [`/v2/app/manifests/${NOWHERE}`, 404, 'MANIFEST_UNKNOWN'],
    ['/v2/app/manifests/none', 404, 'MANIFEST_UNKNOWN'],
    ['/v2/app/manifests/.none', 404, 'MANIFEST_UNKNOWN'],
    ['/v2/none/manifests/v1', 404, 'NAME_UNKNOWN'],
    ['/v2/none/tags/list', 404, 'NAME_UNKNOWN'],
    ['/v2/app/manifests/sha256:baddigeststring', 400, 'DIGEST_INVALID'],
    ['/v2/app/blobs/sha256:bad', 400, 'DIGEST_INVALID'],
    ['/v2/app/blobs/uploads/none', 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['/v2/app/else/list', 404, 'NAME_UNKNOWN'],
    ['/else', 404, 'NAME_UNKNOWN'],
  ];
  for (const [path, status, code] of cases) {
    const got = await registry.send('GET', path);
    assert.deepEqual([path, got.status, got.code], [path, status, code]);
    assert.equal(got.headers['content-type'], 'application/json');
  }
});

test('a blob is seen only where it was pushed or mounted', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.blob('mine', 'secret');
  await registry.blob('yours', 'other');
  const { status } = await registry.send('HEAD', `/v2/yours/blobs/${digest}`);
  assert.equal(status, 404);
});

test('health is told, and what goes beyond the specification', async () => {
  await using registry = await ServedRegistry.open();
  for (const path of ['/livez', '/readyz', '/v2/_oci/ext/discover']) {
    assert.equal((await registry.send('GET', path)).status, 200);
  }
});
