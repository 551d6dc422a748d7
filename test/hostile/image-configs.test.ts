import assert from 'node:assert/strict';
import { CONFIG, DIFF, docker, type Document } from './documents.ts';
import { hostileCases, type HostileCase, type Taken } from './house.ts';

const bad = (what: string, refused: RegExp, config: Document): HostileCase => ({
  what,
  refused,
  archive: () => docker({ config }),
});
const good = (
  what: string,
  change: object,
  accepted?: (taken: Taken) => void | Promise<void>,
): HostileCase => ({
  what,
  archive: () => docker({ config: { ...CONFIG, ...change } }),
  ...(accepted && { accepted }),
});
const ofContainer = (
  what: string,
  config: object,
  accepted?: (taken: Taken) => void | Promise<void>,
): HostileCase => good(what, { config }, accepted);
const badContainer = (what: string, refused: RegExp, config: unknown): HostileCase =>
  bad(what, refused, { ...CONFIG, config });

/** All that a terminal would obey: colours, titles, cursor, bells, direction of text, lines, NUL. */
const EVIL =
  '\u001b[31mred\u001b]0;title\u0007\u001b[2J\u001b[1;1H\u009b31m\r\b\u0000\u007f\u202egnp\u2066\u2028\u2029\u200e\ud800';
/** What would look like a row of a table, or like another message. */
const ROW = 'x\nroot   latest   0123456789ab   2 years ago   1kB\nError: none';

const many = (length: number, step: object): readonly object[] =>
  Array.from({ length }, () => step);
const inspected = async ({ engine, ids }: Taken): Promise<Readonly<Record<string, unknown>>> =>
  (await engine.images.inspect(ids[0] ?? '')).config;

