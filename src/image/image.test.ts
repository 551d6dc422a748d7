import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, type DiffId } from '../oci/digest.ts';
import { parseConfig } from '../oci/parse-config.ts';
import { parseManifest } from '../oci/parse-manifest.ts';
import { appendStep, emptyConfig, makeConfig, makeManifest, plainLayer } from './image.ts';

const layer = digestOf('layer') as string as DiffId;
const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };

test('appendStep() adds a line of history with its layer, and the time', () => {
  const history = { created: '2024-01-02T03:04:05Z', created_by: 'COPY a b' };
  const config = appendStep(emptyConfig(platform), { history, layer });
  assert.equal(config.created, history.created);
  assert.deepEqual(config.rootfs.diff_ids, [layer]);
  assert.deepEqual(config.history, [history]);
});

test('appendStep() marks a step that made no layer', () => {
  const config = appendStep(emptyConfig(platform), { history: { created_by: 'ENV a=b' } });
  assert.deepEqual(config.rootfs.diff_ids, []);
  assert.deepEqual(config.history, [{ created_by: 'ENV a=b', empty_layer: true }]);
});

test('makeConfig() forgets how the base was built and keeps what else is there', () => {
  const base = { ...emptyConfig(platform), container: 'c', docker_version: '1', 'x.y': { z: 1 } };
  const { value } = makeConfig(base, { Cmd: ['sh'] }, { author: 'me' });
  assert.ok(!('container' in value) && !('docker_version' in value));
  assert.deepEqual(value['x.y'], { z: 1 });
  assert.deepEqual([value.author, value.variant, value.config], ['me', 'v7', { Cmd: ['sh'] }]);
});

test('makeConfig() encodes what parseConfig() reads', () => {
  const { bytes, descriptor, value } = makeConfig(emptyConfig(platform), { User: 'u' });
  assert.deepEqual(parseConfig(bytes), value);
  assert.deepEqual(descriptor, {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(bytes),
    size: bytes.length,
  });
});

test('makeManifest() names the base, and encodes what parseManifest() reads', () => {
  const config = makeConfig(emptyConfig(platform), {}).descriptor;
  const base = { name: 'docker.io/library/debian:12', digest: digestOf('base') };
  const manifest = makeManifest(config, [plainLayer(layer, 1024)], {
    base,
    annotations: { a: 'b' },
  });
  const read = parseManifest(manifest.bytes, manifest.descriptor.mediaType);
  assert.deepEqual(read.layers, [
    { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size: 1024 },
  ]);
  assert.deepEqual(
    { ...read.annotations },
    {
      'org.opencontainers.image.base.digest': base.digest,
      'org.opencontainers.image.base.name': base.name,
      a: 'b',
    },
  );
});

test('makeManifest() without anything to annotate has no annotations', () => {
  const config = makeConfig(emptyConfig(platform), {}).descriptor;
  assert.ok(!('annotations' in makeManifest(config, []).value));
});
