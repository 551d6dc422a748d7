import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addContainer, addImage } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import type { Store } from '../../store/store.ts';
import { inspectImage } from './inspect.ts';

/** An index `multi:1` of an image that is here, one that is not, and an attestation. */
function addIndex(store: Store, image: Digest): Digest {
  const here = store.read((tables) => tables.images.get(image)!.manifest);
  const entry = (digest: Digest, architecture: string, annotations?: Record<string, string>) => ({
    mediaType: MediaType.ociManifest,
    digest,
    size: 7,
    platform: { os: architecture === 'unknown' ? 'unknown' : 'linux', architecture },
    ...(annotations && { annotations }),
  });
  const manifests = [
    { ...here, platform: { os: 'linux', architecture: 'amd64' } },
    entry(digestOf('elsewhere'), 'arm64'),
    entry(digestOf('attestation'), 'unknown', {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': here.digest,
    }),
  ];
  const body = JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests });
  const descriptor = { mediaType: MediaType.ociIndex, ...store.blobs.putSync(Buffer.from(body)) };
  store.write((tables) => {
    tables.indexes.put(
      {
        digest: descriptor.digest,
        descriptor,
        storedAt: 0,
        members: [{ image, manifest: { ...here, platform: manifests[0]!.platform } }],
      },
      [],
    );
    tables.images.tag('docker.io/library/multi:1', image, 0, descriptor.digest);
  });
  return descriptor.digest;
}

test('inspectImage() tells what an index lists and what of it is here', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const image = addImage(store, 'one', [], { layers: [{ seed: 'a', size: 1000 }] });
  const container = 'c'.repeat(64);
  addContainer(store, container, image, 'exited');
  const digest = addIndex(store, image);
  const { index, manifest } = await inspectImage(store, 'multi:1');
  assert.equal(index?.descriptor.digest, digest);
  assert.deepEqual(
    index.entries.map(({ kind, available, about, unpacked, containers }) => ({
      kind,
      available,
      about,
      unpacked,
      containers,
    })),
    [
      {
        kind: 'image',
        available: true,
        about: undefined,
        unpacked: 1000,
        containers: [container],
      },
      { kind: 'image', available: false, about: undefined, unpacked: undefined, containers: [] },
      {
        kind: 'attestation',
        available: false,
        about: manifest.digest,
        unpacked: undefined,
        containers: [],
      },
    ],
  );
});

test('inspectImage() tells nothing of the index where one platform is asked for', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  addIndex(store, addImage(store, 'one', ['alone:1']));
  const platform = { os: 'linux', architecture: 'amd64' };
  assert.equal((await inspectImage(store, 'multi:1', platform)).index, undefined);
  assert.equal((await inspectImage(store, 'alone:1')).index, undefined);
});
