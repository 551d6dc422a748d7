import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remoteParts } from '../../test/support/remote-image.ts';
import { fail, TestRegistry } from '../../test/support/test-registry.ts';
import { collect, once } from '../base/bytes.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseReference } from '../oci/reference.ts';
import { copy } from '../transport/copy.ts';
import type { Source } from '../transport/transport.ts';
import { openConnections } from './connection.ts';
import { RegistryDestination } from './registry-destination.ts';
import { RegistrySource } from './registry-source.ts';
import { openRepository, type Repository, type RepositoryOptions } from './repository.ts';

const SETTINGS = { environment: { HOME: '/none' }, pause: 1, stall: 500 };

/** A repository of a registry, and what closes the way to it. */
function opened(
  registry: TestRegistry,
  options: RepositoryOptions = { push: true },
): Repository & Disposable {
  const connections = openConnections(SETTINGS);
  const repository = openRepository(
    connections,
    parseReference(`${registry.host}/app:v1`),
    options,
  );
  return Object.assign(repository, { [Symbol.dispose]: () => connections[Symbol.dispose]() });
}

function nodeOf(data: Buffer, mediaType: string = MediaType.ociLayer): Descriptor {
  return { mediaType, digest: digestOf(data), size: data.length };
}

/** Blobs and a manifest over them in memory. */
function source(
  config: Buffer,
  layers: readonly (readonly [Descriptor, Buffer | undefined])[],
): Source {
  const blobs = new Map<Digest, Buffer | undefined>(
    layers.map(([{ digest }, data]) => [digest, data]),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: nodeOf(config, MediaType.ociConfig),
      layers: layers.map(([node]) => node),
    }),
  );
  blobs.set(digestOf(config), config).set(digestOf(manifest), manifest);
  return {
    label: 'memory',
    root: async () => nodeOf(manifest, MediaType.ociManifest),
    async fetch({ digest }) {
      const data = blobs.get(digest);
      if (!data) throw new Error(`${digest} was asked for`);
      return once(data);
    },
  };
}

test('putTags() puts several tags in one request where the registry takes them', async () => {
  const takes = { all: true };
  await using registry = await TestRegistry.open({
    fault({ request, response, url, kind }) {
      const tags = url.searchParams.getAll('tag');
      if (kind === 'manifest' && request.method === 'PUT' && tags.length > 0) {
        response.setHeader('oci-tag', takes.all ? tags : tags.slice(0, 1));
      }
      return false;
    },
  });
  using repository = opened(registry);
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] }),
  );
  const put = { descriptor: nodeOf(manifest, MediaType.ociIndex), bytes: manifest };
  await repository.putTags(put, ['v1', 'v2', 'latest']);
  assert.deepEqual(
    registry.log.filter((line) => line.startsWith('PUT')),
    [`PUT /v2/app/manifests/${put.descriptor.digest}?tag=v1&tag=v2&tag=latest`],
  );
  takes.all = false;
  await repository.putTags(put, ['v1', 'v2', 'latest']);
  assert.deepEqual(registry.log.filter((line) => line.startsWith('PUT')).slice(2), [
    'PUT /v2/app/manifests/v2',
    'PUT /v2/app/manifests/latest',
  ]);
});

test('putTags() puts one tag after the other where a registry does not know of several', async () => {
  await using registry = await TestRegistry.open({
    fault({ response, url }) {
      if (!url.searchParams.has('tag')) return false;
      fail(response, 400, 'UNSUPPORTED', 'what is this?');
      return true;
    },
  });
  using repository = opened(registry);
  const bytes = Buffer.from('{"schemaVersion":2,"manifests":[]}');
  await repository.putTags({ descriptor: nodeOf(bytes, MediaType.ociIndex), bytes }, ['v1', 'v2']);
  assert.ok(registry.manifests.has('app/v1') && registry.manifests.has('app/v2'));
});

test('a blob is sent in pieces of the size that was asked for', async () => {
  const data = Buffer.alloc(2_500_000, 'abc');
  const sizes: number[] = [];
  await using registry = await TestRegistry.open({
    fault({ request, kind }) {
      if (kind === 'upload' && request.method !== 'POST') {
        sizes.push(Number(request.headers['content-length']));
      }
      return false;
    },
  });
  using repository = opened(registry, { push: true, chunk: 1_000_000 });
  await repository.putBlob(nodeOf(data), async () => once(data));
  assert.deepEqual(sizes, [1_000_000, 1_000_000, 500_000, 0]);
  assert.ok(registry.blobs.get(digestOf(data))?.equals(data));
});

