import { createHash } from 'node:crypto';
import { digestOf } from '../../src/oci/digest.ts';
import { MediaType } from '../../src/oci/media-types.ts';
import { tarOf, type TestEntry } from '../tar-of.ts';
import {
  blob,
  CONFIG,
  descriptor,
  LAYER,
  layout,
  type LayoutParts,
  manifestOf,
  SMALL,
  text,
} from './documents.ts';
import { hostileCases } from './house.ts';
import { bad, config, good, indexOf, layer, MANIFEST, root } from './layouts.ts';

/** A layout whose `index.json` names an index, which names others, so many deep. */
const deep = (depth: number): LayoutParts => {
  const extra: TestEntry[] = [];
  let node = root();
  for (let at = 0; at < depth; at += 1) {
    const index = indexOf([node]);
    extra.push(blob(index));
    node = descriptor(MediaType.ociIndex, index);
  }
  return { index: { manifests: [node] }, extra };
};
const sha512 = (data: string | Buffer): string =>
  `sha512:${createHash('sha512').update(data).digest('hex')}`;
const platforms = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, at) =>
    root({ digest: digestOf(`${at}`), platform: { os: 'linux', architecture: `odd${at}` } }),
  );

hostileCases('layouts', [
  bad('a manifest that is an index, too', /at once/, { manifest: { manifests: [] } }),
  bad('a manifest that is an index, too, without a word of what it is', /at once/, {
    manifest: { manifests: [root()], mediaType: undefined },
  }),
  bad('a manifest that is an index by its type', /media type|not what/, {
    manifest: { mediaType: MediaType.ociIndex },
  }),
  bad('an index that is a manifest by what refers to it', /is an index|not "/, {
    index: { manifests: [descriptor(MediaType.ociManifest, indexOf([root()]))] },
    extra: [blob(indexOf([root()]))],
  }),
  bad('a manifest that is an index by what refers to it', /manifest|not "/, {
    root: { mediaType: MediaType.ociIndex },
  }),
  bad('a manifest of schema 1', /schemaVersion/, { manifest: { schemaVersion: 1 } }),
  bad('a manifest of schema "2"', /schemaVersion/, { manifest: { schemaVersion: '2' } }),
  bad('a manifest without layers', /"layers"/, { manifest: { layers: undefined } }),
  bad('layers that are an object', /"layers"/, { manifest: { layers: {} } }),
  bad('a layer that is null', /layer 1 is not a JSON object/, { manifest: { layers: [null] } }),
  bad('a manifest without config', /"config"/, { manifest: { config: null } }),
  bad('501 layers', /more than 500/, {
    manifest: { layers: Array(501).fill(descriptor(MediaType.ociLayer, LAYER)) },
  }),
  bad('annotations that are numbers', /not a map of strings/, {
    manifest: { annotations: { a: 1 } },
  }),
  bad('a manifest of 101 levels', /nested deeper/, {
    manifest: `{"a":${'['.repeat(101)}${']'.repeat(101)}}`,
  }),
  bad('an index.json that is a list', /not a JSON object/, { index: '[]' }),
  bad('an index.json that is a manifest', /where an index/, { index: MANIFEST }),
  bad('an index.json of nothing', /holds no image|no image/, { index: { manifests: [] } }),
  bad('an index.json with 10,001 entries', /more than 10000/, {
    index: { manifests: platforms(10_001) },
  }),
  bad('10,000 entries, none for this machine', /holds no image for/, {
    index: { manifests: platforms(9_999) },
  }),
  good('10,000 entries that are one', {
    index: {
      manifests: Array(10_000).fill(
        root({ annotations: { 'io.containerd.image.name': 'docker.io/library/x:1' } }),
      ),
    },
  }),
  bad('index below index, nine deep', /nested too deep/, deep(9)),
  good('index below index, seven deep', deep(7), []),
  bad('an index that names itself by a lie', /is sha256:|is not in the archive/, {
    index: {
      manifests: [
        { mediaType: MediaType.ociIndex, digest: digestOf('self'), size: indexOf([]).length },
      ],
    },
    extra: [{ name: blob('self').name, data: indexOf([]) }],
  }),
  {
    what: '10,000 times an index of 4 MiB',
    refused: /holds no image|too large|no image/,
    archive: () => {
      const index = indexOf([], { annotations: { a: 'x'.repeat(4_000_000) } });
      return layout({
        index: { manifests: Array(9_000).fill(descriptor(MediaType.ociIndex, index)) },
        extra: [blob(index)],
      });
    },
  },
  {
    what: 'a hundred indexes of a hundred entries each, again and again',
    refused: /too deep or too large/,
    archive: () => {
      const leaf = indexOf(Array(100).fill(root()));
      const middle = indexOf(Array(100).fill(descriptor(MediaType.ociIndex, leaf)));
      const top = indexOf(Array(100).fill(descriptor(MediaType.ociIndex, middle)));
      return layout({
        index: { manifests: Array(100).fill(descriptor(MediaType.ociIndex, top)) },
        extra: [blob(leaf), blob(middle), blob(top)],
      });
    },
  },
  {
    what: '9,000 images of one config of 3 MB and layers in many forms',
    refused: /bytes together/,
    archive: () => {
      const large = {
        ...CONFIG,
        rootfs: { type: 'layers', diff_ids: [] },
        x: 'x'.repeat(3_000_000),
      };
      const manifests = Array.from({ length: 200 }, (_, at) =>
        manifestOf(large, { layers: [], annotations: { n: `${at}` } }),
      );
      return layout({
        index: { manifests: manifests.map((one) => descriptor(MediaType.ociManifest, one)) },
        extra: [blob(text(large)), ...manifests.map((one) => blob(one))],
      });
    },
  },
  good('a layout without oci-layout', { without: ['oci-layout'] }),
  bad('a manifest by its SHA-512', /only SHA-256/, {
    index: { manifests: [root({ digest: sha512(MANIFEST) })] },
    extra: [blob(MANIFEST, sha512(MANIFEST))],
  }),
  bad('a config by its SHA-512', /only SHA-256/, {
    ...config({ digest: sha512(text(CONFIG)) }),
    extra: [blob(text(CONFIG), sha512(text(CONFIG)))],
  }),
  bad('a layer by its SHA-512', /only SHA-256/, {
    ...layer({ digest: sha512(LAYER) }),
    extra: [blob(LAYER, sha512(LAYER))],
  }),
  bad('a small layer by what its SHA-512 is not', /only SHA-256/, {
    ...layer({ digest: sha512('other'), size: SMALL.length }),
    extra: [blob(SMALL, sha512('other'))],
  }),
  good('blobs in SHA-512 that nobody refers to', {
    extra: [blob(LAYER, sha512(LAYER)), blob(SMALL, sha512('other'))],
  }),
  bad('a large blob that is not what its SHA-512 says', /expected sha512|is sha512/, {
    extra: [blob(LAYER, sha512('other'))],
  }),
  good(
    'a name by nothing but its tag',
    { root: { annotations: { 'org.opencontainers.image.ref.name': 'v1' } } },
    [],
  ),
  good(
    'names that are none, titles that are paths',
    {
      root: {
        annotations: {
          'org.opencontainers.image.ref.name': '../../x:1',
          'org.opencontainers.image.title': '../../x',
          'io.containerd.image.name': 'BAD NAME',
          __proto__x: '1',
        },
      },
    },
    [],
  ),
  good(
    'a name with an escape',
    { root: { annotations: { 'io.containerd.image.name': 'x\u001b[31m:1' } } },
    [],
  ),
  good(
    'titles of layers that are paths',
    layer({
      annotations: {
        'org.opencontainers.image.title': '../../../evil',
        'io.deis.oras.content.unpack': 'true',
      },
    }),
  ),
  good('annotations that runtimes and engines act on', {
    manifest: {
      annotations: {
        'run.oci.hooks': 'x',
        'io.podman.annotations.init': 'TRUE',
        'org.systemd.property.ExecStop': "'x'",
        'containerd.io/gc.root': 'x',
      },
    },
  }),
  good(
    'data beside its descriptor, which is not looked at',
    config({ data: Buffer.from('{"os":"evil"}').toString('base64') }),
  ),
  good('a platform that lies', {
    root: {
      platform: {
        os: 'linux',
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        'os.version': '\u001b]0;x\u0007',
      },
    },
  }),
  bad('a platform whose variant nobody has', /holds no image for/, {
    root: { platform: { os: 'linux', architecture: 'amd64', variant: '../..' } },
  }),
  bad('an image for another machine only', /holds no image for/, {
    root: { platform: { os: 'plan9', architecture: 'vax' } },
  }),
  good('a platform of empty words', { root: { platform: { os: '', architecture: '' } } }),
  bad('a platform that is a text', /"platform"/, { root: { platform: 'linux/amd64' } }),
  good('a subject that is not there', {
    manifest: { subject: root({ digest: digestOf('nowhere') }) },
  }),
  good('blobs that nobody refers to, and names that are no digests', {
    extra: [
      blob('{"a":1}'),
      blob(SMALL),
      { name: 'blobs/sha256/../../x.json', data: '{}' },
      { name: 'blobs/md5/x', data: '{}' },
      { name: 'blobs/sha256/UPPER', data: '{}' },
    ],
  }),
  good('a layer under another name, which is found by what it is', {
    without: [blob(LAYER).name],
    extra: [{ name: blob(LAYER).name.toUpperCase(), data: LAYER }],
  }),
  bad(
    'an index.json and nothing else',
    /is not in the archive/,
    tarOf([{ name: 'index.json', data: indexOf([root()]) }]),
  ),
]);
