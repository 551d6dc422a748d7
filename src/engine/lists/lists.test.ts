import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { putIndex, putRemote } from '../../../test/support/remote-image.ts';
import { TestRegistry } from '../../../test/support/test-registry.ts';
import { MediaType } from '../../oci/media-types.ts';
import { openConnections } from '../../registry/connection.ts';
import { openRepository } from '../../registry/repository.ts';
import { parseReference } from '../../oci/reference.ts';
import type { CombineRequest, Combined, ManifestLists } from '../list-types.ts';
import { combine } from './combine.ts';
import { keptLists } from './kept-lists.ts';
import { manifestLists } from './lists.ts';

interface House extends AsyncDisposable {
  readonly registry: TestRegistry;
  readonly host: string;
  readonly directory: string;
  readonly lists: Omit<ManifestLists, 'combine'>;
  combine(request: CombineRequest): Promise<Combined>;
  /** What a tag points at. */
  index(name: string): Promise<{ mediaType: string; manifests: Entry[]; annotations?: object }>;
}

interface Entry {
  readonly digest: string;
  readonly platform?: {
    readonly os: string;
    readonly architecture: string;
    readonly variant?: string;
  };
  readonly annotations?: Record<string, string>;
}

/** A registry with `app:amd64`, `app:arm64` and, elsewhere, `other/app:arm`. */
async function house(): Promise<House> {
  const directory = mkdtempSync(`${tmpdir()}/stave-lists-`);
  const registry = await TestRegistry.open();
  putRemote(registry, 'app', 'amd64');
  putRemote(registry, 'app', 'arm64', { architecture: 'arm64' });
  putRemote(registry, 'other/app', 'arm', { architecture: 'arm' });
  const connections = openConnections({ environment: {}, pause: 1, stall: 2000, etc: directory });
  const { host } = registry;
  return {
    registry,
    host,
    directory,
    lists: manifestLists({ kept: keptLists(directory), connections: async () => connections }),
    combine: (request) => combine(connections, request, {}),
    async index(name) {
      const repository = openRepository(connections, parseReference(`${host}/${name}`));
      return JSON.parse((await repository.getManifest(undefined)).bytes.toString()) as Awaited<
        ReturnType<House['index']>
      >;
    },
    async [Symbol.asyncDispose]() {
      connections[Symbol.dispose]();
      rmSync(directory, { recursive: true });
      await registry[Symbol.asyncDispose]();
    },
  };
}

const platforms = (entries: readonly Entry[]): string[] =>
  entries.map(({ platform }) => `${platform?.os}/${platform?.architecture}`);

test('create() and push() put images under one name, those from elsewhere by mounts', async () => {
  await using it = await house();
  const { host, lists, registry } = it;
  const members = [`${host}/app:amd64`, `${host}/other/app:arm`];
  assert.equal(await lists.create(`${host}/app:1`, members), `${host}/app:1`);
  const sent = registry.sent;
  const pushed = await lists.push(`${host}/app:1`);
  const index = await it.index('app:1');
  assert.deepEqual(platforms(index.manifests), ['linux/amd64', 'linux/arm']);
  assert.equal(index.mediaType, MediaType.ociIndex);
  assert.ok(registry.manifests.has(`app/${pushed.digest}`));
  assert.ok(registry.count(/^POST .*mount=.*from=other%2Fapp/) > 0);
  // Manifests were read again; the layers, of a mebibyte, were not.
  assert.ok(registry.sent - sent < 100_000);
  assert.ok(await lists.get(`${host}/app:1`));
});

test('push() forgets the list when it is told to', async () => {
  await using it = await house();
  const name = `${it.host}/app:1`;
  await it.lists.create(name, [`${it.host}/app:amd64`]);
  await it.lists.push(name, { purge: true });
  assert.equal(await it.lists.get(name), undefined);
  assert.deepEqual(readdirSync(it.directory), []);
});

test('create() adds to a list only when it is told to', async () => {
  await using it = await house();
  const { host, lists } = it;
  await lists.create(`${host}/app:1`, [`${host}/app:amd64`]);
  await assert.rejects(lists.create(`${host}/app:1`, [`${host}/app:arm64`]), /no --amend flag/);
  await lists.create(`${host}/app:1`, [`${host}/app:arm64`, `${host}/app:amd64`], { amend: true });
  const list = await lists.get(`${host}/app:1`);
  assert.deepEqual(platforms(list?.members ?? []), ['linux/arm64', 'linux/amd64']);
});

test('create() refuses an index, and says which command joins indexes', async () => {
  await using it = await house();
  putIndex(it.registry, 'app', 'all', []);
  await assert.rejects(it.lists.create(`${it.host}/app:1`, [`${it.host}/app:all`]), {
    message: /is a manifest list$/,
    hint: /imagetools create/,
  });
  assert.equal(await it.lists.get(`${it.host}/app:1`), undefined);
});

