import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { needsRoot, type ScratchImages, scratchImages } from '../../../test/scratch-images.ts';
import { inPieces, tarOf, type TestEntry } from '../../../test/tar-of.ts';
import { collect } from '../../base/bytes.ts';
import { readTar } from '../../layer/tar-reader.ts';
import { digestOf } from '../../oci/digest.ts';

const skip = needsRoot;
const LIMIT = 64 * 1024 * 1024;

/** A root file system with some files, one of them large enough not to be held in memory. */
const ROOT: readonly TestEntry[] = [
  { name: 'bin', type: 'directory', mode: 0o755 },
  { name: 'bin/tool', data: Buffer.alloc(300_000, 'x'), mode: 0o755 },
  { name: 'bin/link', type: 'symlink', link: 'tool' },
  { name: 'bin/hard', type: 'hardlink', link: 'bin/tool' },
  { name: 'etc', type: 'directory', mode: 0o755 },
  { name: 'etc/passwd', data: 'root:x:0:0::/:/bin/sh\n' },
];

async function saved(scratch: ScratchImages, ...names: string[]): Promise<Buffer> {
  return collect(await scratch.images.save(names), LIMIT);
}

async function namesIn(archive: Buffer): Promise<string[]> {
  const names: string[] = [];
  for await (const { entry } of readTar(inPieces(archive))) names.push(entry.path.toString());
  return names;
}

async function jsonIn(archive: Buffer, name: string): Promise<unknown> {
  for await (const { entry, body } of readTar(inPieces(archive))) {
    if (Buffer.from(entry.path).toString() === name) {
      return JSON.parse((await collect(body)).toString());
    }
  }
  return undefined;
}

test(
  'import() makes an image of one layer with the defaults that changes give',
  { skip },
  async () => {
    using scratch = scratchImages();
    const id = await scratch.images.import(inPieces(tarOf(ROOT)), {
      name: 'base:1',
      changes: ['A=b'],
    });
    const details = await scratch.images.inspect('base:1');
    assert.equal(details.id, id);
    assert.equal(details.size, 300_000 + 22);
    assert.deepEqual(details.tags, ['base:1']);
    assert.deepEqual(details.config.config, { Env: ['A=b'] });
    assert.equal(details.layers.length, 1);
    const [row] = await scratch.images.history('base:1');
    assert.deepEqual([row?.comment, row?.size, row?.createdBy], ['Imported from -', 300_022, '']);
  },
);

test(
  'import() gives the same layer for the same files, however they are packed',
  { skip },
  async () => {
    using scratch = scratchImages();
    const tar = tarOf(ROOT);
    const other = tarOf([...ROOT.slice(4), ...ROOT.slice(0, 4)]);
    for (const archive of [tar, other, gzipSync(tar), zstdCompressSync(tar)]) {
      await scratch.images.import(inPieces(archive), { name: 'base:1' });
      const { layers } = await scratch.images.inspect('base:1');
      assert.equal(layers.length, 1);
      assert.equal(new Set([layers[0], await firstLayer(scratch)]).size, 1);
    }
    assert.equal(scratch.store.read((tables) => tables.layers.list()).length, 1);
  },
);

async function firstLayer(scratch: ScratchImages): Promise<string | undefined> {
  return scratch.store.read((tables) => tables.layers.list()[0]?.diffId);
}

test('import() keeps no copy of the archive', { skip }, async () => {
  using scratch = scratchImages();
  await scratch.images.import(inPieces(tarOf(ROOT)));
  const sizes = [];
  for await (const { size } of scratch.store.blobs.list()) sizes.push(size);
  assert.ok(Math.max(...sizes) < 2000, `blobs of ${sizes.join()} bytes`);
});

