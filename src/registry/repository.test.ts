import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestRegistry, type TestRegistryOptions } from '../../test/support/test-registry.ts';
import { collect, once } from '../base/bytes.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseReference } from '../oci/reference.ts';
import { openConnections } from './connection.ts';
import { openRepository, type Repository } from './repository.ts';
import type { RegistrySettings } from './settings.ts';

const ALICE = JSON.stringify({ auths: {} });

async function house(
  options: TestRegistryOptions = {},
  settings: RegistrySettings = {},
): Promise<
  AsyncDisposable & { registry: TestRegistry; open: (name: string, push?: boolean) => Repository }
> {
  const registry = await TestRegistry.open(options);
  const environment = {
    HOME: '/nonexistent',
    DOCKER_AUTH_CONFIG:
      options.auth === undefined || options.auth === 'anonymous'
        ? ALICE
        : JSON.stringify({
            auths: { [registry.host]: { auth: Buffer.from('alice:s3cret').toString('base64') } },
          }),
  };
  const connections = openConnections({ environment, pause: 1, stall: 2000, ...settings });
  return {
    registry,
    open: (name, push = false) =>
      openRepository(connections, parseReference(`${registry.host}/${name}`), { push }),
    async [Symbol.asyncDispose]() {
      connections[Symbol.dispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

/** An image of one layer under a tag. */
function image(registry: TestRegistry, repository: string, tag: string, layer: Buffer): string {
  const config = registry.add(repository, Buffer.from('{}'), MediaType.ociConfig);
  const layers = [registry.add(repository, layer, MediaType.ociLayer)];
  return registry.tag(
    repository,
    tag,
    { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers },
    MediaType.ociManifest,
  );
}

for (const auth of [undefined, 'basic', 'token', 'anonymous'] as const) {
  test(`a repository gives what it holds, with ${auth ?? 'no'} authentication`, async () => {
    await using at = await house(auth && { auth });
    const layer = Buffer.alloc(300_000, 'x');
    const digest = image(at.registry, 'team/app', 'v1', layer);
    const repository = at.open('team/app:v1');
    assert.equal((await repository.resolve()).digest, digest);
    const manifest = await repository.getManifest(undefined);
    assert.equal(manifest.descriptor.digest, digest);
    const node = { mediaType: MediaType.ociLayer, digest: digestOf(layer), size: layer.length };
    assert.ok((await collect(repository.getBlob(node))).equals(layer));
    assert.deepEqual(await Array.fromAsync(repository.tags()), ['v1']);
    if (auth !== 'token') return;
    assert.deepEqual(new Set(at.registry.scopes), new Set(['repository:team/app:pull']));
    assert.equal(at.registry.scopes.length, 1);
  });

  test(`a repository takes blobs and manifests, with ${auth ?? 'no'} authentication`, async () => {
    await using at = await house(auth && { auth });
    const repository = at.open('team/app', true);
    const data = Buffer.alloc(500_000, 'y');
    const node = { mediaType: MediaType.ociLayer, digest: digestOf(data), size: data.length };
    assert.equal(await repository.hasBlob(node.digest), false);
    assert.equal(await repository.putBlob(node, async () => once(data)), 'done');
    assert.equal(await repository.hasBlob(node.digest), true);
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, config: node, layers: [] }));
    const descriptor = {
      mediaType: MediaType.ociManifest,
      digest: digestOf(bytes),
      size: bytes.length,
    };
    await repository.putManifest({ descriptor, bytes }, 'v2');
    assert.equal(
      (await at.open('team/app:v2').getManifest(undefined)).descriptor.digest,
      descriptor.digest,
    );
  });
}
