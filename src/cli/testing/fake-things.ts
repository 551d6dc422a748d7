import type { ContainerSession, ContainerSummary } from '../../engine/container-types.ts';
import type { ImageDetails } from '../../engine/engine.ts';
import type { StaveEvent } from '../../engine/event-types.ts';
import { parseDigest } from '../../oci/digest.ts';
import type { ContainerConfig } from '../../oci/image-config.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const LAYERS = [
  'sha256:922ffc1af3f20d153f71b232e018a15433674bac81f49f85c88a99efa3259520',
  'sha256:9de02ef809547ca9f77bbbe2817b29ea909cc355e5ce066b34fc5260707a54ce',
];
const MADE = '2026-11-21T07:01:20.56074527Z';
const TAGGED = new Date('2026-11-21T07:03:21.605Z');

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

/** The command and size of each row of a history, newest first. */
export const HISTORY: readonly (readonly [string, number])[] = [
  ['CMD ["echo" "prod"]', 0],
  ['LABEL environment=prod stage=b', 0],
  ['CMD ["sh"]', 0],
  ['LABEL environment=test owner=qa team', 0],
  ['ENV PATH=/bin', 0],
  ['RUN /bin/busybox --install -s /bin # buildkit', 0],
  ['COPY busybox /bin/busybox # buildkit', 1_982_256],
];

const PLAIN = {
  healthStatus: undefined,
  unmonitored: false,
  mounts: [],
  networks: ['none'],
  exposed: [],
  endpoints: [],
};

/** What `inspect` says beside that. */
export const CONTAINER_REST = {
  error: '',
  oomKilled: false,
  restartCount: 0,
  settings: { image: 'base:1' },
  config: {},
  hostname: 'host',
  masked: [],
  readonlyPaths: [],
  execIds: [],
  places: {
    directory: '/c',
    log: '/c/log',
    merged: '/c/merged',
    upper: '/c/upper',
    work: '/c/work',
    lower: [],
  },
} as const;

/** Streams of a container that says nothing. */
export function fakeSession(id: string, code: number): ContainerSession {
  return {
    id,
    terminal: false,
    interactive: false,
    ended: Promise.resolve(code),
    send: () => Promise.resolve(),
    endInput: () => undefined,
    resize: () => undefined,
    kill: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
}

const unasked = (): Promise<never> => Promise.reject(new Error('nobody asks for this'));

/** Verbs of containers that no test here uses. */
export const notAsked = {
  create: unasked,
  start: unasked,
  attach: unasked,
  exec: unasked,
  stop: unasked,
  restart: unasked,
  kill: unasked,
  wait: unasked,
  rename: unasked,
  pause: unasked,
  unpause: unasked,
  logs: unasked,
  top: unasked,
  update: unasked,
  use: unasked,
  afterExit: unasked,
  startByPolicy: () => {
    throw new Error('not asked');
  },
  tend: unasked,
};

/** One that runs and one that has ended. */
export const CONTAINERS: readonly ContainerSummary[] = [
  {
    id: '717f89556ee3'.padEnd(64, 'a'),
    name: 'c1',
    image: 'base:1',
    imageId: parseDigest(`sha256:${'3a64e2a9c884'.padEnd(64, '0')}`),
    command: "sh -c 'echo out; echo err >&2; while :; do sleep 1; done'",
    created: new Date('2026-11-21T07:03:24.9Z'),
    state: 'running',
    started: new Date('2026-11-21T07:03:24.95Z'),
    finished: undefined,
    exitCode: undefined,
    labels: { environment: 'test', owner: 'qa team', tier: 'web' },
    ...PLAIN,
  },
  {
    id: '938d60b07d18'.padEnd(64, 'b'),
    name: 'web2',
    image: 'base:1',
    imageId: parseDigest(`sha256:${'3a64e2a9c884'.padEnd(64, '0')}`),
    command: "sh -c 'exit 3'",
    created: new Date('2026-11-21T07:03:20Z'),
    state: 'exited',
    started: new Date('2026-11-21T07:03:21Z'),
    finished: new Date('2026-11-21T07:03:24Z'),
    exitCode: 3,
    labels: { t: 'a' },
    ...PLAIN,
  },
];

/** What happened. */
export const EVENTS: readonly StaveEvent[] = [
  {
    at: new Date('2026-11-21T16:57:12.698Z'),
    type: 'image',
    action: 'tag',
    actor: `sha256:${'47'.repeat(32)}`,
    attributes: { stage: 'x', name: 'base:1', a: 'b' },
  },
  {
    at: new Date('2026-11-21T16:57:13.799Z'),
    type: 'container',
    action: 'die',
    actor: '70'.repeat(32),
    attributes: { exitCode: '3', execDuration: '0', image: 'built:1', name: 'c1' },
  },
  {
    at: new Date('2026-11-21T16:57:14.942Z'),
    type: 'image',
    action: 'prune',
    actor: '',
    attributes: { reclaimed: '0' },
  },
];