test('save() writes an OCI layout and a Docker archive in one', { skip }, async () => {
  using scratch = scratchImages();
  const id = await scratch.images.import(inPieces(tarOf(ROOT)), { name: 'app:v1' });
  await scratch.images.tag('app:v1', 'localhost:5000/team/app:2');
  const { layers, manifest } = await scratch.images.inspect('app:v1');
  const archive = await saved(scratch, 'app:v1');

  const blobs = [id, layers[0] ?? '', manifest.digest].map(
    (one) => `blobs/${one.replace(':', '/')}`,
  );
  assert.deepEqual(await namesIn(archive), [
    'blobs',
    'blobs/sha256',
    ...blobs.sort(),
    'index.json',
    'manifest.json',
    'oci-layout',
    'repositories',
  ]);
  const layer = `blobs/${layers[0]?.replace(':', '/')}`;
  const [item] = (await jsonIn(archive, 'manifest.json')) as Record<string, unknown>[];
  assert.deepEqual(
    { ...item, LayerSources: undefined },
    {
      Config: `blobs/${id.replace(':', '/')}`,
      RepoTags: ['app:v1'],
      Layers: [layer],
      LayerSources: undefined,
    },
  );
  const index = (await jsonIn(archive, 'index.json')) as { manifests: unknown[] };
  assert.deepEqual(index.manifests, [
    {
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.size,
      annotations: {
        'io.containerd.image.name': 'docker.io/library/app:v1',
        'org.opencontainers.image.ref.name': 'v1',
      },
    },
  ]);
  assert.deepEqual(await jsonIn(archive, 'repositories'), {
    app: { v1: layers[0]?.slice('sha256:'.length) },
  });
});

test(
  'save() of a repository without tag saves all its tags; by ID, no name',
  { skip },
  async () => {
    using scratch = scratchImages();
    const { images } = scratch;
    const id = await images.import(inPieces(tarOf(ROOT)), { name: 'sv:a' });
    await images.import(inPieces(tarOf(ROOT.slice(0, 1))), { name: 'sv:b' });
    await images.tag('sv:a', 'sv:c');
    const tags = async (...names: string[]): Promise<unknown[]> => {
      const items = await jsonIn(await saved(scratch, ...names), 'manifest.json');
      return (items as { RepoTags: unknown }[]).map((item) => item.RepoTags);
    };
    assert.deepEqual(await tags('sv'), [['sv:a', 'sv:c'], ['sv:b']]);
    assert.deepEqual(await tags(id), [null]);
    assert.deepEqual(await tags(id.slice(7, 19)), [null]);
    assert.deepEqual(await tags('sv:b', 'sv:a'), [['sv:b'], ['sv:a']]);
  },
);

test(
  'save() gives the same bytes every time, and stores shared layers once',
  { skip },
  async () => {
    using scratch = scratchImages();
    const { images } = scratch;
    await images.import(inPieces(tarOf(ROOT)), { name: 'a', message: 'one' });
    await images.import(inPieces(tarOf(ROOT)), { name: 'b', message: 'two' });
    const archive = await saved(scratch, 'a', 'b');
    assert.deepEqual(await saved(scratch, 'a', 'b'), archive);
    const names = await namesIn(archive);
    assert.equal(new Set(names).size, names.length);
    assert.equal(names.filter((name) => /^blobs\/sha256\/./.test(name)).length, 5);
  },
);

test('save() refuses names that nothing has', { skip }, async () => {
  using scratch = scratchImages();
  await assert.rejects(scratch.images.save(['nosuch:1']), { message: 'reference does not exist' });
});

