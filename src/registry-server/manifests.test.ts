import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ServedRegistry } from '../../test/support/served-registry.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';

const NOWHERE = digestOf('nowhere');
const EMPTY = { mediaType: MediaType.ociEmpty, digest: digestOf('{}'), size: 2 };

test('spec "Pushing Manifests": 201 with the place of the bytes, by tag and by digest', async () => {
  await using registry = await ServedRegistry.open();
  const body = await registry.imageBody('app');
  const digest = digestOf(body);
  for (const reference of ['v1', digest]) {
    const { status, headers } = await registry.manifest('app', reference, body);
    assert.deepEqual([status, headers['docker-content-digest']], [201, digest]);
    const got = await registry.send('GET', String(headers['location']));
    assert.deepEqual([got.status, got.text], [200, body]);
  }
});

test('a manifest by sha512 is that for its tags too', async () => {
  await using registry = await ServedRegistry.open();
  const body = await registry.imageBody('app');
  const digest = `sha512:${createHash('sha512').update(body).digest('hex')}`;
  const put = await registry.manifest('app', `${digest}?tag=v1`, body);
  assert.deepEqual([put.status, put.headers['docker-content-digest']], [201, digest]);
  for (const reference of ['v1', digest]) {
    const got = await registry.send('GET', `/v2/app/manifests/${reference}`);
    assert.deepEqual([got.text, got.headers['docker-content-digest']], [body, digest]);
  }
});

test('spec "OCI-Tag": several tags at once, up to a limit', async () => {
  await using registry = await ServedRegistry.open();
  const body = await registry.imageBody('app');
  const digest = digestOf(body);
  const put = await registry.manifest('app', `${digest}?tag=a&tag=b&tag=a`, body);
  assert.deepEqual([put.status, put.headers['oci-tag']], [201, 'a, b']);
  for (const tag of ['a', 'b']) {
    assert.equal((await registry.send('GET', `/v2/app/manifests/${tag}`)).text, body);
  }
  const many = Array.from({ length: 101 }, (_, at) => `tag=t${at}`).join('&');
  assert.equal((await registry.manifest('app', `${digest}?${many}`, body)).status, 414);
  const bad = await registry.manifest('app', `${digest}?tag=good&tag=-bad`, body);
  assert.deepEqual([bad.status, bad.code], [400, 'MANIFEST_INVALID']);
  assert.equal((await registry.send('GET', '/v2/app/manifests/good')).status, 404);
});

test('what a manifest names must be in the repository, but for its subject and foreign layers', async () => {
  await using registry = await ServedRegistry.open();
  await registry.blob('app', '{}');
  await registry.blob('other', 'theirs');
  const image = (layer: object, extra: object = {}): string =>
    JSON.stringify({ schemaVersion: 2, config: EMPTY, layers: [layer], ...extra });
  const layer = { mediaType: MediaType.ociLayer, digest: NOWHERE, size: 7 };
  const theirs = { ...layer, digest: digestOf('theirs'), size: 6 };
  const child = JSON.stringify({
    schemaVersion: 2,
    manifests: [{ mediaType: MediaType.ociManifest, digest: NOWHERE, size: 7 }],
  });
  for (const [type, body] of [
    [MediaType.ociManifest, image(layer)],
    [MediaType.ociManifest, image(theirs)],
    [MediaType.ociIndex, child],
  ] as const) {
    const got = await registry.manifest('app', 'v1', body, type);
    assert.deepEqual([got.status, got.code], [404, 'MANIFEST_BLOB_UNKNOWN']);
  }
  assert.equal((await registry.send('GET', '/v2/app/manifests/v1')).status, 404);
  const wrongSize = await registry.manifest('app', 'v1', image({ ...EMPTY, size: 3 }));
  assert.deepEqual([wrongSize.status, wrongSize.code], [400, 'MANIFEST_INVALID']);
  const foreign = {
    ...layer,
    mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
    urls: ['https://store.example.com/x'],
  };
  assert.equal(
    (await registry.manifest('app', 'v1', image(foreign, { subject: layer }))).status,
    201,
  );
});

