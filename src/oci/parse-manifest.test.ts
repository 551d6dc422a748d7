import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MediaType } from './media-types.ts';
import { parseIndex, parseManifest, parseManifestOrIndex } from './parse-manifest.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const config = { mediaType: MediaType.ociConfig, digest: DIGEST, size: 2 };
const layer = { mediaType: MediaType.ociLayerGzip, digest: DIGEST, size: 32 };
const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [layer] };
const index = {
  schemaVersion: 2,
  mediaType: MediaType.ociIndex,
  manifests: [{ ...config, mediaType: MediaType.ociManifest }],
};

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function refuses(name: string, value: unknown, message: RegExp, claimed?: string): void {
  test(`parseManifestOrIndex() refuses ${name}`, () => {
    const data = Buffer.isBuffer(value) ? value : bytes(value);
    assert.throws(() => parseManifestOrIndex(data, claimed), {
      name: 'InvalidInputError',
      message,
    });
  });
}

test('parseManifest() reads an OCI manifest', () => {
  assert.deepEqual(parseManifest(bytes(manifest)), manifest);
});

test('parseManifest() reads a Docker manifest', () => {
  const docker = { ...manifest, mediaType: MediaType.dockerManifest };
  assert.equal(parseManifest(bytes(docker)).mediaType, MediaType.dockerManifest);
});

test('parseManifestOrIndex() tells kinds apart without a media type', () => {
  const { mediaType: _, ...bare } = manifest;
  assert.equal(parseManifestOrIndex(bytes(bare)).kind, 'manifest');
  assert.equal(parseManifestOrIndex(bytes({ schemaVersion: 2, manifests: [] })).kind, 'index');
});

test('parseIndex() keeps platforms and annotations of entries', () => {
  const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
  const entry = { ...index.manifests[0], platform, annotations: { 'a.b': 'c' } };
  const [read] = parseIndex(bytes({ ...index, manifests: [entry] })).manifests;
  assert.deepEqual(read?.platform, platform);
  assert.equal(read?.annotations?.['a.b'], 'c');
});

test('annotations are no objects with a prototype', () => {
  const read = parseManifest(bytes({ ...manifest, annotations: { a: 'b' } }));
  assert.equal(read.annotations?.['constructor'], undefined);
});

test('parseManifest() refuses an index', () => {
  assert.throws(() => parseManifest(bytes(index)), { name: 'InvalidInputError' });
});

refuses('a document that is both', { ...manifest, manifests: [] }, /at once/);
refuses(
  'a document that is both and says nothing',
  { schemaVersion: 2, config, layers: [], manifests: [] },
  /at once/,
);
refuses('a document that is neither', { schemaVersion: 2 }, /neither/);
refuses('a media type that lies', { ...index, mediaType: MediaType.ociManifest }, /media type/);
refuses('an unknown media type', { ...manifest, mediaType: 'text/plain' }, /media type/);
refuses('another type than claimed', manifest, /not "application/, MediaType.ociIndex);
refuses(
  'an index under the type of a manifest',
  { schemaVersion: 2, manifests: [] },
  /is an index/,
  MediaType.ociManifest,
);
refuses('schema version 1', { ...manifest, schemaVersion: 1 }, /schemaVersion/);
refuses('a list', [], /not a JSON object/);
refuses('what is no JSON', Buffer.from('{'), /not valid JSON/);
refuses('more than 4 MiB', Buffer.alloc(4 * 1024 * 1024 + 1, ' '), /larger than/);
refuses(
  'deep nesting',
  Buffer.from(`{"a":${'['.repeat(100)}${']'.repeat(100)}}`),
  /deeper than 100/,
);
refuses(
  '501 layers',
  { ...manifest, layers: Array.from({ length: 501 }, () => layer) },
  /more than 500/,
);
refuses(
  '10,001 entries',
  { ...index, manifests: Array.from({ length: 10_001 }, () => layer) },
  /more than 10000/,
);
for (const size of [-1, 1e12, 1.5, '1', null, 2 ** 60]) {
  refuses(`a layer of size ${String(size)}`, { ...manifest, layers: [{ ...layer, size }] }, /size/);
}
refuses('a config of 5 MiB', { ...manifest, config: { ...config, size: 5 << 20 } }, /config/);
for (const digest of [
  '',
  'sha256:',
  'sha256:../../../../etc/passwd',
  `sha256:${'A'.repeat(64)}`,
  `sha256:${'0'.repeat(63)}`,
  `sha256:${'0'.repeat(65)}`,
  `sha1:${'0'.repeat(40)}`,
  `${DIGEST}\n`,
  `../${DIGEST}`,
  7,
]) {
  refuses(
    `the digest ${JSON.stringify(digest).slice(0, 30)}`,
    { ...manifest, layers: [{ ...layer, digest }] },
    /digest/,
  );
}

test('parseManifestOrIndex() does not take brackets in strings for nesting', () => {
  const annotations = { a: '['.repeat(200) + '\\"' };
  assert.equal(
    parseManifest(bytes({ ...manifest, annotations })).annotations?.['a'],
    annotations.a,
  );
});
