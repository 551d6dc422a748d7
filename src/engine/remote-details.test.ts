import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putIndex, putRemote } from '../../test/support/remote-image.ts';
import { TestRegistry } from '../../test/support/test-registry.ts';
import { MediaType } from '../oci/media-types.ts';
import { openConnections } from '../registry/connection.ts';
import { remoteDetails } from './remote-details.ts';
import type { RemoteDetails } from './registry-types.ts';

async function details(
  put: (registry: TestRegistry) => void,
  claims = true,
): Promise<RemoteDetails> {
  await using registry = await TestRegistry.open();
  put(registry);
  using connections = openConnections({ environment: {}, pause: 1, stall: 2000 });
  return await remoteDetails(connections, `${registry.host}/app:v1`, claims, {});
}

/** An index over an image for each architecture, each with a claim about how it was built. */
const claimed =
  (...architectures: readonly string[]) =>
  (registry: TestRegistry): void => {
    const entries = architectures.flatMap((architecture) => {
      const image = putRemote(registry, 'app', architecture, { architecture });
      const statement = { predicate: { builder: architecture } };
      const layer = registry.add('app', Buffer.from(JSON.stringify(statement)), MediaType.inToto);
      const annotations = { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' };
      const claim = putRemote(registry, 'app', `claim-${architecture}`, {
        layers: () => [{ ...layer, annotations }],
      });
      return [
        { ...image, platform: { os: 'linux', architecture } },
        {
          ...claim,
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: {
            'vnd.docker.reference.type': 'attestation-manifest',
            'vnd.docker.reference.digest': image.digest,
          },
        },
      ];
    });
    putIndex(registry, 'app', 'v1', entries);
  };

test('remoteDetails() of one image has its config', async () => {
  const { manifest, image } = await details((registry) => void putRemote(registry, 'app', 'v1'));
  assert.equal(manifest['mediaType'], MediaType.ociManifest);
  assert.deepEqual((image as { config: unknown }).config, { Env: ['A=b'] });
});

test('remoteDetails() of an index has configs and claims by platform', async () => {
  const { image, provenance } = await details(claimed('amd64', 'arm64'));
  assert.deepEqual(Object.keys(image as object), ['linux/amd64', 'linux/arm64']);
  assert.deepEqual(provenance, {
    'linux/amd64': { SLSA: { builder: 'amd64' } },
    'linux/arm64': { SLSA: { builder: 'arm64' } },
  });
});

test('remoteDetails() of an index over one image has that image, without a platform before it', async () => {
  const { image, provenance } = await details(claimed('amd64'));
  assert.equal((image as { architecture: string }).architecture, 'amd64');
  assert.deepEqual(provenance, { SLSA: { builder: 'amd64' } });
});

test('remoteDetails() does not fetch claims that nobody asked for', async () => {
  assert.equal((await details(claimed('amd64'), false)).provenance, undefined);
});
