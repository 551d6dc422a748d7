import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { needsRoot, type ScratchImages, scratchImages } from '../../../test/scratch-images.ts';
import { inPieces, tarOf } from '../../../test/tar-of.ts';
import { collect } from '../../base/bytes.ts';
import { readTar } from '../../layer/tar-reader.ts';
import { digestOf } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import type { SaveCall } from '../archive-types.ts';

const skip = needsRoot;
const LIMIT = 64 * 1024 * 1024;
const BASE = tarOf([{ name: 'base', data: Buffer.alloc(200_000, 'b') }]);

async function saved(
  { images }: ScratchImages,
  name: string,
  call: SaveCall = {},
): Promise<Buffer> {
  return collect(await images.save([name], call), LIMIT);
}

async function poured(
  { images }: ScratchImages,
  name: string,
  call: SaveCall = {},
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const archive = await images.save([name], call);
  await archive.pour((piece) => void pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces);
}

async function namesIn(archive: Buffer): Promise<string[]> {
  const names: string[] = [];
  for await (const { entry } of readTar(inPieces(archive))) names.push(entry.path.toString());
  return names;
}

/** An archive of an image of two layers, as a registry would have it when they are packed. */
function twoLayers(pack: (tar: Buffer) => Buffer = (tar) => tar): Buffer {
  const top = tarOf([{ name: 'top', data: Buffer.alloc(100_000, 't') }]);
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digestOf(BASE), digestOf(top)] },
  });
  const blobs = [BASE, top].map(pack);
  const mediaType = blobs[0] === BASE ? MediaType.ociLayer : MediaType.ociLayerGzip;
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: {
      mediaType: MediaType.ociConfig,
      digest: digestOf(config),
      size: config.length,
    },
    layers: blobs.map((blob) => ({ mediaType, digest: digestOf(blob), size: blob.length })),
  });
  const root = {
    mediaType: MediaType.ociManifest,
    digest: digestOf(manifest),
    size: manifest.length,
    annotations: { 'io.containerd.image.name': 'docker.io/library/two:1' },
  };
  return tarOf([
    ...[...blobs, config, manifest].map((data) => ({
      name: `blobs/${digestOf(data).replace(':', '/')}`,
      data,
    })),
    { name: 'index.json', data: JSON.stringify({ schemaVersion: 2, manifests: [root] }) },
    { name: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' },
  ]);
}

/** A store with an image of the base alone, packed or not. */
async function withBase(pack: (tar: Buffer) => Buffer = (tar) => tar): Promise<ScratchImages> {
  const scratch = scratchImages();
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digestOf(BASE)] },
  });
  const manifest = [{ Config: 'config', RepoTags: ['base:1'], Layers: ['layer'] }];
  await scratch.images.load(
    inPieces(
      tarOf([
        { name: 'layer', data: pack(BASE) },
        { name: 'config', data: config },
        { name: 'manifest.json', data: JSON.stringify(manifest) },
      ]),
    ),
  );
  return scratch;
}

for (const form of ['docker', 'oci'] as const) {
  test(`save() pours the bytes that it streams, in the form ${form}`, { skip }, async () => {
    using scratch = scratchImages();
    await scratch.images.load(inPieces(twoLayers()));
    await scratch.images.import(inPieces(BASE), { name: 'two:local' });
    const streamed = await saved(scratch, 'two', { form });
    assert.deepEqual(await poured(scratch, 'two', { form }), streamed);
    assert.equal((await namesIn(streamed)).includes('manifest.json'), form === 'docker');
  });
}

test('save() compresses the archive as a whole', { skip }, async () => {
  using scratch = scratchImages();
  await scratch.images.load(inPieces(twoLayers()));
  const packed = await poured(scratch, 'two:1', { compress: 'gzip' });
  assert.deepEqual(gunzipSync(packed), await saved(scratch, 'two:1'));
  assert.deepEqual(await saved(scratch, 'two:1', { compress: 'gzip' }), packed);
});

for (const [form, pack] of [
  ['plain', (tar: Buffer) => tar],
  ['packed', gzipSync],
] as const) {
  test(
    `save() leaves out what an inventory has, and load() finds it: ${form} layers`,
    { skip },
    async () => {
      using first = scratchImages();
      using second = await withBase(pack);
      await first.images.load(inPieces(twoLayers(pack)));
      const have = await second.images.inventory();
      const whole = await saved(first, 'two:1');
      const delta = await poured(first, 'two:1', { have });
      const left = (await namesIn(whole)).filter((name) => name.includes('sha256/'));
      const names = new Set(await namesIn(delta));
      assert.deepEqual(
        left.filter((name) => !names.has(name)),
        [`blobs/${digestOf(pack(BASE)).replace(':', '/')}`],
      );
      await second.images.load(inPieces(delta));
      const { manifest } = await first.images.inspect('two:1');
      assert.deepEqual((await second.images.inspect('two:1')).manifest, manifest);
      assert.deepEqual(await saved(second, 'two:1'), whole);
    },
  );
}

