import { once } from '../../base/bytes.ts';
import { setImmediate } from 'node:timers/promises';
import { InvalidInputError, StaveError, UsageError } from '../../base/errors.ts';
import { reporter } from '../../base/reporter.ts';
import { CACHE, DISK } from './fake-usage.ts';
import type { CachePruneRequest } from '../../engine/system-types.ts';
import type { ContainerSummary, RunRequest } from '../../engine/container-types.ts';
import type {
  Engine,
  HistoryRow,
  ImageDetails,
  ImageFilter,
  ImportRequest,
} from '../../engine/engine.ts';
import type { BuildRequest } from '../../engine/build-types.ts';
import { check, noBase, outline, targets } from '../../engine/dockerfile-calls.ts';
import { parseDigest } from '../../oci/digest.ts';
import type { ContainerConfig } from '../../oci/image-config.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const LAYERS = [
  'sha256:922ffc1af3f20d153f71b232e018a15433674bac81f49f85c88a99efa3259520',
  'sha256:9de02ef809547ca9f77bbbe2817b29ea909cc355e5ce066b34fc5260707a54ce',
];
const MADE = '2026-11-21T07:01:20.56074527Z';
const TAGGED = new Date('2026-11-21T07:03:21.605Z');

/** What was asked of a fake engine. */
export interface Asked {
  readonly filters: (ImageFilter & { readonly all?: boolean; readonly dryRun?: boolean })[];
  readonly builds: BuildRequest[];
  readonly runs: RunRequest[];
  readonly imports: ImportRequest[];
  readonly prunes: CachePruneRequest[];
  readonly pulls: string[];
  readonly logins: {
    readonly server: string | undefined;
    readonly username: string;
    readonly password: string;
  }[];
  readonly removed: { readonly name: string; readonly force?: boolean; readonly prune?: boolean }[];
}

/** Names nothing that is here. */
export class NoSuchThing extends StaveError {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function image(
  hex: string,
  tags: readonly string[],
  created: string,
  config: ContainerConfig = {},
): ImageDetails {
  const id = parseDigest(`sha256:${hex.padEnd(64, '0')}`);
  return {
    id,
    tags,
    digests: [],
    created: new Date(created),
    stored: new Date(created),
    size: 1_982_256,
    labels: config.Labels ?? {},
    platform: AMD64,
    parent: undefined,
    containers: 0,
    config: {
      created,
      architecture: 'amd64',
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: LAYERS },
      history: [{ comment: 'buildkit.dockerfile.v0' }],
    },
    layers: LAYERS,
    manifest: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: parseDigest(`sha256:${'56c7'.padEnd(64, '0')}`),
      size: 736,
    },
    tagged: TAGGED,
    directories: ['/store/layers/9de0/fs', '/store/layers/922f/fs'],
  };
}

/** The images that Docker was recorded with. */
export const IMAGES: readonly ImageDetails[] = [
  image('b282bbaed11e', ['app:v1', 'localhost:5599/team/app:v1', 'myapp:v1'], MADE, {
    ArgsEscaped: true,
    Cmd: ['echo', 'prod'],
    Env: ['PATH=/bin'],
    Labels: { environment: 'prod', owner: 'qa team', stage: 'b' },
    WorkingDir: '/',
  }),
  image('3a64e2a9c884', ['base:1'], MADE, {
    ArgsEscaped: true,
    Cmd: ['sh'],
    Env: ['PATH=/bin'],
    Labels: { environment: 'test', owner: 'qa team' },
    WorkingDir: '/',
  }),
  image('8f45165f7613', [], MADE),
  image('72844cd30141', ['ord:1'], '2026-11-21T07:03:20Z'),
  image('f47d3a12d8b8', ['ord:2'], '2026-11-21T07:03:22Z'),
  image('05b8fce25da9', ['ord:3'], '2026-11-21T07:03:24Z'),
  image('534a2e58554e', ['hc:1'], MADE, {
    ArgsEscaped: true,
    Cmd: ['sleep', '1000'],
    Env: ['PATH=/bin'],
    ExposedPorts: { '53/udp': {}, '80/tcp': {} },
    Volumes: { '/data': {} },
    Labels: { environment: 'test', owner: 'qa team' },
    WorkingDir: '/',
    Healthcheck: {
      Test: ['CMD-SHELL', 'test -f /ok || { echo not yet; exit 1; }'],
      Interval: 1_000_000_000,
      Timeout: 2_000_000_000,
      Retries: 2,
    },
  }),
];

