import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { MediaType } from '../../src/oci/media-types.ts';
import { putRemote, type LooseDescriptor, type RemoteChange } from '../support/remote-image.ts';
import { digestOf, TestRegistry, type Fault } from '../support/test-registry.ts';
import { tarOf } from '../tar-of.ts';
import { config, first, large, type PullScenario, type PullScenarios } from './scenario.ts';

type Change = RemoteChange | ((registry: TestRegistry) => RemoteChange);

/** The image, told differently. */
const told = (
  does: string,
  must: PullScenario['must'],
  change: Change,
  more: Partial<PullScenario> = {},
): PullScenario => ({
  does,
  must,
  put: (registry) =>
    void putRemote(
      registry,
      'team/app',
      'v1',
      typeof change === 'function' ? change(registry) : change,
    ),
  ...more,
});

/** The last layer told differently. */
const last = (other: Partial<LooseDescriptor>): RemoteChange => ({
  layers: ([one, two]) => [one!, { ...two!, ...other }],
});

/** Other bytes as the last layer, told truly. */
const bytes =
  (data: Buffer, mediaType: string = MediaType.ociLayerGzip) =>
  (registry: TestRegistry): RemoteChange => ({
    layers: ([one]) => [one!, registry.add('team/app', data, mediaType)],
  });