test('annotate() says what a member is for', async () => {
  await using it = await house();
  const { host, lists } = it;
  await lists.create(`${host}/app:1`, [`${host}/app:amd64`, `${host}/app:arm64`]);
  await lists.annotate(`${host}/app:1`, `${host}/app:arm64`, { variant: 'v8' });
  await lists.push(`${host}/app:1`);
  const { manifests } = await it.index('app:1');
  assert.deepEqual(
    manifests.map(({ platform }) => platform?.variant),
    [undefined, 'v8'],
  );
  await assert.rejects(
    lists.annotate(`${host}/app:1`, `${host}/other/app:arm`, { os: 'linux' }),
    /does not exist in/,
  );
});

test('push() refuses a member that is for nothing', async () => {
  await using it = await house();
  const config = Buffer.from(JSON.stringify({ rootfs: { type: 'layers', diff_ids: [] } }));
  putRemote(it.registry, 'app', 'odd', { config });
  await it.lists.create(`${it.host}/app:1`, [`${it.host}/app:odd`]);
  await assert.rejects(it.lists.push(`${it.host}/app:1`), /must have an OS and Architecture/);
  assert.equal(it.registry.count(/^(?:PUT|POST) /), 0);
});

test('remove() and push() say that there is no such list', async () => {
  await using it = await house();
  await assert.rejects(it.lists.remove('nothing'), /No such manifest list: nothing/);
  await assert.rejects(it.lists.push('nothing'), /No such manifest list: nothing/);
});

test('combine() joins manifests and indexes, each entry once', async () => {
  await using it = await house();
  const { host } = it;
  await it.combine({
    sources: [`${host}/app:amd64`, `${host}/app:arm64`],
    tags: [`${host}/app:1`],
  });
  const both = [`${host}/app:1`, `${host}/app:arm64`, `${host}/other/app:arm`];
  await it.combine({ sources: both, tags: [`${host}/new/app:2`, `${host}/new/app:3`] });
  for (const name of ['new/app:2', 'new/app:3']) {
    const { manifests } = await it.index(name);
    assert.deepEqual(platforms(manifests), ['linux/amd64', 'linux/arm64', 'linux/arm']);
  }
});

test('combine() leaves a single index as it is, and wraps a manifest unless told not to', async () => {
  await using it = await house();
  const { host, registry } = it;
  const entry = {
    ...putRemote(registry, 'app', 'x'),
    platform: { os: 'linux', architecture: 'x' },
  };
  const digest = putIndex(registry, 'app', 'all', [entry]);
  const copied = await it.combine({ sources: [`${host}/app:all`], tags: [`${host}/app:same`] });
  assert.equal(copied.root.digest, digest);
  const wrapped = await it.combine({ sources: [`${host}/app:amd64`] });
  assert.equal(wrapped.root.mediaType, MediaType.ociIndex);
  const plain = await it.combine({ sources: [`${host}/app:amd64`], preferIndex: false });
  assert.equal(plain.root.mediaType, MediaType.ociManifest);
});

test('combine() keeps what is for the platforms, and what is said about it', async () => {
  await using it = await house();
  const { host, registry } = it;
  const of = (architecture: string): { digest: string; platform: object } => ({
    ...putRemote(registry, 'app', architecture, { architecture }),
    platform: { os: 'linux', architecture },
  });
  const [amd64, arm64] = [of('amd64'), of('arm64')];
  const about = (digest: string): object => ({
    ...putRemote(registry, 'app', `about-${digest.slice(7, 15)}`, { architecture: digest }),
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': digest,
    },
  });
  putIndex(registry, 'app', 'all', [amd64, arm64, about(amd64.digest), about(arm64.digest)]);
  const request = {
    sources: [`${host}/app:all`],
    tags: [`${host}/app:arm`],
    platforms: [{ os: 'linux', architecture: 'arm64' }],
    annotations: { a: 'b' },
    entryAnnotations: [{ key: 'c', value: 'd' }],
  };
  await it.combine(request);
  const { manifests, annotations } = await it.index('app:arm');
  assert.deepEqual(annotations, { a: 'b' });
  assert.deepEqual(platforms(manifests), ['linux/arm64', 'unknown/unknown']);
  assert.equal(manifests[0]?.annotations?.['c'], 'd');
  assert.equal(manifests[1]?.annotations?.['c'], undefined);
  const none = { ...request, platforms: [{ os: 'linux', architecture: 's390x' }] };
  await assert.rejects(it.combine(none), /none of the sources is for linux\/s390x/);
});

test('combine() appends to what the tag has', async () => {
  await using it = await house();
  const { host } = it;
  const tags = [`${host}/app:1`];
  await it.combine({ sources: [`${host}/app:amd64`], tags, append: true });
  await it.combine({ sources: [`${host}/app:arm64`], tags, append: true });
  assert.deepEqual(platforms((await it.index('app:1')).manifests), ['linux/amd64', 'linux/arm64']);
});

test('combine() takes descriptors, with the platform that they say', async () => {
  await using it = await house();
  const { host, registry } = it;
  const { mediaType, digest, size } = putRemote(registry, 'app', 'amd64');
  const platform = { os: 'linux', architecture: 'arm', variant: 'v6' };
  const descriptor = JSON.stringify({ mediaType, digest, size, platform });
  await it.combine({ sources: [descriptor], tags: [`${host}/app:1`] });
  assert.equal((await it.index('app:1')).manifests[0]?.platform?.variant, 'v6');
});
