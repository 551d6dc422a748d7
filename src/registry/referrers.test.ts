import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestRegistry, type TestRegistryOptions } from '../../test/support/test-registry.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseReference } from '../oci/reference.ts';
import { openConnections } from './connection.ts';
import { putReferrer, referrersTag } from './referrers.ts';
import { openRepository, type Repository } from './repository.ts';

const TYPE = 'application/vnd.example.note';
const SUBJECT: Descriptor = {
  mediaType: MediaType.ociManifest,
  digest: digestOf('what is talked about'),
  size: 20,
};

async function house(
  options: TestRegistryOptions = {},
): Promise<AsyncDisposable & { registry: TestRegistry; repository: Repository }> {
  const registry = await TestRegistry.open(options);
  const connections = openConnections({ environment: { HOME: '/none' }, pause: 1 });
  const reference = parseReference(`${registry.host}/app`);
  return {
    registry,
    repository: openRepository(connections, reference, { push: true }),
    async [Symbol.asyncDispose]() {
      connections[Symbol.dispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

const note = (repository: Repository, text: string, artifactType = TYPE): Promise<Descriptor> =>
  putReferrer(repository, SUBJECT, {
    artifactType,
    layers: [{ mediaType: 'text/plain', bytes: Buffer.from(text) }],
    annotations: { text },
  });

for (const referrers of [true, false]) {
  const kind = referrers ? 'a registry that answers' : 'a registry that keeps a tag';
  test(`putReferrer() can be found by its subject and type, at ${kind}`, async () => {
    await using at = await house({ referrers });
    const { repository } = at;
    const put = [
      await note(repository, 'a'),
      await note(repository, 'b'),
      await note(repository, 'c'),
      await note(repository, 'd', 'other/type'),
    ];
    const all = await repository.referrers(SUBJECT.digest);
    assert.deepEqual(
      all.map(({ digest }) => digest),
      put.map(({ digest }) => digest),
    );
    assert.deepEqual({ ...all[0], annotations: { ...all[0]?.annotations } }, put[0]);
    const others = await repository.referrers(SUBJECT.digest, { artifactType: 'other/type' });
    assert.deepEqual(
      others.map(({ digest }) => digest),
      [put[3]?.digest],
    );
    const tags = at.registry.count(/^PUT .*manifests\/sha256-/);
    assert.equal(tags, referrers ? 0 : 4);
  });
}

test('referrers() is empty when nobody refers to the manifest', async () => {
  await using at = await house();
  assert.deepEqual(await at.repository.referrers(SUBJECT.digest), []);
});

test('putReferrer() twice is listed once', async () => {
  await using at = await house();
  await note(at.repository, 'a');
  await note(at.repository, 'a');
  assert.equal((await at.repository.referrers(SUBJECT.digest)).length, 1);
});

test('putReferrer() at the same time loses none', async () => {
  await using at = await house();
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map((text) => note(at.repository, text)));
  assert.equal((await at.repository.referrers(SUBJECT.digest)).length, 5);
});

test('a list that somebody else wrote in between is written again', async () => {
  const tag = referrersTag(SUBJECT.digest);
  const other = { mediaType: MediaType.ociManifest, digest: digestOf('other'), size: 5 };
  let puts = 0;
  await using at = await house({
    etags: true,
    fault({ request, url }) {
      if (request.method !== 'PUT' || !url.pathname.endsWith(`/manifests/${tag}`)) return false;
      puts += 1;
      if (puts !== 2) return false;
      const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [other] };
      at.registry.manifests.set(`app/${other.digest}`, { mediaType: '', data: Buffer.alloc(0) });
      at.registry.tag('app', tag, index, MediaType.ociIndex);
      return false;
    },
  });
  await note(at.repository, 'a');
  const { digest } = await note(at.repository, 'b');
  assert.equal(puts, 3);
  const found = await at.repository.referrers(SUBJECT.digest);
  assert.deepEqual(
    found.map((one) => one.digest),
    [other.digest, digest],
  );
});

test('a tag that is no list of referrers is passed over with a warning', async () => {
  await using at = await house();
  const config = at.registry.add('app', Buffer.from('{}'), MediaType.ociEmpty);
  const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [] };
  at.registry.tag('app', referrersTag(SUBJECT.digest), manifest, MediaType.ociManifest);
  const warnings: string[] = [];
  const found = await at.repository.referrers(SUBJECT.digest, {
    progress: (event) => void (event.type === 'warning' && warnings.push(event.message)),
  });
  assert.deepEqual(found, []);
  assert.match(warnings.join('\n'), /:sha256-[0-9a-f]{64} is no list of referrers/);
});

test('referrers() refuses pages without end', async () => {
  let page = 0;
  await using at = await house({
    fault({ response, url, kind }) {
      if (kind !== 'referrers') return false;
      page += 1;
      response.setHeader('link', `<${url.pathname}?n=${page % 3}>; rel="next"`);
      response.setHeader('content-type', MediaType.ociIndex);
      response.end(JSON.stringify({ schemaVersion: 2, manifests: [] }));
      return true;
    },
  });
  await assert.rejects(at.repository.referrers(SUBJECT.digest), /without end/);
});

test('referrersTag() cuts long digests', () => {
  const digest = `sha512:${'ab'.repeat(64)}` as Descriptor['digest'];
  assert.equal(referrersTag(digest), `sha512-${'ab'.repeat(32)}`);
});
