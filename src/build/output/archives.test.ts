import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseConfig } from '../../oci/parse-config.ts';
import { parseIndex, parseManifest } from '../../oci/parse-manifest.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Index, Manifest } from '../../oci/manifest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { scratchImages } from '../../../test/scratch-images.ts';
import { once } from '../../base/bytes.ts';
import type { BuildInput } from '../build-input.ts';
import { bench, root } from '../testing/bench.ts';
import type { ArchiveOutput } from './spec.ts';

const ARM = { os: 'linux', architecture: 'arm64' };
const AMD = { os: 'linux', architecture: 'amd64' };
const NAME = 'docker.io/library/app:1';
const skopeo = existsSync('/usr/bin/skopeo') ? {} : { skip: 'skopeo is not installed' };

/** A layout as it lies in a directory. */
interface Layout {
  readonly directory: string;
  readonly entries: readonly Descriptor[];
  readonly manifest: (node?: Descriptor) => Manifest;
  readonly index: () => Index;
  readonly blob: (node: Pick<Descriptor, 'digest'>) => Buffer;
}

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'archive-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function layoutAt(path: string): Layout {
  const blob: Layout['blob'] = ({ digest }) =>
    readFileSync(join(path, 'blobs', digest.replace(':', '/')));
  const entries = parseIndex(readFileSync(join(path, 'index.json'))).manifests;
  const first = (): Descriptor => entries[0]!;
  return {
    directory: path,
    entries,
    blob,
    manifest: (node = first()) => parseManifest(blob(node), node.mediaType),
    index: () => parseIndex(blob(first()), first().mediaType),
  };
}

/** Builds one small image into a layout. */
async function built(
  t: TestContext,
  output: Partial<ArchiveOutput> = {},
  input: Partial<BuildInput> = {},
): Promise<Layout> {
  const { build, write } = bench(t);
  write('a', 'A'.repeat(10_000));
  const to = { directory: join(directory(t), 'layout') };
  await build('FROM scratch\nARG TARGETARCH\nCOPY a /a\nCOPY a /$TARGETARCH', {
    names: [NAME],
    outputs: [{ type: 'oci', to, ...output }],
    ...input,
  });
  return layoutAt(to.directory);
}

const FORMS = [
  ['uncompressed', MediaType.ociLayer],
  ['gzip', MediaType.ociLayerGzip],
  ['zstd', MediaType.ociLayerZstd],
] as const;

for (const [compression, mediaType] of FORMS) {
  test(`type=oci with compression=${compression} writes such layers`, root, async (t) => {
    const { manifest, blob } = await built(t, { compression });
    const { layers, config } = manifest();
    assert.deepEqual(
      layers.map((layer) => layer.mediaType),
      [mediaType, mediaType],
    );
    for (const layer of layers) assert.equal(blob(layer).length, layer.size);
    assert.equal(config.mediaType, MediaType.ociConfig);
    const [diffId] = parseConfig(blob(config)).rootfs.diff_ids;
    assert.equal(diffId === layers[0]?.digest, compression === 'uncompressed');
  });
}

test('type=oci writes gzip by default, names the image, and takes a level', root, async (t) => {
  const { manifest, entries } = await built(t);
  assert.equal(manifest().layers[0]?.mediaType, MediaType.ociLayerGzip);
  assert.deepEqual(
    { ...entries[0]?.annotations },
    {
      'io.containerd.image.name': NAME,
      'org.opencontainers.image.ref.name': '1',
    },
  );
  const best = await built(t, { compressionLevel: 9 });
  assert.notEqual(best.manifest().layers[0]?.digest, manifest().layers[0]?.digest);
});

test(
  'oci-mediatypes=false gives Docker types, unless something needs those of OCI',
  root,
  async (t) => {
    const { manifest, entries } = await built(t, { ociMediaTypes: false });
    assert.equal(entries[0]?.mediaType, MediaType.dockerManifest);
    assert.equal(manifest().config.mediaType, MediaType.dockerConfig);
    assert.equal(manifest().layers[0]?.mediaType, MediaType.dockerLayerGzip);
    const zstd = await built(t, { ociMediaTypes: false, compression: 'zstd' });
    assert.equal(zstd.entries[0]?.mediaType, MediaType.ociManifest);
  },
);

test('annotations go where they belong, for the platforms they are for', root, async (t) => {
  const { index, manifest, entries } = await built(
    t,
    {
      annotations: [
        { place: 'manifest', key: 'm', value: 'all' },
        { place: 'manifest', platform: ARM, key: 'arm', value: 'only' },
        { place: 'index', key: 'i', value: '1' },
        { place: 'index-descriptor', key: 'id', value: '2' },
        { place: 'manifest-descriptor', key: 'md', value: '3' },
      ],
    },
    { platforms: [AMD, ARM] },
  );
  assert.deepEqual({ ...index().annotations }, { i: '1' });
  assert.equal(entries[0]?.annotations?.['id'], '2');
  const [amd, arm] = index().manifests;
  assert.deepEqual({ ...amd?.annotations }, { md: '3' });
  assert.deepEqual({ ...manifest(amd).annotations }, { m: 'all' });
  assert.deepEqual({ ...manifest(arm).annotations }, { m: 'all', arm: 'only' });
  assert.deepEqual([amd?.platform, arm?.platform], [AMD, ARM]);
});