const HISTORY: readonly (readonly [string, number])[] = [
  ['CMD ["echo" "prod"]', 0],
  ['LABEL environment=prod stage=b', 0],
  ['CMD ["sh"]', 0],
  ['LABEL environment=test owner=qa team', 0],
  ['ENV PATH=/bin', 0],
  ['RUN /bin/busybox --install -s /bin # buildkit', 0],
  ['COPY busybox /bin/busybox # buildkit', 1_982_256],
];

const CONTAINERS: readonly ContainerSummary[] = [
  {
    id: '717f89556ee3'.padEnd(64, 'a'),
    name: 'c1',
    image: 'base:1',
    command: "sh -c 'echo out; echo err >&2; while :; do sleep 1; done'",
    created: new Date('2026-11-21T07:03:24.9Z'),
    state: 'running',
    started: new Date('2026-11-21T07:03:24.95Z'),
    finished: undefined,
    exitCode: undefined,
    labels: { environment: 'test', owner: 'qa team', tier: 'web' },
  },
  {
    id: '938d60b07d18'.padEnd(64, 'b'),
    name: 'web2',
    image: 'base:1',
    command: "sh -c 'exit 3'",
    created: new Date('2026-11-21T07:03:20Z'),
    state: 'exited',
    started: new Date('2026-11-21T07:03:21Z'),
    finished: new Date('2026-11-21T07:03:24Z'),
    exitCode: 3,
    labels: { t: 'a' },
  },
];

