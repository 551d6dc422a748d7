import type { ImageDetails } from '../../../src/engine/engine.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseConfig } from '../../../src/oci/parse-config.ts';
import { tarOf } from '../../tar-of.ts';

/** An image that Docker was asked about, and stave is asked about now. */
interface Fixture {
  readonly tags: readonly string[];
  readonly config: Buffer;
  readonly layers: readonly Buffer[];
  /** Bytes of file content. */
  readonly size: number;
}

const layer = (name: string, size: number): Buffer =>
  tarOf([{ name, data: Buffer.alloc(size, 'x') }]);
const LAYERS = [layer('one', 123_456), layer('two', 42)];

function fixture(
  tags: readonly string[],
  layers: readonly Buffer[],
  size: number,
  document: object,
): Fixture {
  const rootfs = { type: 'layers', diff_ids: layers.map((one) => digestOf(one)) };
  const history = layers.map((_, i) => ({ created_by: `step ${i}`, comment: `comment ${i}` }));
  return {
    tags,
    layers,
    size,
    config: Buffer.from(JSON.stringify({ os: 'linux', ...document, rootfs, history })),
  };
}

/** Two images: one whose config has everything, one whose config has nothing. */
const FIXTURES: readonly Fixture[] = [
  fixture(['rich:1', 'team/rich:2', 'localhost:5000/team/rich:1'], LAYERS, 123_498, {
    architecture: 'amd64',
    author: 'Ann <ann@example.org>',
    created: '2024-01-02T03:04:05.123456789Z',
    config: {
      User: '1000:1000',
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      Env: ['PATH=/bin:/usr/bin', 'EMPTY=', 'TEXT=a b', 'QUOTE=it\'s "x" <y> & z'],
      Entrypoint: ['/bin/sh', '-c'],
      Cmd: ['echo hi', 'ünïcode'],
      Volumes: { '/data': {}, '/cache': {} },
      WorkingDir: '/srv',
      Labels: {
        environment: 'test',
        'org.example.title': 'Über App',
        empty: '',
        html: `<a href="x">'&'</a>`,
        number: '42',
        multi: 'one\ntwo',
      },
      OnBuild: ['RUN echo built'],
      StopSignal: 'SIGINT',
      Shell: ['/bin/bash', '-c'],
      Healthcheck: {
        Test: ['CMD', 'true'],
        Interval: 30_000_000_000,
        Timeout: 1_500_000_000,
        Retries: 3,
      },
    },
  }),
  fixture(['plain:1'], LAYERS.slice(0, 1), 123_456, {
    architecture: 'arm64',
    variant: 'v8',
    created: '2021-05-06T07:08:09Z',
    config: {},
  }),
];

/** The images as `docker load` takes them. */
export function archive(): Buffer {
  const manifest = FIXTURES.map(({ tags, layers }, i) => ({
    Config: `config-${i}.json`,
    RepoTags: tags,
    Layers: layers.map((_, at) => `layer-${at}.tar`),
  }));
  return tarOf([
    ...LAYERS.map((data, i) => ({ name: `layer-${i}.tar`, data })),
    ...FIXTURES.map(({ config }, i) => ({ name: `config-${i}.json`, data: config })),
    { name: 'manifest.json', data: JSON.stringify(manifest) },
  ]);
}

/** The images as stave's engine describes them. */
export function images(): readonly ImageDetails[] {
  return FIXTURES.map(({ tags, config: bytes, size }): ImageDetails => {
    const config = parseConfig(bytes);
    const created = new Date(config.created ?? 0);
    return {
      id: digestOf(bytes),
      tags,
      digests: [],
      created,
      stored: created,
      size,
      labels: config.config?.Labels ?? {},
      platform: {
        os: config.os,
        architecture: config.architecture,
        ...(config.variant !== undefined && { variant: config.variant }),
      },
      parent: undefined,
      containers: 0,
      config,
      layers: config.rootfs.diff_ids,
      manifest: {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digestOf('manifest'),
        size: 8,
      },
      tagged: undefined,
      directories: config.rootfs.diff_ids.map((_, i) => `/store/layers/${i}/fs`),
    };
  });
}
