import { gzipSync } from 'node:zlib';
import { digestOf } from '../src/oci/digest.ts';
import { MediaType } from '../src/oci/media-types.ts';
import { tarOf, type TestEntry } from './tar-of.ts';

/** A layer that is too large to be held in memory. */
export const LAYER = tarOf([{ name: 'file', data: Buffer.alloc(100_000, 'y') }]);
export const DIFF = digestOf(LAYER);

export function configOf(...diffIds: readonly string[]): string {
  const rootfs = { type: 'layers', diff_ids: diffIds };
  return JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs });
}

/** What makes a good Docker archive; each case breaks one thing of it. */
export interface Parts {
  config: string;
  layers: readonly string[];
  tags: unknown;
  manifest: string | undefined;
  extra: readonly TestEntry[];
  layer: Buffer;
}

export function dockerArchive(change: Partial<Parts>): Buffer {
  const parts = { config: configOf(DIFF), layers: ['layer.tar'], tags: ['x:1'], ...change };
  const item = { Config: 'config.json', RepoTags: parts.tags, Layers: parts.layers };
  return tarOf([
    { name: 'layer.tar', data: parts.layer ?? LAYER },
    { name: 'config.json', data: parts.config },
    ...(parts.extra ?? []),
    { name: 'manifest.json', data: parts.manifest ?? JSON.stringify([item]) },
  ]);
}

export function blob(data: string | Buffer, digest = digestOf(data)): TestEntry {
  return { name: `blobs/${digest.replace(':', '/')}`, data };
}

export interface LayoutParts {
  readonly manifest?: object;
  readonly index?: object;
  readonly without?: string;
  readonly extra?: readonly TestEntry[];
}

/** An OCI layout; `manifest` and `index` replace members of those documents. */
export function layout({
  manifest = {},
  index = {},
  without,
  extra = [],
}: LayoutParts = {}): Buffer {
  const config = configOf(DIFF);
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: {
      mediaType: MediaType.ociConfig,
      digest: digestOf(config),
      size: Buffer.byteLength(config),
    },
    layers: [{ mediaType: MediaType.ociLayer, digest: DIFF, size: LAYER.length }],
    ...manifest,
  });
  const root = { mediaType: MediaType.ociManifest, digest: digestOf(body), size: body.length };
  const entries = [
    { name: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', data: JSON.stringify({ schemaVersion: 2, manifests: [root], ...index }) },
    blob(body),
    blob(config),
    blob(LAYER),
  ];
  return tarOf([...entries.filter((entry) => entry.name !== without), ...extra]);
}

function layerOf(change: object): object {
  return {
    layers: [{ mediaType: MediaType.ociLayer, digest: DIFF, size: LAYER.length, ...change }],
  };
}

/** Of nothing that is in any of the archives. */
export const OTHER = digestOf('something else');
export const ID_A = 'a'.repeat(64);
export const ID_B = 'b'.repeat(64);

/** Old layers that are each other's parent. */
const CIRCLE = tarOf([
  { name: `${ID_A}/json`, data: JSON.stringify({ id: ID_A, parent: ID_B }) },
  { name: `${ID_A}/layer.tar`, data: LAYER },
  { name: `${ID_B}/json`, data: JSON.stringify({ id: ID_B, parent: ID_A }) },
  { name: `${ID_B}/layer.tar`, data: LAYER },
  { name: 'repositories', data: JSON.stringify({ x: { '1': ID_A } }) },
]);

const ROOT_FS = tarOf(
  ['bin', 'dev', 'etc', 'usr'].map((name) => ({ name, type: 'directory' as const })),
);
const SMALL_ROOT_FS = tarOf([{ name: 'bin/sh', data: Buffer.alloc(200_000, 'x') }]);