const withConfig = (value: unknown): RemoteChange => ({
  config: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

const diffIds = (...ids: unknown[]): RemoteChange =>
  withConfig({ ...config, rootfs: { type: 'layers', diff_ids: ids } });

const [one, two] = (config['rootfs'] as { diff_ids: string[] }).diff_ids;

/** A layer that wants out. */
const escape = tarOf([
  { name: '../../tmp/stave-evil', data: 'x' },
  { name: '/tmp/stave-evil', data: 'x' },
  { name: 'way', type: 'symlink', link: '/tmp' },
  { name: 'way/stave-evil', data: 'x' },
]);

const notOutside = (): void => assert.equal(existsSync('/tmp/stave-evil'), false);

/** Another server has the layer. */
const elsewhere = (registry: TestRegistry): void => {
  const other = TestRegistry.open({
    fault({ request, response }) {
      assert.equal(request.headers.authorization, undefined);
      response.setHeader('connection', 'close');
      response.end(large);
      return true;
    },
  });
  registry.closing.push(async () => (await other)[Symbol.asyncDispose]());
  const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  registry.fault = async ({ url, request, response }) => {
    if (request.method !== 'GET' || !url.pathname.endsWith('/v1')) return false;
    // The address is known by now.
    const urls = ['file:///etc/passwd', `http://${(await other).host}/layer`];
    putRemote(registry, 'team/app', 'v1', last({ mediaType, urls }));
    registry.links.delete(`team/app/${digestOf(large)}`);
    registry.fault = undefined;
    return response.closed;
  };
};

/** What documents and layers may say of themselves. */
export const DOCUMENTS: PullScenarios = {
  'wrong-config': {
    does: 'sends another config than it named',
    must: /expected sha256|longer|ends after/,
    fault: (): Fault => {
      const name = digestOf(Buffer.from(JSON.stringify(config)));
      return ({ response, url }) => {
        if (!url.pathname.endsWith(name)) return false;
        response.end(JSON.stringify({ ...config, os: 'linuz' }));
        return true;
      };
    },
  },
  'manifest-header-lies': {
    does: 'names another digest than the manifest has',
    must: /expected sha256/,
    fault:
      () =>
      ({ response, kind }) => {
        if (kind !== 'manifest') return false;
        const setHeader = response.setHeader.bind(response);
        response.setHeader = (name, value) =>
          setHeader(name, name === 'docker-content-digest' ? digestOf(Buffer.from('x')) : value);
        return false;
      },
  },
  'type-json': told('calls the manifest JSON', 'ok', { type: 'application/json' }),
  'type-text': told('calls the manifest text', 'ok', { type: 'text/plain; charset=utf-8' }),
  'a manifest under a false media type': told('calls the manifest an index', /not "application/, {
    type: MediaType.ociIndex,
  }),
  'html-page': {
    does: 'sends a web page for the manifest',
    must: /not valid JSON/,
    fault: first('manifest', 99, (response) =>
      response.setHeader('content-type', 'text/html').end('<html>Log in'),
    ),
  },
  'huge-manifest': {
    does: 'sends a manifest of 40 MiB',
    must: /larger than/,
    fault: first('manifest', 99, (response) => response.end(Buffer.alloc(40 * 1024 * 1024, 0x20))),
  },
  'endless-manifest': {
    does: 'sends a manifest that does not end',
    must: /larger than/,
    fault: first('manifest', 99, (response) => {
      const go = (): void => {
        if (!response.destroyed) response.write(' '.repeat(65_536), go);
      };
      go();
    }),
  },
  'size-too-small': told(
    'names a size that is too small',
    /longer than/,
    last({ size: large.length - 1 }),
  ),
  'size-too-big': told(
    'names a size that is too big',
    /ends after/,
    last({ size: large.length + 1 }),
  ),
  'size-negative': told('names a negative size', /not an integer/, last({ size: -1 })),
  'size-exabyte': told('names a size of an exabyte', /not an integer/, last({ size: 2 ** 60 })),
  'docker-types': told('uses the media types of Docker', 'ok', {
    type: MediaType.dockerManifest,
    manifest: (manifest) => ({
      ...manifest,
      mediaType: MediaType.dockerManifest,
      config: { ...(manifest['config'] as object), mediaType: MediaType.dockerConfig },
    }),
    layers: (layers) => layers.map((layer) => ({ ...layer, mediaType: MediaType.dockerLayerGzip })),
  }),
  'not-gzip': told('has a layer that is no gzip', /./, bytes(Buffer.from('no gzip at all'))),
  'gzip-cut': told('has a layer whose gzip is cut', /./, bytes(large.subarray(0, -1000))),
  'diffid-wrong': told(
    'has a config with a wrong diff ID',
    /unpacks to/,
    diffIds(one, digestOf(Buffer.from('x'))),
  ),
  'diffid-missing': told(
    'has a config without a diff ID',
    /2 layers, but its config speaks of 1/,
    diffIds(one),
  ),
  'tar-escape': told(
    'has a layer that climbs, is absolute, goes through a link',
    /stave-evil/,
    (registry) => ({
      ...diffIds(one, digestOf(escape)),
      ...bytes(gzipSync(escape))(registry),
    }),
    { check: notOutside },
  ),
  schema1: told(
    'has an image of schema 1',
    /^Docker Image Format v1 and Docker Image manifest version 2, schema 1 support/,
    {
      manifest: () => ({ schemaVersion: 1, name: 'team/app', fsLayers: [], history: [] }),
      type: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
    },
  ),
  'same-layer-twice': told('has a layer twice', 'ok', {
    ...diffIds(one, two, one),
    layers: ([a, b]) => [a!, b!, a!],
  }),
  'no-layers': told('has no layers', 'ok', { ...diffIds(), layers: () => [] }),
  uncompressed: told(
    'has a plain tar as a layer',
    'ok',
    bytes(gunzipSync(large), MediaType.ociLayer),
  ),
  zstd: told(
    'has a layer in zstd',
    'ok',
    bytes(zstdCompressSync(gunzipSync(large)), MediaType.ociLayerZstd),
  ),
  'zstd under the type of Docker': told(
    'has a layer in zstd under a type of Docker',
    'ok',
    bytes(zstdCompressSync(gunzipSync(large)), MediaType.dockerLayerZstd),
  ),
  foreign: {
    does: 'has not got a layer, but says who has',
    must: 'ok',
    options: { auth: 'token' },
    put: elsewhere,
    // A layer that must not be passed on is not pushed, and the manifest is the same.
    async check(registry, house) {
      const [from, to] = [`${registry.host}/team/app:v1`, `${registry.host}/team/copy:v1`];
      registry.lenient = true;
      await house.scratch.images.tag(from, to);
      const [pushed] = await house.scratch.images.push({ name: to });
      const { data } = registry.manifests.get('team/app/v1')!;
      assert.equal(pushed?.digest, digestOf(data));
      assert.equal(registry.links.has(`team/copy/${digestOf(large)}`), false);
    },
  },
  'config-not-json': told('has a config that is no JSON', /not valid JSON/, withConfig('{"os":')),
  'bad-manifest-json': told('has a manifest that is cut', /not valid JSON/, {
    manifest: (manifest) => Buffer.from(JSON.stringify(manifest).slice(0, -9)),
  }),
  'no-mediatype': told('has a manifest without a media type', 'ok', {
    manifest: (manifest) => ({ ...manifest, mediaType: undefined }),
  }),
  artifact: told(
    'has something that is no image',
    /^Encountered remote "application\/vnd.example.thing"/,
    {
      manifest: (manifest) => ({
        ...manifest,
        artifactType: 'application/vnd.example.thing',
        config: { ...(manifest['config'] as object), mediaType: MediaType.ociEmpty },
      }),
    },
  ),
  'empty-digest': told('names an empty digest', /not a digest/, last({ digest: 'sha256:' })),
  'evil-digest': told(
    'names a digest that climbs',
    /not a digest/,
    last({ digest: 'sha256:../../../../tmp/stave-evil' }),
    { check: notOutside },
  ),
  'unknown-algo': told(
    'names a digest of another kind',
    /not a digest/,
    last({ digest: 'md5:d41d8cd98f00b204e9800998ecf8427e' }),
  ),
};
