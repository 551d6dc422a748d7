import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import {
  blob,
  configOf,
  DIFF,
  dockerArchive,
  ID_A,
  ID_B,
  LAYER,
  layout,
  OTHER,
  REFUSED,
} from '../../../test/hostile-archives.ts';
import { needsRoot, scratchImages } from '../../../test/scratch-images.ts';
import { inPieces, tarOf } from '../../../test/tar-of.ts';
import { StaveError } from '../../base/errors.ts';
import { digestOf } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';

const skip = needsRoot;

for (const [what, archive, message] of REFUSED) {
  test(`load() refuses ${what}, in one line, and leaves nothing behind`, { skip }, async () => {
    using scratch = scratchImages();
    const { store } = scratch;
    await assert.rejects(scratch.images.load(inPieces(archive)), (error) => {
      assert.ok(error instanceof StaveError, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
    assert.deepEqual(await scratch.images.list({ all: true }), []);
    assert.deepEqual(
      ['blobs/sha256', 'layers', 'ingest', 'tmp', 'leases', 'trash'].flatMap((directory) =>
        readdirSync(`${scratch.root}/${directory}`).filter((name) => name !== '.boot'),
      ),
      [],
    );
    assert.deepEqual(
      store.read((tables) => [...tables.blobs.list(), ...tables.layers.list()]),
      [],
    );
  });
}

test('the archives that the cases break are good', { skip }, async () => {
  using scratch = scratchImages();
  const [docker] = await scratch.images.load(inPieces(dockerArchive({})));
  const [oci] = await scratch.images.load(inPieces(layout()));
  assert.equal(docker?.id, digestOf(configOf(DIFF)));
  assert.equal(oci?.id, docker?.id);
});

test('load() takes old archives without manifest.json, parents first', { skip }, async () => {
  using scratch = scratchImages();
  const top = tarOf([{ name: 'other', data: 'small' }]);
  const archive = tarOf([
    {
      name: `${ID_A}/json`,
      data: JSON.stringify({
        id: ID_A,
        parent: ID_B,
        os: 'linux',
        architecture: 'amd64',
        container_config: { Cmd: ['/bin/sh', '-c', 'top'] },
        config: { Env: ['A=b'] },
      }),
    },
    { name: `${ID_A}/layer.tar`, data: top },
    { name: `${ID_B}/json`, data: JSON.stringify({ id: ID_B, comment: 'bottom' }) },
    { name: `${ID_B}/layer.tar`, data: LAYER },
    { name: 'repositories', data: JSON.stringify({ 'old/app': { '1': ID_A } }) },
  ]);
  const [loaded] = await scratch.images.load(inPieces(archive));
  assert.deepEqual(loaded?.names, ['old/app:1']);
  const details = await scratch.images.inspect('old/app:1');
  assert.deepEqual(details.layers, [DIFF, digestOf(top)]);
  assert.deepEqual(details.config.config, { Env: ['A=b'] });
  assert.deepEqual(
    (await scratch.images.history('old/app:1')).map((row) => [
      row.createdBy,
      row.comment,
      row.size,
    ]),
    [
      ['/bin/sh -c top', '', 5],
      ['', 'bottom', 100_000],
    ],
  );
});

test('load() takes the image for this machine out of an index of several', { skip }, async () => {
  using scratch = scratchImages();
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const foreign = { mediaType: MediaType.ociManifest, digest: OTHER, size: 3 };
  const config = configOf(DIFF);
  const body = JSON.stringify({
    schemaVersion: 2,
    config: { mediaType: MediaType.ociConfig, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: MediaType.ociLayer, digest: DIFF, size: LAYER.length }],
  });
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: [
      { ...foreign, platform: { os: 'linux', architecture: 's390x' } },
      {
        mediaType: MediaType.ociManifest,
        digest: digestOf(body),
        size: body.length,
        platform: { os: 'linux', architecture: arch },
      },
      { ...foreign, platform: { os: 'unknown', architecture: 'unknown' } },
    ],
  });
  const root = {
    mediaType: MediaType.ociIndex,
    digest: digestOf(index),
    size: index.length,
    annotations: { 'io.containerd.image.name': 'docker.io/library/multi:1' },
  };
  const archive = layout({ index: { manifests: [root] }, extra: [blob(index), blob(body)] });
  const [loaded] = await scratch.images.load(inPieces(archive));
  assert.deepEqual(loaded, { id: digestOf(config), names: ['multi:1'] });
  assert.equal((await scratch.images.inspect('multi:1')).manifest.digest, digestOf(body));
});

test(
  'load() goes by manifest.json where the layout has other platforms too',
  { skip },
  async () => {
    using scratch = scratchImages();
    const config = JSON.stringify({
      architecture: 's390x',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [DIFF] },
    });
    const body = JSON.stringify({
      schemaVersion: 2,
      config: { mediaType: MediaType.ociConfig, digest: digestOf(config), size: config.length },
      layers: [{ mediaType: MediaType.ociLayer, digest: DIFF, size: LAYER.length }],
    });
    const node = { mediaType: MediaType.ociManifest, digest: digestOf(body), size: body.length };
    const index = {
      manifests: [
        { ...node, digest: OTHER },
        { ...node, platform: { os: 'linux', architecture: 's390x' } },
      ],
    };
    const item = {
      Config: blob(config).name,
      RepoTags: ['far:1'],
      Layers: [blob(LAYER).name],
    };
    const extra = [
      blob(config),
      blob(body),
      { name: 'manifest.json', data: JSON.stringify([item]) },
    ];
    await scratch.images.load(inPieces(layout({ index, extra })));
    const { manifest, platform } = await scratch.images.inspect('far:1');
    assert.equal(manifest.digest, digestOf(body));
    assert.equal(platform.architecture, 's390x');
  },
);

test(
  'load() goes by the config where a layout does not say what an image is for',
  { skip },
  async () => {
    using scratch = scratchImages();
    await assert.rejects(
      scratch.images.load(inPieces(layout()), {
        platform: { os: 'linux', architecture: 's390x' },
      }),
      {
        message: 'the archive holds no image for linux/s390x',
        hint: 'It holds images for linux/amd64.',
      },
    );
    assert.deepEqual(await scratch.images.list({ all: true }), []);
  },
);

test('import() refuses what is no archive, and leaves nothing behind', { skip }, async () => {
  using scratch = scratchImages();
  for (const data of [Buffer.alloc(0), Buffer.from('garbage')]) {
    await assert.rejects(scratch.images.import(inPieces(data)), { code: 'INVALID_ARCHIVE' });
  }
  assert.deepEqual(readdirSync(`${scratch.root}/layers`), []);
});