test('a layout that is there keeps its other images, and names move', root, async (t) => {
  const { build, write } = bench(t);
  const path = join(directory(t), 'layout');
  for (const [text, name] of [
    ['one', NAME],
    ['two', 'docker.io/library/app:2'],
    ['three', NAME],
  ] as const) {
    write('a', text);
    await build('FROM scratch\nCOPY a /', {
      names: [name],
      outputs: [{ type: 'oci', to: { directory: path } }],
    });
  }
  const { entries, manifest, blob } = layoutAt(path);
  assert.deepEqual(
    entries.map(({ annotations }) => annotations?.['org.opencontainers.image.ref.name']),
    ['2', '1'],
  );
  for (const entry of entries) for (const layer of manifest(entry).layers) blob(layer);
  assert.deepEqual(readdirSync(path).sort(), ['blobs', 'index.json', 'oci-layout']);
});

test('archives of the same build in other places are the same bytes', root, async (t) => {
  const found: Buffer[] = [];
  for (const type of ['oci', 'docker', 'oci', 'docker'] as const) {
    const { build, write } = bench(t);
    write('a', 'A'.repeat(100_000));
    const to = { path: join(directory(t), `${found.length}.tar`) };
    await build('FROM scratch\nCOPY a /a\nCOPY a /b/', {
      names: [NAME],
      sourceDateEpoch: 1_600_000_000,
      noCache: true,
      outputs: [{ type, to }],
    });
    found.push(readFileSync(to.path));
  }
  assert.deepEqual(found[0], found[2]);
  assert.deepEqual(found[1], found[3]);
});

test('type=docker is read by load, and by other tools', { ...root, ...skopeo }, async (t) => {
  const { build, write } = bench(t);
  write('a', 'A');
  const at = directory(t);
  const result = await build('FROM scratch\nCOPY a /', {
    names: [NAME],
    outputs: [
      { type: 'docker', to: { path: join(at, 'd.tar') } },
      { type: 'oci', to: { path: join(at, 'o.tar') } },
    ],
  });
  using other = scratchImages();
  const [loaded] = await other.images.load(once(readFileSync(join(at, 'd.tar'))));
  assert.deepEqual(loaded, { id: result.id, names: ['app:1'] });
  for (const from of [`docker-archive:${join(at, 'd.tar')}`, `oci-archive:${join(at, 'o.tar')}`]) {
    execFileSync('/usr/bin/skopeo', ['copy', '--quiet', from, `dir:${join(at, 'copy')}`]);
    const { config } = parseManifest(readFileSync(join(at, 'copy', 'manifest.json')));
    assert.equal(config.digest, result.id);
  }
});

test(
  'provenance makes an index with a manifest about each image',
  { ...root, ...skopeo },
  async (t) => {
    const layout = await built(
      t,
      {},
      {
        platforms: [AMD, ARM],
        args: new Map([
          ['V', 'told'],
          ['API_TOKEN', 'hidden'],
          ['HTTP_PROXY', 'http://user:hidden@proxy'],
          ['URL', 'https://user:hidden@host/x'],
        ]),
        provenance: { mode: 'max', version: 'v1', builderId: 'me' },
      },
    );
    const [amd, , claim] = layout.index().manifests;
    assert.deepEqual(claim?.platform, { os: 'unknown', architecture: 'unknown' });
    assert.deepEqual(
      { ...claim?.annotations },
      {
        'vnd.docker.reference.digest': amd?.digest,
        'vnd.docker.reference.type': 'attestation-manifest',
      },
    );
    const { layers, config } = layout.manifest(claim);
    assert.deepEqual(JSON.parse(layout.blob(config).toString()), {
      architecture: 'unknown',
      os: 'unknown',
      config: {},
      rootfs: { type: 'layers', diff_ids: [layers[0]?.digest] },
    });
    assert.equal(
      layers[0]?.annotations?.['in-toto.io/predicate-type'],
      'https://slsa.dev/provenance/v1',
    );
    const text = layout.blob(layers[0]).toString();
    const statement = JSON.parse(text) as {
      subject: object;
      predicate: {
        buildDefinition: { externalParameters: { request: { args: Record<string, string> } } };
        runDetails: { builder: object };
      };
    };
    assert.deepEqual(statement.subject, [
      {
        name: 'pkg:docker/app@1?platform=linux%2Famd64',
        digest: { sha256: amd?.digest.slice('sha256:'.length) },
      },
    ]);
    assert.deepEqual(statement.predicate.buildDefinition.externalParameters.request.args, {
      'build-arg:API_TOKEN': '',
      'build-arg:URL': 'https://host/x',
      'build-arg:V': 'told',
    });
    assert.deepEqual(statement.predicate.runDetails.builder, { id: 'me' });
    assert.doesNotMatch(text, /hidden/);
    execFileSync('/usr/bin/skopeo', [
      'copy',
      '--quiet',
      '--all',
      `oci:${layout.directory}:1`,
      `dir:${directory(t)}`,
    ]);
  },
);

test(
  'provenance in mode=min leaves arguments out; with a date it says the same again',
  root,
  async (t) => {
    const texts = [];
    for (let run = 0; run < 2; run += 1) {
      const { index, manifest, blob } = await built(
        t,
        { ociArtifact: true },
        {
          args: new Map([['V', 'told']]),
          sourceDateEpoch: 1_600_000_000,
          provenance: { mode: 'min', version: 'v0.2' },
        },
      );
      const [image, claim] = index().manifests;
      const about = manifest(claim);
      assert.equal(about.artifactType, 'application/vnd.docker.attestation.manifest.v1+json');
      assert.equal(about.subject?.digest, image?.digest);
      assert.equal(about.config.mediaType, MediaType.ociEmpty);
      texts.push(blob(about.layers[0]!).toString());
    }
    assert.equal(texts[0], texts[1]);
    assert.doesNotMatch(texts[0] ?? '', /told|FROM/);
    assert.match(texts[0] ?? '', /"buildStartedOn":"2020-09-13T12:26:40Z"/);
  },
);