hostileCases('configs', [
  bad('a config that is no JSON', /not valid JSON/, '{'),
  bad('a config that is a list', /not a JSON object/, '[]'),
  bad('a config that is empty', /not valid JSON/, ' '),
  bad('a config of 101 levels', /nested deeper/, `{"a":${'['.repeat(101)}${']'.repeat(101)}}`),
  bad('a config without rootfs', /"rootfs"/, { os: 'linux' }),
  bad('a rootfs that is a list', /"rootfs"/, { ...CONFIG, rootfs: [] }),
  bad('a rootfs of another type', /not made of layers/, {
    ...CONFIG,
    rootfs: { type: 'windows', diff_ids: [] },
  }),
  bad('diff IDs that are a text', /"diff_ids"/, {
    ...CONFIG,
    rootfs: { type: 'layers', diff_ids: DIFF },
  }),
  ...[
    'sha256:../../../x',
    '',
    'x',
    `sha512:${'a'.repeat(128)}`,
    DIFF.toUpperCase(),
    `${DIFF}\n`,
  ].map((id) =>
    bad(`the diff ID ${JSON.stringify(id)}`, /no digest/, {
      ...CONFIG,
      rootfs: { type: 'layers', diff_ids: [id] },
    }),
  ),
  bad('a diff ID of another layer', /unpacks to/, {
    ...CONFIG,
    rootfs: { type: 'layers', diff_ids: [`sha256:${'a'.repeat(64)}`] },
  }),
  bad('a windows image', /made for "windows"/, { ...CONFIG, os: 'windows' }),
  bad('another system with an escape', /made for/, { ...CONFIG, os: '\u001b[31m' }),
  bad('a system that is a number', /"os"/, { ...CONFIG, os: 1 }),
  bad('a container config that is a list', /"config"/, { ...CONFIG, config: [] }),
  badContainer('an environment that is an object', /"Env"/, { Env: {} }),
  badContainer('an environment of numbers', /"Env"/, { Env: [1] }),
  badContainer('a user that is a number', /"User"/, { User: 0 }),
  badContainer('labels that are a list', /"Labels"/, { Labels: ['a=b'] }),
  badContainer('labels that are numbers', /"Labels"/, { Labels: { a: 1 } }),
  badContainer('volumes that are a list', /"Volumes"/, { Volumes: ['/x'] }),
  badContainer('a command that is a text', /"Cmd"/, { Cmd: 'sh' }),
  badContainer('a command of lists', /"Cmd"/, { Cmd: [['sh']] }),
  badContainer('a probe every half nanosecond', /"Interval"/, { Healthcheck: { Interval: 0.5 } }),
  badContainer('a probe every minus second', /"Interval"/, { Healthcheck: { Interval: -1e9 } }),
  badContainer('a probe with 10^12 tries', /"Retries"/, { Healthcheck: { Retries: 1e12 } }),
  badContainer('a probe that is a text', /"Healthcheck"/, { Healthcheck: 'NONE' }),
  bad('a history that is an object', /"history"/, { ...CONFIG, history: {} }),
  bad('a history of texts', /history entry 1/, { ...CONFIG, history: ['x'] }),
  bad('a history with a number for a command', /"created_by"/, {
    ...CONFIG,
    history: [{ created_by: 1 }],
  }),
  good('a history longer than the layers', { history: many(50, { created_by: 'x' }) }),
  good('a history shorter than the layers', { history: [] }),
  good('a history of empty steps only', {
    history: many(9, { created_by: 'ENV', empty_layer: true }),
  }),
  good('a history of 20,000 steps', {
    history: many(20_000, { created_by: 'x', empty_layer: true }),
  }),
  good('a history with a line of a million letters', {
    history: [{ created_by: 'x'.repeat(1_000_000) }],
  }),
  ...[
    '',
    'never',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '+275760-09-13T00:00:00Z',
    '2024-13-99',
    '1e400',
    '-1',
    '\u001b[31m',
    '1970-01-01T00:00:00Z',
  ].map((created) =>
    good(
      `the time ${JSON.stringify(created)}`,
      { created, history: [{ created, created_by: 'x' }] },
      async ({ shown }) => {
        await shown('images', '--format', '{{.CreatedSince}} {{.CreatedAt}}');
        await shown('history', '--format', '{{.CreatedSince}} {{.CreatedAt}}', 'x:1');
      },
    ),
  ),
  bad('a time that is a number', /"created"/, { ...CONFIG, created: 0 }),
  good(
    'escapes in all that is shown',
    {
      author: EVIL,
      architecture: EVIL,
      variant: EVIL,
      created: EVIL,
      comment: EVIL,
      config: {
        User: EVIL,
        Env: [`${EVIL}=${EVIL}`],
        Cmd: [EVIL],
        Entrypoint: [EVIL],
        WorkingDir: EVIL,
        StopSignal: EVIL,
        OnBuild: [EVIL],
        Shell: [EVIL],
        Volumes: { [EVIL]: {} },
        ExposedPorts: { [EVIL]: {} },
        Labels: { [EVIL]: EVIL },
        Healthcheck: { Test: ['CMD', EVIL] },
        [EVIL]: EVIL,
      },
      history: [{ created: EVIL, created_by: EVIL, comment: EVIL, author: EVIL }],
      [EVIL]: EVIL,
    },
    async ({ shown }) => {
      for (const format of [
        'json',
        '{{json .}}',
        '{{.}}',
        '{{.Config.Labels}}',
        '{{range .Config.Env}}{{println .}}{{end}}',
        '{{.Author}} {{.Architecture}}',
      ]) {
        await shown('inspect', '--format', format, 'x:1');
      }
      await shown('history', '--format', '{{.CreatedBy}} {{.Comment}}', '--no-trunc', 'x:1');
      await shown('images', '--format', 'json');
    },
  ),
  good(
    'words that look like rows of a table',
    {
      author: ROW,
      config: { Labels: { [ROW]: ROW }, Cmd: [ROW] },
      history: [{ created_by: ROW, comment: ROW, created: '2024-01-01T00:00:00Z' }],
    },
    async ({ shown }) => {
      const table = await shown('history', '--no-trunc', 'x:1');
      assert.equal(table.trimEnd().split('\n').length, 2, table);
      assert.equal((await shown('history', 'x:1')).trimEnd().split('\n').length, 2);
      assert.equal((await shown('images')).trimEnd().split('\n').length, 2);
    },
  ),
  ...[
    '4294967296',
    '0',
    '-1',
    '99999999999999999999',
    '1e3',
    '../../etc',
    'root:../x',
    ':',
    '0:0:0',
    ' ',
    'a'.repeat(100_000),
    '\u0660',
  ].map((User) =>
    ofContainer(
      `the user ${JSON.stringify(User.slice(0, 30))}, which is for run to refuse`,
      { User },
      async (taken) => {
        const config = await inspected(taken);
        assert.equal((config['config'] as { User?: string }).User, User);
      },
    ),
  ),
  ofContainer(
    'volumes that climb, or are everything',
    {
      Volumes: {
        '../../../../etc': {},
        '/': {},
        '/..': {},
        '/proc': {},
        '': {},
        'C:\\x': {},
        '/a\0b': {},
      },
    },
    async (taken) => {
      const config = await inspected(taken);
      assert.equal(Object.keys((config['config'] as { Volumes: object }).Volumes).length, 7);
    },
  ),
  ...['/proc/self/fd/7', '../../../..', '/', '', 'x', '/a\0b', '/$HOME', 'a/'.repeat(5_000)].map(
    (WorkingDir) =>
      ofContainer(
        `the directory ${JSON.stringify(WorkingDir.slice(0, 30))}, which is for run to refuse`,
        { WorkingDir },
      ),
  ),
  ofContainer('variables that change how programs are loaded', {
    Env: [
      'LD_PRELOAD=/evil.so',
      'PATH=',
      '=x',
      'NOEQUALS',
      '',
      'A=1',
      'A=2',
      'NODE_OPTIONS=--require=/x',
      `BIG=${'x'.repeat(200_000)}`,
    ],
  }),
  ofContainer('a probe every nanosecond', {
    Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 1, Timeout: 1, Retries: 0 },
  }),
  ofContainer('a probe in a form that nobody knows', { Healthcheck: { Test: ['WHAT', 'x'] } }),
  ofContainer('triggers that are triggers', {
    OnBuild: ['ONBUILD RUN x', 'FROM evil', 'RUN --mount=type=bind,source=/ x', '', '\n'],
  }),
  ofContainer(
    'labels called like the state of engines',
    {
      Labels: {
        'io.containerd.runtime.log.uri': 'binary:///bin/sh',
        'containerd.io/gc.root': 'x',
        'stave.lease': 'x',
        'io.podman.annotations.autoremove': 'TRUE',
        'com.docker.compose.project': '../x',
        maintainer: '',
        '': 'x',
        __proto__: 'x',
        constructor: 'x',
      },
    },
    async (taken) => {
      const images = await taken.engine.images.list({ label: ['constructor=x'] });
      assert.equal(images.length, 1);
      assert.equal((await taken.engine.images.list({ label: ['hasOwnProperty'] })).length, 0);
    },
  ),
  ofContainer('a label whose name is a pattern, a tab and a line', {
    Labels: { '*': '1', 'a\tb': '2', 'a\nb': '3', '"': '4' },
  }),
  ofContainer('signals and ports that are none', {
    StopSignal: 'SIGNOTHING',
    ExposedPorts: { '99999999/tcp': {}, '-1/udp': {}, 'x/y/z': {}, '': {} },
  }),
  ofContainer('a command of 10,000 words', { Cmd: Array(10_000).fill('x'), Entrypoint: [''] }),
  ofContainer('all that may be null', {
    Env: null,
    Cmd: null,
    Labels: null,
    Volumes: null,
    Entrypoint: null,
    User: null,
    Healthcheck: null,
    OnBuild: null,
  }),
  ofContainer('keys that nobody knows, and those of another engine', {
    Hostname: 'x',
    AttachStdin: 'no',
    Memory: 'x',
    ArgsEscaped: true,
    MacAddress: [],
    Runtime: '/bin/sh',
  }),
  good(
    'keys that are prototypes',
    JSON.parse('{"__proto__":{"os":"windows"},"constructor":{"x":1},"toString":"x"}') as object,
  ),
  {
    what: 'a key that comes twice, the last one counts',
    archive: () =>
      docker({
        config: JSON.stringify({ ...CONFIG, author: 'first' }).replace(/}$/, ',"author":"last"}'),
      }),
    accepted: async (taken) => assert.equal((await inspected(taken))['author'], 'last'),
  },
  good('an architecture that nobody has', { architecture: 'quantum', variant: 'v99' }),
  good('no word of the machine', { architecture: undefined, os: undefined }),
  good('numbers that are too large for a number', {
    big: 1e308,
    'moby.buildkit.buildinfo.v1': 'x',
    deep: [[[[[[[[]]]]]]]],
  }),
]);