test('manifests of any kind are stored as they are', async () => {
  await using registry = await ServedRegistry.open();
  await registry.blob('app', '{}');
  const base = { schemaVersion: 2, config: EMPTY, layers: [] };
  const cases: [type: string, body: string][] = [
    [MediaType.ociManifest, JSON.stringify({ ...base, artifactType: 'application/x' })],
    [MediaType.dockerManifest, JSON.stringify({ ...base, mediaType: MediaType.dockerManifest })],
    [MediaType.ociIndex, '{"schemaVersion":2,"manifests":[]}'],
    ['application/vnd.example.thing+json', '{ "odd": [1, {"x": null}] }'],
  ];
  for (const [type, body] of cases) {
    const put = await registry.manifest('app', 'v1', body, type);
    assert.deepEqual([type, put.status], [type, 201]);
    const got = await registry.send('GET', '/v2/app/manifests/v1');
    assert.deepEqual([got.text, got.headers['content-type']], [body, type]);
  }
});

test('without a telling Content-Type the document says what it is', async () => {
  await using registry = await ServedRegistry.open();
  await registry.blob('app', '{}');
  const cases: [body: object, type: string][] = [
    [{ mediaType: MediaType.dockerManifest, config: EMPTY, layers: [] }, MediaType.dockerManifest],
    [{ config: EMPTY, layers: [] }, MediaType.ociManifest],
    [{ manifests: [] }, MediaType.ociIndex],
  ];
  for (const [fields, type] of cases) {
    const body = JSON.stringify({ schemaVersion: 2, ...fields });
    const put = await registry.manifest('app', 'v1', body, 'application/json');
    assert.equal(put.status, 201);
    const got = await registry.send('HEAD', '/v2/app/manifests/v1');
    assert.equal(got.headers['content-type'], type);
  }
});

