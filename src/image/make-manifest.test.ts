import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, type DiffId } from '../oci/digest.ts';
import { parseManifest } from '../oci/parse-manifest.ts';
import { makeManifest } from './make-manifest.ts';

const layer = { diffId: digestOf('layer') as string as DiffId, size: 1024 };
const config = { digest: digestOf('config'), size: 7 };

test('makeManifest() is over plain layers, and parseManifest() reads what it encodes', () => {
  const { bytes, descriptor, manifest } = makeManifest(config, [layer]);
  assert.deepEqual(parseManifest(bytes, descriptor.mediaType), manifest);
  assert.deepEqual(manifest.layers, [
    { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer.diffId, size: 1024 },
  ]);
  assert.deepEqual(descriptor, {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: digestOf(bytes),
    size: bytes.length,
  });
});

test('makeManifest() names the base among the annotations', () => {
  const base = { name: 'docker.io/library/debian:12', digest: digestOf('base') };
  const { manifest } = makeManifest(config, [layer], { base, annotations: { a: 'b' } });
  assert.deepEqual(manifest.annotations, {
    'org.opencontainers.image.base.digest': base.digest,
    'org.opencontainers.image.base.name': base.name,
    a: 'b',
  });
});

test('makeManifest() without anything to annotate has no annotations', () => {
  assert.ok(!('annotations' in makeManifest(config, []).manifest));
});