for (const [form, pack] of [
  ['plain', (tar: Buffer) => tar],
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const) {
  test(
    `load() brings back what save() wrote, ${form}, and saving it gives the same bytes`,
    { skip },
    async () => {
      using first = scratchImages();
      using second = scratchImages();
      const id = await first.images.import(inPieces(tarOf(ROOT)), { name: 'app:v1' });
      const before = await first.images.inspect('app:v1');
      const archive = await saved(first, 'app:v1');

      const loaded = await second.images.load(inPieces(pack(archive)));

      assert.deepEqual(loaded, [{ id, names: ['app:v1'] }]);
      const after = await second.images.inspect('app:v1');
      assert.deepEqual(after.config, before.config);
      assert.deepEqual(after.manifest, before.manifest);
      assert.equal(after.size, before.size);
      assert.deepEqual(await saved(second, 'app:v1'), archive);
    },
  );
}

test('load() of what is here already changes nothing', { skip }, async () => {
  using scratch = scratchImages();
  const id = await scratch.images.import(inPieces(tarOf(ROOT)), { name: 'app:v1' });
  const archive = await saved(scratch, 'app:v1');
  const blobs = readdirSync(`${scratch.root}/blobs/sha256`);
  assert.deepEqual(await scratch.images.load(inPieces(archive)), [{ id, names: ['app:v1'] }]);
  assert.deepEqual(readdirSync(`${scratch.root}/blobs/sha256`), blobs);
});

test('load() moves a name from the image that had it', { skip }, async () => {
  using first = scratchImages();
  using second = scratchImages();
  await first.images.import(inPieces(tarOf(ROOT)), { name: 'app:v1', message: 'new' });
  const old = await second.images.import(inPieces(tarOf(ROOT)), { name: 'app:v1', message: 'old' });
  await second.images.load(inPieces(await saved(first, 'app:v1')));
  const listed = await second.images.list();
  assert.equal(listed.length, 2);
  assert.deepEqual((await second.images.inspect(old)).tags, []);
});

/** A Docker archive as older versions wrote them, its parts named at will. */
function olderArchive(
  layer: Buffer,
  form: 'directories' | 'links' | 'hard links' | 'podman',
): TestEntry[] {
  const diffId = digestOf(layer);
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    created: '2020-01-01T00:00:00Z',
    rootfs: { type: 'layers', diff_ids: [diffId, diffId] },
    history: [{ created_by: 'one' }, { created_by: 'two' }],
  });
  const id = digestOf(config).slice('sha256:'.length);
  const hex = diffId.slice('sha256:'.length);
  const manifest = (layers: string[]): string =>
    JSON.stringify([{ Config: `${id}.json`, RepoTags: ['old:1'], Layers: layers }]);
  const entries: TestEntry[] = [{ name: `${id}.json`, data: config }];
  if (form === 'podman') {
    return [
      { name: `${hex}.tar`, data: layer },
      ...entries,
      { name: 'manifest.json', data: manifest([`${hex}.tar`, `${hex}.tar`]) },
    ];
  }
  const second: TestEntry = {
    name: 'b/layer.tar',
    ...(form === 'links' && { type: 'symlink', link: '../a/layer.tar' }),
    ...(form === 'hard links' && { type: 'hardlink', link: 'a/layer.tar' }),
    ...(form === 'directories' && { data: layer }),
  };
  return [
    { name: 'manifest.json', data: manifest(['a/layer.tar', 'b/layer.tar']) },
    second,
    { name: 'a', type: 'directory' },
    { name: 'a/VERSION', data: '1.0' },
    { name: 'a/layer.tar', data: layer },
    ...entries,
  ];
}

for (const form of ['directories', 'links', 'hard links', 'podman'] as const) {
  for (const [what, size] of [
    ['small', 10],
    ['large', 300_000],
  ] as const) {
    test(`load() takes older Docker archives (${form}) with ${what} layers`, { skip }, async () => {
      using scratch = scratchImages();
      const layer = tarOf([{ name: 'file', data: Buffer.alloc(size, 'y') }]);
      const archive = tarOf(olderArchive(layer, form));
      const [loaded] = await scratch.images.load(inPieces(archive));
      assert.deepEqual(loaded?.names, ['old:1']);
      const rows = await scratch.images.history('old:1');
      assert.deepEqual(
        rows.map((row) => row.size),
        [size, size],
      );
    });
  }
}

test(
  'load() takes layers that are compressed in the archive, and keeps them as they are',
  { skip },
  async () => {
    for (const pack of [gzipSync, zstdCompressSync]) {
      using scratch = scratchImages();
      const layer = tarOf([{ name: 'file', data: Buffer.alloc(200_000, 'y') }]);
      const blob = pack(layer);
      const config = JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
      });
      const archive = tarOf([
        { name: 'layer', data: blob },
        { name: 'config', data: config },
        {
          name: 'manifest.json',
          data: JSON.stringify([{ Config: 'config', RepoTags: null, Layers: ['layer'] }]),
        },
      ]);
      const [loaded] = await scratch.images.load(inPieces(archive));
      assert.deepEqual(loaded, { id: digestOf(config), names: [] });
      const again = await saved(scratch, digestOf(config));
      assert.ok((await namesIn(again)).includes(`blobs/${digestOf(blob).replace(':', '/')}`));
    }
  },
);

test('load() takes layers with hard links into the layers below', { skip }, async () => {
  using scratch = scratchImages();
  const below = tarOf([{ name: 'file', data: Buffer.alloc(100_000, 'y') }]);
  const above = tarOf([
    { name: 'other', type: 'hardlink', link: 'file' },
    { name: 'big', data: Buffer.alloc(100_000, 'z') },
  ]);
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digestOf(below), digestOf(above)] },
  });
  const manifest = [{ Config: 'config', RepoTags: ['x:1'], Layers: ['below', 'above'] }];
  const archive = tarOf([
    { name: 'above', data: above },
    { name: 'below', data: below },
    { name: 'config', data: config },
    { name: 'manifest.json', data: JSON.stringify(manifest) },
  ]);
  await scratch.images.load(inPieces(archive));
  const { layers } = await scratch.images.inspect('x:1');
  const view = scratch.snapshotter.view(layers as never);
  assert.equal(view.read('other', 200_000)?.length, 100_000);
});