/** An engine in memory that answers as recorded, and keeps what it was asked. */
export function fakeEngine(): { readonly engine: Engine; readonly asked: Asked } {
  const asked: Asked = {
    filters: [],
    builds: [],
    runs: [],
    imports: [],
    prunes: [],
    pulls: [],
    logins: [],
    removed: [],
  };
  const find = (name: string): ImageDetails => {
    const found = IMAGES.find(
      ({ id, tags }) =>
        tags.includes(name) || tags.includes(`${name}:latest`) || id.slice(7).startsWith(name),
    );
    if (!found) throw new NoSuchThing('IMAGE_NOT_FOUND', `No such image: ${name}`);
    return found;
  };
  const named = (name: string, reference: string): boolean =>
    name === reference || name.slice(0, name.lastIndexOf(':')) === reference;

  const engine: Engine = {
    registries: {
      named: async (server = 'docker.io') => server,
      async login(server, credentials) {
        asked.logins.push({ server, ...credentials });
        return { path: '/home/.docker/config.json', helper: undefined, changed: true };
      },
      user: async () => undefined,
      knownUser: async () => undefined,
      logout: async () => {},
      copy: async ({ from }) => find(from).manifest.digest,
      archive: async () => once(Buffer.from('archive')),
      async manifest(name) {
        const { mediaType, digest } = find(name).manifest;
        return { fullName: name, mediaType, digest, bytes: Buffer.from('{}'), entries: undefined };
      },
      async *tags() {
        yield* ['v1', 'v2'];
      },
    },
    images: {
      async list(filter = {}) {
        asked.filters.push(filter);
        const { reference } = filter;
        return IMAGES.flatMap((one) => {
          const tags = one.tags.filter((name) => reference?.some((r) => named(name, r)) ?? true);
          return reference && tags.length === 0 ? [] : [{ ...one, tags }];
        });
      },
      inspect: async (name) => find(name),
      async history(name) {
        const { id, created } = find(name);
        return HISTORY.map(([createdBy, size], i): HistoryRow => ({
          id: i === 0 ? id : undefined,
          created,
          createdBy,
          size,
          comment: 'buildkit.dockerfile.v0',
        }));
      },
      async pull({ name }) {
        asked.pulls.push(name);
        const { id, manifest } = IMAGES[0]!;
        return {
          id,
          digest: manifest.digest,
          isNew: true,
          name,
          fullName: `docker.io/library/${name}`,
        };
      },
      async push({ name }) {
        const { digest, size } = find(name).manifest;
        return [{ name, digest, size }];
      },
      async tag(source) {
        find(source);
      },
      async remove(name, options = {}) {
        asked.removed.push({ name, ...options });
        return [{ untagged: name }, { deleted: find(name).id }];
      },
      async prune(options = {}) {
        asked.filters.push({
          ...options.filter,
          all: options.all ?? false,
          dryRun: options.dryRun ?? false,
        });
        return { removed: [{ deleted: `sha256:${'8f45'.padEnd(64, '0')}` }], bytes: 1_982_256 };
      },
      async save(names) {
        names.forEach(find);
        return once(Buffer.from('archive'));
      },
      async load() {
        const id = parseDigest(`sha256:${'b282'.padEnd(64, '0')}`);
        return [
          { id, names: ['app:v1', 'myapp:v1'] },
          { id, names: [] },
        ];
      },
      async import(_, request = {}) {
        asked.imports.push(request);
        return parseDigest(`sha256:${'dd45'.padEnd(64, '0')}`);
      },
    },
    containers: {
      async run(request) {
        asked.runs.push(request);
        if (request.image === 'nosuch:1') throw new UsageError('No such image: nosuch:1');
        return { code: 3 };
      },
      list: async ({ all = false } = {}) =>
        CONTAINERS.filter(({ state }) => all || state === 'running'),
      async remove(name) {
        const found = CONTAINERS.find((one) => one.name === name);
        if (!found) throw new NoSuchThing('CONTAINER_NOT_FOUND', `No such container: ${name}`);
        return found.id;
      },
    },
    system: {
      info: async () => ({
        version: '1.2.3',
        root: '/store',
        storeId: '0123456789ab',
        images: IMAGES.length,
        containers: { running: 1, stopped: 1 },
        storageDriver: 'overlay',
        fileSystem: 'extfs',
        runtime: { name: 'crun', path: '/usr/bin/crun', version: '1.8.1' },
        runtimeNotes: ['hybrid cgroups: v2 part hidden'],
        cgroups: 'hybrid',
        rootless: false,
        kernel: '6.18.0',
        operatingSystem: 'Debian GNU/Linux 12 (bookworm)',
        architecture: 'x86_64',
        cpus: 2,
        memory: 25_272_000_512,
        node: 'v24.21.0',
        warnings: [],
      }),
      check: async () => ({
        images: 3,
        blobs: 6,
        layers: 2,
        problems: [
          {
            kind: 'blob',
            key: 'sha256:aa',
            what: 'content does not match its digest',
            repaired: false,
          },
        ],
      }),
      cacheUsage: async () => CACHE,
      diskUsage: async () => DISK,
      async pruneCache(request = {}) {
        asked.prunes.push(request);
        return { bytes: 4096, removed: CACHE.entries };
      },
    },
    contexts: {
      list: async () => ({ entries: [], dockerfile: 'Dockerfile' }),
      explain: async (_, paths) =>
        paths.map((path) => ({ path, state: 'included' as const, usedBy: [3] })),
    },
    async verify(name) {
      const { id } = find(name);
      return { identical: true, image: id, rebuilt: id, layers: [], config: [], onlyTimes: false };
    },
    check: async (request) => check(request, noBase),
    outline: async (request) => outline(request, noBase),
    targets: async (request) => targets(request),
    async build(request, { progress } = {}) {
      asked.builds.push(request);
      await setImmediate();
      const report = reporter(progress);
      if (request.target === 'failing') {
        using step = report.begin('[1/1] RUN exit 7', { kind: 'step' });
        step.log('stderr', 'no\n');
        throw new InvalidInputError('process did not complete', { detail: 'Dockerfile:1\n' });
      }
      return {
        id: parseDigest(`sha256:${'3a64'.padEnd(64, '0')}`),
        manifest: {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: parseDigest(`sha256:${'56c7'.padEnd(64, '0')}`),
          size: 736,
        },
        images: [],
        names: ['base:1'],
        steps: 2,
        cached: 0,
      };
    },
    async [Symbol.asyncDispose]() {},
  };
  return { engine, asked };
}