test('load() refuses a delta whose layers are not here, and keeps nothing', { skip }, async () => {
  using first = scratchImages();
  using base = await withBase();
  using empty = scratchImages();
  await first.images.load(inPieces(twoLayers()));
  const delta = await saved(first, 'two:1', { have: await base.images.inventory() });
  await assert.rejects(empty.images.load(inPieces(delta)), {
    message: `the archive leaves out a layer that is not here: ${digestOf(BASE)}`,
    hint: 'Where it was made, make a full one: stave save -o FILE two:1',
  });
  assert.deepEqual(readdirSync(`${empty.root}/blobs/sha256`), []);
  assert.deepEqual(readdirSync(`${empty.root}/layers`), []);
});

test(
  'save() writes a packed layer when the other side has it in another form',
  { skip },
  async () => {
    using first = scratchImages();
    using second = await withBase();
    await first.images.load(inPieces(twoLayers(gzipSync)));
    const delta = await saved(first, 'two:1', { have: await second.images.inventory() });
    assert.deepEqual(delta, await saved(first, 'two:1'));
  },
);

test('inventory() is the same for the same images, whichever came first', { skip }, async () => {
  using first = scratchImages();
  using second = await withBase();
  await first.images.load(inPieces(twoLayers()));
  await first.images.load(inPieces(await saved(second, 'base:1')));
  await second.images.load(inPieces(twoLayers()));
  const inventory = await second.images.inventory();
  assert.deepEqual(await first.images.inventory(), inventory);
  assert.deepEqual(inventory.blobs, [...inventory.blobs].sort());
  assert.equal(inventory.layers.length, 2);
  assert.ok(inventory.chains.includes(digestOf(BASE)));
});

test('saveDirectory() writes a layout that load() reads, and adds to it', { skip }, async () => {
  using scratch = scratchImages();
  using other = scratchImages();
  const directory = join(scratch.root, 'out');
  await scratch.images.load(inPieces(twoLayers()));
  await scratch.images.import(inPieces(BASE), { name: 'local:1' });
  await scratch.images.saveDirectory(['two:1'], directory, { form: 'oci' });
  await scratch.images.saveDirectory(['local:1'], directory, { form: 'oci', compress: 'gzip' });
  const loaded = await other.images.load({ directory });
  assert.deepEqual(loaded.flatMap(({ names }) => names).sort(), ['local:1', 'two:1']);
  const { manifest } = await scratch.images.inspect('two:1');
  assert.deepEqual((await other.images.inspect('two:1')).manifest, manifest);
});

for (const compress of [undefined, 'gzip'] as const) {
  const how = compress ?? 'plain';
  test(`saveDirectory() writes one image beside its manifest: ${how}`, { skip }, async () => {
    using scratch = scratchImages();
    using other = scratchImages();
    const directory = join(scratch.root, 'out');
    const id = await scratch.images.import(inPieces(BASE), { name: 'local:1' });
    await scratch.images.saveDirectory(['local:1'], directory, {
      form: 'dir',
      ...(compress && { compress }),
    });
    const manifest = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as {
      mediaType: string;
    };
    assert.equal(manifest.mediaType, MediaType.dockerManifest);
    assert.equal(readdirSync(directory).length, 4);
    assert.deepEqual(await other.images.load({ directory }), [{ id, names: [] }]);
  });
}

test('saveDirectory() refuses what it has no room for, and leaves nothing', { skip }, async () => {
  using scratch = scratchImages();
  await scratch.images.import(inPieces(BASE), { name: 'a:1' });
  await scratch.images.import(inPieces(tarOf([{ name: 'x' }])), { name: 'b:1' });
  const directory = join(scratch.root, 'out');
  const save = (names: string[], form: 'oci' | 'dir'): Promise<void> =>
    scratch.images.saveDirectory(names, directory, { form });
  await assert.rejects(save(['a:1', 'b:1'], 'dir'), {
    message: 'the docker-dir format holds one image, not 2',
  });
  await assert.rejects(save(['nosuch'], 'oci'), { message: 'reference does not exist' });
  await assert.rejects(save(['a:2'], 'oci'), {
    hint: "No image is called 'a:2'. Did you mean 'a:1'?",
  });
  assert.equal(existsSync(directory), false);
  mkdirSync(directory);
  writeFileSync(join(directory, 'mine'), '');
  await assert.rejects(save(['a:1'], 'dir'), { message: `${directory} is not empty` });
  await assert.rejects(save(['a:1'], 'oci'), {
    message: `${directory} is neither empty nor an OCI layout`,
  });
  assert.deepEqual(readdirSync(directory), ['mine']);
});

test('saveDirectory() ends where no directory can be made', { skip }, async () => {
  using scratch = scratchImages();
  await scratch.images.import(inPieces(BASE), { name: 'local:1' });
  for (const form of ['oci', 'dir'] as const) {
    const refused = scratch.images.saveDirectory(['local:1'], '/proc/x/y', { form });
    await assert.rejects(refused, {
      code: 'BUILD_OUTPUT',
      message: /^cannot write \/proc\/x\/y: ENOENT/,
    });
  }
});