/** What is wrong, the archive, and what is said of it. */
export const REFUSED: readonly (readonly [string, Buffer, RegExp])[] = [
  ['nothing', Buffer.alloc(0), /^the archive is empty$/],
  ['garbage', Buffer.from('garbage\n'), /^this is not an image archive: it is no tar archive/],
  ['zeros', Buffer.alloc(10_240), /^this is not an image archive/],
  ['half an archive', layout().subarray(0, 60_000), /damaged tar archive/],
  ['half a gzip file', gzipSync(layout()).subarray(0, 200), /gzip/],
  ['a root file system', ROOT_FS, /^this is a filesystem archive, not an image archive$/],
  ['a small root file system', SMALL_ROOT_FS, /^this is a filesystem archive/],
  ['any other tar', tarOf([{ name: 'x', data: 'x' }]), /^this archive holds no image/],
  [
    'manifest.json as a fifo',
    tarOf([{ name: 'manifest.json', type: 'fifo' }]),
    /special file \(fifo\), not a JSON/,
  ],
  [
    'manifest.json as a device',
    tarOf([{ name: 'manifest.json', type: 'char' }]),
    /special file \(char\)/,
  ],
  [
    'manifest.json as a link to itself',
    tarOf([
      { name: 'manifest.json', type: 'symlink', link: 'a' },
      { name: 'a', type: 'symlink', link: 'manifest.json' },
    ]),
    /run in circles/,
  ],
  [
    'manifest.json as a link to the host',
    tarOf([{ name: 'manifest.json', type: 'symlink', link: '/etc/passwd' }]),
    /holds no image/,
  ],
  [
    'manifest.json twice',
    dockerArchive({ extra: [{ name: 'manifest.json', data: '[]' }] }),
    /"manifest.json" twice/,
  ],
  ['an empty manifest.json', dockerArchive({ manifest: '[]' }), /^the archive holds no image$/],
  ['a manifest.json that is no list', dockerArchive({ manifest: '{}' }), /is not a list/],
  ['a manifest.json that is no JSON', dockerArchive({ manifest: '[{' }), /not valid JSON/],
  [
    'a large manifest.json',
    dockerArchive({ manifest: `[${' '.repeat(1_100_000)}]` }),
    /manifest.json is larger/,
  ],
  [
    'a manifest.json of 1000 levels',
    dockerArchive({ manifest: `${'['.repeat(1000)}${']'.repeat(1000)}` }),
    /nested deeper/,
  ],
  ['a layer outside', dockerArchive({ layers: ['../../etc/passwd'] }), /outside the archive/],
  [
    'a missing layer',
    dockerArchive({ layers: ['nosuch.tar'] }),
    /^the layer "nosuch.tar" is not in the archive$/,
  ],
  [
    'a layer that is a document',
    dockerArchive({ layers: ['config.json'] }),
    /unpacks to|damaged|not/,
  ],
  [
    'a layer that is text',
    dockerArchive({ layer: Buffer.alloc(200_000, 'x') }),
    /^the layer "layer.tar" is a file of another kind$/,
  ],
  [
    'a layer that is something else',
    dockerArchive({ config: configOf(OTHER) }),
    /^layer 1 of the image unpacks to sha256:.* but its config says/,
  ],
  [
    'more layers than the config',
    dockerArchive({ layers: ['layer.tar', 'layer.tar'] }),
    /has 2 layers, but its config speaks of 1/,
  ],
  [
    'fewer layers than the config',
    dockerArchive({ config: configOf(DIFF, DIFF) }),
    /has 1 layers, but its config speaks of 2/,
  ],
  [
    'a config without layers',
    dockerArchive({ config: '{}' }),
    /"rootfs" of the image config is missing/,
  ],
  ['a config that is no object', dockerArchive({ config: '[]' }), /not a JSON object/],
  [
    'a windows image',
    dockerArchive({
      config: JSON.stringify({ os: 'windows', rootfs: { type: 'layers', diff_ids: [DIFF] } }),
    }),
    /made for "windows"/,
  ],
  [
    'a bad name',
    dockerArchive({ tags: ['Bad:1'] }),
    /calls an image "Bad:1": invalid reference format/,
  ],
  [
    'a name with an escape',
    dockerArchive({ tags: ['\u001b[31m'] }),
    /calls an image "\\u001b\[31m"/,
  ],
  ['a name that is no text', dockerArchive({ tags: [1] }), /not a list of strings/],
  [
    'a member outside',
    dockerArchive({ extra: [{ name: '../evil', data: 'x' }] }),
    /"\.\.\/evil", which leads out of it/,
  ],
  [
    'a file in a layer outside',
    dockerArchive({ layer: tarOf([{ name: '../evil', data: Buffer.alloc(100_000) }]) }),
    /refused/,
  ],
  [
    'a blob that is not what its name says',
    layout({
      extra: [blob(Buffer.concat([LAYER, Buffer.alloc(512)]), DIFF)],
      without: blob(LAYER).name,
    }),
    /expected sha256|is sha256/,
  ],
  ['a missing config', layout({ without: blob(configOf(DIFF)).name }), /is not in the archive/],
  ['a missing layer blob', layout({ without: blob(LAYER).name }), /is not in the archive/],
  [
    'a foreign layer',
    layout({ manifest: layerOf({ digest: OTHER, urls: ['http://127.0.0.1:9/x'] }) }),
    /is not in the archive/,
  ],
  [
    'a layer of size 1',
    layout({ manifest: layerOf({ size: 1 }) }),
    /has \d+ bytes, not the 1 that the image says/,
  ],
  [
    'a layer of 10^12 bytes',
    layout({ manifest: layerOf({ size: 1e12 }) }),
    /"size" of layer 1|bytes, not the 1000000000000/,
  ],
  ['a layer of negative size', layout({ manifest: layerOf({ size: -1 }) }), /"size" of layer 1/],
  [
    'a digest that climbs',
    layout({ manifest: layerOf({ digest: 'sha256:../../../etc/passwd' }) }),
    /"digest" of layer 1 is not a digest/,
  ],
  [
    'a digest in capitals',
    layout({ manifest: layerOf({ digest: DIFF.toUpperCase() }) }),
    /is not a digest/,
  ],
  ['a manifest that is an index too', layout({ manifest: { manifests: [] } }), /at once/],
  [
    'a layout of another version',
    layout({
      without: 'oci-layout',
      extra: [{ name: 'oci-layout', data: '{"imageLayoutVersion":"9"}' }],
    }),
    /version "9"/,
  ],
  [
    'an artifact',
    layout({
      manifest: {
        config: {
          mediaType: 'application/x.artifact+json',
          digest: digestOf(configOf(DIFF)),
          size: configOf(DIFF).length,
        },
      },
    }),
    /not a container image/,
  ],
  [
    'an index for other machines',
    layout({
      index: {
        manifests: [
          {
            mediaType: MediaType.ociManifest,
            digest: OTHER,
            size: 3,
            platform: { os: 'linux', architecture: 's390x' },
          },
        ],
      },
    }),
    /holds no image for linux/,
  ],
  ['old layers that stand on each other', CIRCLE, /stand on themselves/],
];
