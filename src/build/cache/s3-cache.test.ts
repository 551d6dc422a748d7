import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { collect, once } from '../../base/bytes.ts';
import { openClient } from '../../net/request.ts';
import { encoded, digestOf } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { s3Cache, s3CacheTarget, type S3CachePlace } from './s3-cache.ts';
import type { S3Parts } from '../../s3/requests.ts';
import { signed } from '../../s3/sigv4.ts';

const CREDENTIALS = { accessKeyId: 'id', secretAccessKey: 'secret' };
const NOW = new Date('2026-01-01T00:00:00Z');

/** A bucket that takes only what is signed, and whose bodies are what their signature says. */
async function bucket(t: TestContext): Promise<{
  readonly place: S3CachePlace;
  readonly parts: S3Parts;
  readonly keys: Map<string, Buffer>;
}> {
  const keys = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const answer = (status: number, body: Buffer | string = ''): void =>
      void response.writeHead(status).end(body);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const payload = encoded(digestOf(body));
      const length = request.headers['content-length'];
      const { authorization } = signed(
        {
          method: request.method ?? '',
          url: new URL(request.url ?? '', `http://${request.headers.host}`),
          headers:
            request.method === 'PUT' && length !== undefined ? { 'content-length': length } : {},
          payload,
        },
        CREDENTIALS,
        'r',
        NOW,
      );
      if (authorization !== request.headers.authorization) {
        return answer(403, '<Error><Code>SignatureDoesNotMatch</Code></Error>');
      }
      const key = decodeURIComponent(request.url ?? '');
      if (request.method === 'PUT') keys.set(key, body);
      const found = keys.get(key);
      return found ? answer(200, request.method === 'GET' ? found : '') : answer(404);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = openClient();
  t.after(() => {
    client[Symbol.dispose]();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    keys,
    parts: { client, clock: { now: () => NOW } },
    place: {
      bucket: 'b',
      region: 'r',
      name: 'main',
      prefix: 'team (a)/',
      blobsPrefix: 'blobs/',
      manifestsPrefix: 'manifests/',
      endpoint: `http://127.0.0.1:${port}`,
      pathStyle: true,
      credentials: CREDENTIALS,
    },
  };
}

function node(data: Buffer, mediaType: string) {
  return { mediaType, digest: digestOf(data), size: data.length };
}

test('a cache in a bucket gives what was put there', async (t) => {
  const { place, parts, keys } = await bucket(t);
  const target = s3CacheTarget(place, parts);
  const layer = Buffer.alloc(300_000, 'x');
  const blob = node(layer, MediaType.ociLayerGzip);
  assert.equal(await target.has(blob), false);
  await target.put(blob, once(layer));
  assert.equal(await target.has(blob), true);
  const manifest = Buffer.from('{}');
  const root = node(manifest, MediaType.ociManifest);
  await target.put(root, once(manifest));
  await target.commit(root);
  assert.deepEqual(
    [...keys.keys()].sort((a, b) => (a < b ? -1 : 1)),
    [
      `/b/team (a)/blobs/${blob.digest}`,
      `/b/team (a)/blobs/${root.digest}`,
      '/b/team (a)/manifests/main',
    ].sort((a, b) => (a < b ? -1 : 1)),
  );

  const source = s3Cache(place, parts);
  assert.deepEqual(await source.root(), root);
  assert.ok((await collect(await source.fetch(root))).equals(manifest));
  assert.ok((await collect(await source.fetch(blob))).equals(layer));
});

test('a bucket that refuses is quoted, and one without the cache is said to be so', async (t) => {
  const { place, parts } = await bucket(t);
  await assert.rejects(s3Cache(place, parts).root(), /s3:\/\/b\/team \(a\)\/main holds no/);
  const wrong = { ...place, credentials: { ...CREDENTIALS, secretAccessKey: 'other' } };
  await assert.rejects(s3Cache(wrong, parts).root(), /answers 403 \(SignatureDoesNotMatch\)/);
});
