import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, TestRegistry } from '../../test/support/test-registry.ts';
import { once } from '../base/bytes.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseReference } from '../oci/reference.ts';
import { openConnections } from './connection.ts';
import { openRepository } from './repository.ts';
import type { KeptUpload } from './upload.ts';

const MIB = 1024 * 1024;

test('a blob is sent in chunks where its body is too large for the way', async () => {
  const data = Buffer.alloc(40 * MIB, 'abc');
  const sizes: number[] = [];
  await using registry = await TestRegistry.open({
    chunk: 20 * MIB,
    fault({ request, response, kind }) {
      const size = Number(request.headers['content-length']);
      if (kind !== 'upload' || request.method === 'POST') return false;
      sizes.push(size / MIB);
      if (size <= 32 * MIB) return false;
      fail(response, 413, 'SIZE_INVALID', 'too large');
      return true;
    },
  });
  using connections = openConnections({ environment: { HOME: '/none' }, pause: 1 });
  const reference = parseReference(`${registry.host}/app`);
  const repository = openRepository(connections, reference, { push: true });
  const node = { mediaType: MediaType.ociLayer, digest: digestOf(data), size: data.length };
  await repository.putBlob(node, async () => once(data));
  assert.deepEqual(sizes, [40, 20, 20, 0]);
  assert.ok(registry.blobs.get(node.digest)?.equals(data));
});

test('an upload elsewhere is sent nothing of us', async () => {
  const seen: (string | undefined)[] = [];
  await using elsewhere = await TestRegistry.open({
    fault({ request, response }) {
      seen.push(request.headers.authorization);
      request.resume();
      response.writeHead(201).end();
      return true;
    },
  });
  await using registry = await TestRegistry.open({
    auth: 'basic',
    fault({ request, response, kind }) {
      if (kind !== 'upload' || request.headers.authorization === undefined) return false;
      response.writeHead(202, { location: `http://${elsewhere.host}/put?x=1` }).end();
      return true;
    },
  });
  const auth = Buffer.from('alice:s3cret').toString('base64');
  const environment = {
    DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [registry.host]: { auth } } }),
  };
  using connections = openConnections({ environment, pause: 1 });
  const reference = parseReference(`${registry.host}/app`);
  const repository = openRepository(connections, reference, { push: true });
  const data = Buffer.from('data');
  const node = { mediaType: MediaType.ociLayer, digest: digestOf(data), size: data.length };
  await repository.putBlob(node, async () => once(data));
  assert.deepEqual(seen, [undefined]);
  assert.match(elsewhere.log[0] ?? '', /^PUT \/put\?x=1&digest=sha256%3A/);
});

/** What is remembered of uploads, as a store does. */
function memory(before?: string): {
  readonly kept: (name: string) => KeptUpload;
  readonly text: () => string | undefined;
} {
  let text = before;
  const kept: KeptUpload = {
    get text() {
      return text;
    },
    keep: (url) => void (text = url),
    forget: () => void (text = undefined),
    [Symbol.dispose]: () => undefined,
  };
  return { kept: () => kept, text: () => text };
}

test('an upload that another process began is begun anew when other bytes were in it', async () => {
  const data = Buffer.alloc(2 * MIB, 'abc');
  await using registry = await TestRegistry.open();
  using connections = openConnections({ environment: { HOME: '/none' }, pause: 1 });
  const reference = parseReference(`${registry.host}/app`);
  const begun = await fetch(`http://${registry.host}/v2/app/blobs/uploads/`, { method: 'POST' });
  const location = new URL(begun.headers.get('location') ?? '', begun.url);
  const headers = { 'content-range': `0-${MIB - 1}` };
  const wrong = await fetch(location, { method: 'PATCH', body: Buffer.alloc(MIB, 'x'), headers });
  assert.equal(wrong.status, 202);
  const { kept, text } = memory(location.href);
  const repository = openRepository(connections, reference, { push: true, kept });
  const node = { mediaType: MediaType.ociLayer, digest: digestOf(data), size: data.length };
  await repository.putBlob(node, async () => once(data));
  assert.ok(registry.blobs.get(node.digest)?.equals(data));
  assert.equal(text(), undefined);
});

test('what a registry has of an upload is remembered when it cannot be reached, and only then', async () => {
  const data = Buffer.alloc(2 * MIB, 'abc');
  const node = { mediaType: MediaType.ociLayer, digest: digestOf(data), size: data.length };
  for (const status of [503, 403]) {
    await using registry = await TestRegistry.open({
      fault({ request, response }) {
        if (request.method !== 'PUT') return false;
        request.resume();
        fail(response, status, 'UNKNOWN', 'no');
        return true;
      },
    });
    using connections = openConnections({ environment: { HOME: '/none' }, pause: 1, tries: 2 });
    const { kept, text } = memory();
    const reference = parseReference(`${registry.host}/app`);
    const repository = openRepository(connections, reference, { push: true, kept });
    await assert.rejects(repository.putBlob(node, async () => once(data)));
    assert.equal(text() !== undefined, status === 503);
    assert.equal(registry.count(/^DELETE /), status === 503 ? 0 : 1);
  }
});
