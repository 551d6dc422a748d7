import { digestOf } from '../../src/oci/digest.ts';
import { blob, CONFIG, DIFF, LAYER, SMALL, text } from './documents.ts';
import { MediaType } from '../../src/oci/media-types.ts';
import { hostileCases } from './house.ts';
import { bad, config, good, layer, MANIFEST, root } from './layouts.ts';

const HEX = 'a'.repeat(64);
const digests = [
  '',
  'sha256',
  'sha256:',
  'sha256:..',
  'sha256:../../../etc/passwd',
  `sha256:${HEX}/..`,
  `../sha256:${HEX}`,
  `sha256:${HEX}\0`,
  `sha256:${HEX}\n`,
  `sha256:${'A'.repeat(64)}`,
  `SHA256:${HEX}`,
  `sha256:${HEX.slice(1)}`,
  `sha256:${HEX}a`,
  `md5:${'a'.repeat(32)}`,
  `sha1:${'a'.repeat(40)}`,
  `sha384:${'a'.repeat(96)}`,
  `blake3:${HEX}`,
  HEX,
  `sha256+b64:${HEX}`,
  `sha256:${'ａ'.repeat(64)}`,
  `sha512:${HEX}`,
  ':',
  `:${HEX}`,
  'sha256:%2e%2e%2f',
  `file:///etc/passwd#sha256:${HEX}`,
];
hostileCases('descriptors', [
  ...digests.map((digest) =>
    bad(`the digest ${JSON.stringify(digest)}`, /is not a digest/, layer({ digest })),
  ),
  bad('a digest that is a number', /not a string/, layer({ digest: 7 })),
  bad('a config by a digest that is a path', /is not a digest/, config({ digest: 'sha256:../x' })),
  bad('a manifest by a digest that is a path', /is not a digest/, {
    root: { digest: 'sha256:../x' },
  }),
  bad('a subject by a digest that is a path', /is not a digest/, {
    manifest: { subject: root({ digest: '../x' }) },
  }),
  ...[-1, 0.5, '1', 10 ** 12, 2 ** 53, null, {}].map((size) =>
    bad(
      `a layer of size ${JSON.stringify(size)}`,
      /"size" of layer 1|bytes, not the/,
      layer({ size }),
    ),
  ),
  bad(
    'a layer of size 10^12, in words',
    /"size" of layer 1|bytes, not/,
    layer({ size: '1000000000000' }),
  ),
  bad('a layer that is a byte shorter', /bytes, not the/, layer({ size: LAYER.length - 1 })),
  bad('a layer that is a byte longer', /bytes, not the/, layer({ size: LAYER.length + 1 })),
  bad('a config that is a byte shorter', /bytes/, config({ size: text(CONFIG).length - 1 })),
  bad('a config of 5 MiB', /larger than/, config({ size: 5 * 1024 * 1024 })),
  bad('a manifest that is a byte longer', /bytes, not/, { root: { size: MANIFEST.length + 1 } }),
  bad('a manifest of 10^12 bytes', /bytes, not|"size"/, { root: { size: 10 ** 12 } }),
  bad('a manifest of 5 MiB', /larger/, { manifest: `{${' '.repeat(5 * 1024 * 1024)}}` }),
  bad('a config of 5 MiB that says so', /larger/, { config: `{${' '.repeat(5 * 1024 * 1024)}}` }),
  bad('an index.json of 5 MiB', /larger/, { index: `{${' '.repeat(5 * 1024 * 1024)}}` }),
  bad('an oci-layout of 100 MB', /larger|oci-layout/, { layout: `{${' '.repeat(100 * 1024)}}` }),
  ...[{}, { imageLayoutVersion: 1 }, { imageLayoutVersion: '2.0.0' }, [], 'null', '{', ''].map(
    (value) =>
      bad(`the oci-layout ${text(value)}`, /oci-layout|imageLayoutVersion/, { layout: value }),
  ),
  bad('a blob that is not what its name says', /is sha256:|expected sha256/, {
    without: [blob(LAYER).name],
    extra: [blob(Buffer.concat([LAYER, Buffer.alloc(512)]), DIFF)],
  }),
  bad('a config that is not what its name says', /is sha256:/, {
    without: [blob(text(CONFIG)).name],
    extra: [blob(text(CONFIG).replace('amd64', 'arm64'), digestOf(text(CONFIG)))],
  }),
  bad('a manifest that is not what its name says', /is sha256:/, {
    without: [blob(MANIFEST).name],
    extra: [
      blob(
        MANIFEST.replace('2', '2'.slice(0, 0) + '3').slice(0, MANIFEST.length),
        digestOf(MANIFEST),
      ),
    ],
  }),
  good('a blob twice, the second one a lie that nobody looks at', {
    extra: [blob(Buffer.concat([SMALL.subarray(0, 512), LAYER]), DIFF)],
  }),
  bad('a blob twice, the first one a lie', /expected sha256|is sha256/, {
    without: [blob(LAYER).name],
    extra: [blob(Buffer.concat([SMALL.subarray(0, 1024), LAYER]), DIFF), blob(LAYER)],
  }),
  bad('a missing layer', /is not in the archive/, { without: [blob(LAYER).name] }),
  bad('a missing config', /is not in the archive/, { without: [blob(text(CONFIG)).name] }),
  bad('a missing manifest', /is not in the archive/, { without: [blob(MANIFEST).name] }),
  ...(['fifo', 'char', 'block'] as const).flatMap((type) => [
    bad(`a layer that is a ${type}`, /special file/, {
      without: [blob(LAYER).name],
      extra: [{ name: blob(LAYER).name, type }],
    }),
    bad(`a config that is a ${type}`, /special file/, {
      without: [blob(text(CONFIG)).name],
      extra: [{ name: blob(text(CONFIG)).name, type }],
    }),
    bad(`an index.json that is a ${type}`, /special file/, {
      without: ['index.json'],
      extra: [{ name: 'index.json', type }],
    }),
  ]),
  bad('a layer that is a link to the host', /is not in the archive/, ({ canary }) => ({
    without: [blob(LAYER).name],
    extra: [{ name: blob(LAYER).name, type: 'symlink', link: `${canary}/file` }],
  })),
  bad('blobs in a directory that is a link to the host', /is not in the archive/, ({ canary }) => ({
    without: [blob(LAYER).name],
    extra: [{ name: 'blobs/sha256', type: 'symlink', link: canary }],
  })),
  bad('a layer that is a link to the config', /unpacks|layer|bytes/, {
    without: [blob(LAYER).name],
    extra: [
      {
        name: blob(LAYER).name,
        type: 'symlink',
        link: blob(text(CONFIG)).name.slice('blobs/sha256/'.length),
      },
    ],
  }),
  ...['http://127.0.0.1:1/x', 'file:///etc/passwd', 'ftp://x/y'].map((url) =>
    bad(`a foreign layer at ${url}`, /is not in the archive|not a container image/, {
      without: [blob(LAYER).name],
      ...layer({
        mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
        urls: [url],
      }),
    }),
  ),
  bad('a layer to be fetched from a server', /is not in the archive/, ({ url }) => ({
    without: [blob(LAYER).name],
    ...layer({ urls: [url] }),
  })),
  bad('a manifest to be fetched from a server', /is not in the archive/, ({ url }) => ({
    without: [blob(MANIFEST).name],
    root: { urls: [url] },
  })),
  bad(
    'a layer in a kind of compression that nobody has',
    /not a container image/,
    layer({ mediaType: 'application/vnd.oci.image.layer.v1.tar+lzma' }),
  ),
  bad(
    'a layer that is a picture by its type',
    /not a container image/,
    layer({ mediaType: 'image/png' }),
  ),
  bad('a layer of no type', /"mediaType" of layer 1/, layer({ mediaType: undefined })),
  bad('a type with a line end', /not a media type/, layer({ mediaType: 'text/plain\nx' })),
  bad(
    'a type of 10,000 letters',
    /not a media type/,
    layer({ mediaType: `a/${'b'.repeat(10_000)}` }),
  ),
  bad(
    "a config that is an artifact's",
    /not a container image/,
    config({ mediaType: 'application/vnd.x.artifact+json' }),
  ),
  bad(
    'a config that is a layer by its type',
    /not a container image/,
    config({ mediaType: MediaType.ociLayer }),
  ),
]);