test('an upload that is given up is cancelled', async () => {
  const stop = new AbortController();
  await using registry = await TestRegistry.open({
    fault({ request, kind }) {
      if (kind !== 'upload' || request.method !== 'PUT') return false;
      stop.abort(new Error('enough'));
      return true;
    },
  });
  using repository = opened(registry);
  const data = Buffer.from('data');
  const sent = repository.putBlob(nodeOf(data), async () => once(data), { signal: stop.signal });
  await assert.rejects(sent);
  assert.equal(registry.count(/^DELETE \/v2\/app\/blobs\/uploads\/[^?]+\?state=a%2Fb$/), 1);
});

test('an upload that the registry refuses is cancelled', async () => {
  await using registry = await TestRegistry.open({
    fault({ request, response, kind }) {
      if (kind !== 'upload' || request.method !== 'PUT') return false;
      request.resume();
      fail(response, 400, 'DIGEST_INVALID', 'no');
      return true;
    },
  });
  using repository = opened(registry);
  const data = Buffer.from('data');
  await assert.rejects(
    repository.putBlob(nodeOf(data), async () => once(data)),
    /DIGEST_INVALID|no/,
  );
  assert.equal(registry.count(/^DELETE .*uploads/), 1);
});

test('what a descriptor brings itself is not fetched', async () => {
  await using registry = await TestRegistry.open();
  using repository = opened(registry);
  const data = Buffer.from('inline');
  const good = { ...nodeOf(data), data: data.toString('base64') };
  const other = Buffer.from('other');
  const wrong = { ...nodeOf(other), data: data.toString('base64') };
  const from = source(Buffer.from('{}'), [
    [good, undefined],
    [wrong, other],
  ]);
  await copy(from, new RegistryDestination(repository, { tags: ['v1'] }));
  assert.ok(registry.links.has(`app/${good.digest}`) && registry.links.has(`app/${wrong.digest}`));
});

test('layers that are not to be handed on are left out of a push unless asked for', async () => {
  await using registry = await TestRegistry.open({
    fault({ request, response, kind }) {
      if (kind !== 'manifest' || request.method !== 'PUT') return false;
      request.resume();
      response.writeHead(201).end();
      return true;
    },
  });
  using repository = opened(registry);
  const data = Buffer.from('foreign');
  const node = {
    ...nodeOf(data, MediaType.dockerForeignGzip),
    urls: ['https://example.com/layer'],
  };
  const from = source(Buffer.from('{}'), [[node, data]]);
  await copy(from, new RegistryDestination(repository));
  assert.equal(registry.links.has(`app/${node.digest}`), false);
  await copy(from, new RegistryDestination(repository, { foreign: true }));
  assert.equal(registry.links.has(`app/${node.digest}`), true);
});

test('a layer that a registry has not got is had from where its descriptor says, without credentials', async () => {
  const { small } = remoteParts();
  const seen: (string | undefined)[] = [];
  await using elsewhere = await TestRegistry.open({
    fault({ request, response, url }) {
      seen.push(request.headers.authorization);
      if (url.pathname === '/layer') response.end(small);
      else response.writeHead(404).end();
      return true;
    },
  });
  await using registry = await TestRegistry.open({ auth: 'anonymous' });
  using repository = opened(registry, {});
  const at = `http://${elsewhere.host}`;
  const node = {
    ...nodeOf(small, MediaType.dockerForeignGzip),
    urls: ['file:///etc/passwd', `${at}/gone`, `${at}/layer`],
  };
  const bytes = await new RegistrySource(repository).fetch(node);
  assert.ok((await collect(bytes)).equals(small));
  assert.deepEqual(seen, [undefined, undefined]);
  const gone = new RegistrySource(repository).fetch({ ...node, urls: [`${at}/gone`] });
  await assert.rejects(
    gone.then((stream) => collect(stream)),
    /blob unknown/,
  );
});