test('what is no manifest is 400 MANIFEST_INVALID', async () => {
  await using registry = await ServedRegistry.open();
  await registry.blob('app', '{}');
  const image = { schemaVersion: 2, config: EMPTY, layers: [] as object[] };
  const text = JSON.stringify(image);
  const deep = `{"schemaVersion":2,"config":${JSON.stringify(EMPTY)},"layers":[],"x":${'['.repeat(200)}${']'.repeat(200)}}`;
  const bad: (string | Buffer)[] = [
    '',
    'no json',
    '[]',
    'null',
    text.slice(0, -1),
    text.replace('"layers"', '"schemaVersion":2,"layers"'),
    text.replace('{"mediaType"', '{"size":2,"mediaType"'),
    text.replace('"layers"', '"\\u0063onfig":{},"layers"'),
    deep,
    Buffer.concat([
      Buffer.from(text.slice(0, -1)),
      Buffer.from([0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    ]),
    JSON.stringify({ ...image, schemaVersion: 1 }),
    JSON.stringify({ ...image, mediaType: MediaType.dockerManifest }),
    JSON.stringify({ ...image, manifests: [] }),
    JSON.stringify({ ...image, layers: {} }),
    JSON.stringify({ ...image, layers: undefined }),
    JSON.stringify({ ...image, config: null }),
    JSON.stringify({ ...image, subject: { digest: NOWHERE } }),
    JSON.stringify({ ...image, layers: [{ ...EMPTY, size: -1 }] }),
    JSON.stringify({ ...image, layers: [{ ...EMPTY, size: 2 ** 60 }] }),
    JSON.stringify({ ...image, layers: [{ ...EMPTY, digest: 'sha256:../../etc/passwd' }] }),
    JSON.stringify({ ...image, layers: [{ ...EMPTY, digest: 'sha256:' }] }),
    JSON.stringify({ ...image, annotations: { a: 1 } }),
  ];
  for (const body of bad) {
    const got = await registry.manifest('app', 'v1', body);
    assert.deepEqual(
      [String(body).slice(0, 80), got.status, got.code],
      [String(body).slice(0, 80), 400, 'MANIFEST_INVALID'],
    );
  }
  const type = await registry.manifest('app', 'v1', '{}', 'not a type');
  assert.deepEqual([type.status, type.code], [400, 'MANIFEST_INVALID']);
  assert.deepEqual(registry.failures, []);
});

test('tags and digests that are none, or wrong, are refused', async () => {
  await using registry = await ServedRegistry.open();
  const body = await registry.imageBody('app');
  for (const [reference, code] of [
    ['sha256:baddigeststring', 'DIGEST_INVALID'],
    [NOWHERE, 'DIGEST_INVALID'],
    ['.dot', 'MANIFEST_INVALID'],
    ['a'.repeat(129), 'MANIFEST_INVALID'],
    ['..', 'MANIFEST_INVALID'],
  ] as const) {
    const got = await registry.manifest('app', reference, body);
    assert.deepEqual([reference, got.status, got.code], [reference, 400, code]);
  }
});

test('four mebibytes are taken, more is 413 and can be read', async () => {
  await using registry = await ServedRegistry.open();
  await registry.blob('app', '{}');
  const limit = 4 * 1024 * 1024;
  const start = `{"schemaVersion":2,"config":${JSON.stringify(EMPTY)},"layers":[],"annotations":{"a":"`;
  const full = `${start}${'x'.repeat(limit - start.length - 3)}"}}`;
  assert.equal((await registry.manifest('app', 'v1', full)).status, 201);
  for (const chunked of [false, true]) {
    const got = await registry.send('PUT', '/v2/app/manifests/v1', {
      body: `${full} `,
      chunked,
      headers: { 'content-type': MediaType.ociManifest },
    });
    assert.deepEqual([got.status, got.code], [413, 'SIZE_INVALID']);
  }
});

test('If-Match guards a tag against another push', async () => {
  await using registry = await ServedRegistry.open();
  const first = await registry.image('app', 'v1');
  const body = await registry.imageBody('app', { annotations: { n: '2' } });
  const put = (reference: string, tag: string) =>
    registry.send('PUT', `/v2/app/manifests/${reference}`, {
      body,
      headers: { 'content-type': MediaType.ociManifest, 'if-match': tag },
    });
  assert.equal((await put('v1', `"${NOWHERE}"`)).status, 412);
  assert.equal((await put('none', '*')).status, 412);
  // 405 where nobody could keep to it.
  assert.equal((await put('v1', `"${first}"`)).status, registry.isExact ? 201 : 405);
});

test('spec "Deleting tags": the tag goes, its manifest stays', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.image('app', 'v1');
  assert.equal((await registry.send('DELETE', '/v2/app/manifests/v1')).status, 202);
  assert.equal((await registry.send('DELETE', '/v2/app/manifests/v1')).code, 'MANIFEST_UNKNOWN');
  assert.equal((await registry.send('GET', '/v2/app/manifests/v1')).status, 404);
  assert.equal((await registry.send('GET', `/v2/app/manifests/${digest}`)).status, 200);
});

test('spec "Deleting Manifests": all its tags go with it, and only here', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.image('app', 'v1');
  const body = (await registry.send('GET', '/v2/app/manifests/v1')).text;
  await registry.manifest('app', 'v2', body);
  const none = await registry.send('DELETE', `/v2/none/manifests/${digest}`);
  assert.deepEqual([none.status, none.code], [404, 'NAME_UNKNOWN']);
  assert.equal((await registry.send('DELETE', `/v2/app/manifests/${digest}`)).status, 202);
  for (const path of [`manifests/${digest}`, 'manifests/v1', 'manifests/v2', `blobs/${digest}`]) {
    assert.equal((await registry.send('GET', `/v2/app/${path}`)).status, 404);
  }
  assert.equal((await registry.manifest('app', 'v1', body)).status, 201);
  assert.equal((await registry.send('GET', '/v2/app/manifests/v1')).text, body);
});

test('spec "Deleting Blobs": 202, then 404; a manifest is none', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.image('app', 'v1');
  const got = await registry.send('DELETE', `/v2/app/blobs/${digest}`);
  assert.deepEqual([got.status, got.code], [405, 'UNSUPPORTED']);
  assert.equal((await registry.send('DELETE', `/v2/app/blobs/${digestOf('{}')}`)).status, 202);
  assert.equal((await registry.send('HEAD', `/v2/app/blobs/${digestOf('{}')}`)).status, 404);
});
