import assert from 'node:assert/strict';
import { MediaType } from '../../src/oci/media-types.ts';
import { putIndex, putRemote, type LooseDescriptor } from '../support/remote-image.ts';
import { digestOf, type TestRegistry } from '../support/test-registry.ts';
import type { PullScenario, PullScenarios } from './scenario.ts';

type Entry = LooseDescriptor & { id?: string };

/** An entry of an index: an image that this registry has. */
const image = (registry: TestRegistry, architecture: string, more: object = {}): Entry => {
  const { id, ...own } = putRemote(registry, 'team/app', `own-${architecture}`, { architecture });
  assert.ok(id);
  const os = 'os' in more ? more.os : 'linux';
  return { ...own, platform: { ...more, os, architecture } };
};

/** What a build says of itself, in an entry of its own. */
const claim = (registry: TestRegistry, about: Entry): Entry => {
  const { id, ...own } = putRemote(registry, 'team/app', 'claim', { architecture: 'unknown' });
  assert.ok(id);
  return {
    ...own,
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': about.digest,
    },
  };
};

const index = (
  does: string,
  must: PullScenario['must'],
  entries: (registry: TestRegistry) => readonly Entry[],
  more: Partial<PullScenario> = {},
): PullScenario => ({
  does,
  must,
  put: (registry) => void putIndex(registry, 'team/app', 'v1', entries(registry)),
  ...more,
});

const isFor =
  (architecture: string): NonNullable<PullScenario['check']> =>
  async (registry, house) => {
    const found = await house.scratch.images.inspect(`${registry.host}/team/app:v1`);
    assert.equal(found.platform.architecture, architecture);
  };

/** What an index may hold. */
export const INDEXES: PullScenarios = {
  'manifest-other': index(
    'sends another manifest than the index names',
    /expected sha256/,
    (registry) => {
      const entry = image(registry, 'amd64');
      const kept = registry.manifests.get(`team/app/${entry.digest}`)!;
      const data = Buffer.from(kept.data.toString().replace('2', '2 '));
      registry.manifests.set(`team/app/${entry.digest}`, { ...kept, data });
      return [entry];
    },
  ),
  'a child of another size': index('names a false size of a manifest', /bytes, not/, (registry) => {
    const entry = image(registry, 'amd64');
    return [{ ...entry, size: entry.size + 1 }];
  }),
  'deep-index': {
    does: 'has 60 indexes in one another',
    must: /more than 8 indexes/,
    put(registry) {
      let { digest, size } = image(registry, 'amd64');
      for (let depth = 0; depth < 60; depth += 1) {
        const entry = { mediaType: MediaType.ociIndex, digest, size };
        digest = putIndex(registry, 'team/app', 'v1', [entry]);
        size = registry.manifests.get('team/app/v1')!.data.length;
      }
    },
    check: (registry) => assert.ok(registry.count(/manifests/) <= 10),
  },
  'self-index': {
    does: 'has an index that names itself',
    must: /expected sha256/,
    put(registry) {
      const own = digestOf(Buffer.from('itself'));
      const entry = { mediaType: MediaType.ociIndex, digest: own, size: 200 };
      putIndex(registry, 'team/app', 'v1', [entry]);
      registry.manifests.set(`team/app/${own}`, registry.manifests.get('team/app/v1')!);
    },
  },
  'other-platform': index(
    'has images for other machines only',
    /^no matching manifest for linux\/amd64 in the manifest list entries$/,
    (registry) => [image(registry, 'amd64', { os: 'windows' }), image(registry, 's390x')],
  ),
  'an index without end': index(
    'has an index of a thousand images and one',
    /the index of .*\/team\/app has more than 1000 entries/,
    (registry) => Array<Entry>(1001).fill(image(registry, 'amd64')),
  ),
  attestation: index(
    'has an image and its provenance',
    'ok',
    (registry) => {
      const own = image(registry, 'amd64');
      return [own, claim(registry, own)];
    },
    { check: isFor('amd64') },
  ),
  'attestation-first': index(
    'has the provenance before the image',
    'ok',
    (registry) => {
      const own = image(registry, 'amd64');
      return [claim(registry, own), own];
    },
    { check: isFor('amd64') },
  ),
  variants: index(
    'has images for arm/v7, amd64/v3, amd64 and 386',
    'ok',
    (registry) => [
      image(registry, 'arm', { variant: 'v7' }),
      {
        ...image(registry, 's390x'),
        platform: { os: 'linux', architecture: 'amd64', variant: 'v3' },
      },
      image(registry, 'amd64'),
      image(registry, '386'),
    ],
    { check: isFor('amd64') },
  ),
};
