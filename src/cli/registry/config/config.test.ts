import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SERVE_FLAGS, type ServeValues } from '../serve-flags.ts';
import { understand } from '../serve/settings.ts';
import { changesBetween, type Effective, effectiveOf } from './effective.ts';
import { hookEndpoints, inlineCredentials } from './file-settings.ts';
import { loadConfig, problemLine, readConfig } from './read.ts';
import { schemaOf } from './schema.ts';
import { rowsOf } from './shape.ts';
import { effectiveText } from './show.ts';
import { CONFIG } from './table.ts';

class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'stave-config-'));

  file(text: string, name = 'r.yaml'): string {
    writeFileSync(join(this.path, name), text);
    return name;
  }

  async problems(text: string): Promise<readonly string[]> {
    const { problems } = await readConfig(this.file(text), this.path, CONFIG);
    return problems.map((one) => `${problemLine('r.yaml', one)}${one.hint ? ` ${one.hint}` : ''}`);
  }

  async effective(text: string, typed: Partial<ServeValues> = {}): Promise<Effective> {
    const tree = await loadConfig(this.file(text), this.path, CONFIG);
    return effectiveOf({ ...initial(), ...typed }, new Set(Object.keys(typed)), tree);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

function initial(): ServeValues {
  return Object.fromEntries(
    Object.entries(SERVE_FLAGS).map(([name, { initial: value }]) => [name, value]),
  ) as unknown as ServeValues;
}

/** What `mirrors` and `sync` say in a file. */
const OTHERWISE = new Set([
  'config',
  'mirror',
  'mirror-auth',
  'mirror-of',
  'mirror-ttl',
  'mirrors',
]);

test('a config file can say whatever a flag can', () => {
  const rows = [...rowsOf(CONFIG)].flatMap(({ shape }) => ('flag' in shape ? [shape.flag] : []));
  assert.deepEqual(
    Object.keys(SERVE_FLAGS).filter((name) => !OTHERWISE.has(name) && !rows.includes(name)),
    [],
  );
  assert.equal(new Set(rows).size, rows.length);
});

const wrong: readonly (readonly [string, string])[] = [
  ['adress: :5000\n', "r.yaml:1:1: unknown key adress Did you mean 'address' or 'access'?"],
  [
    'storage:\n  s3:\n    regoin: x\n',
    "r.yaml:3:5: unknown key storage.s3.regoin Did you mean 'region'?",
  ],
  ['audit:\n  zzz: 1\n', 'r.yaml:2:3: unknown key audit.zzz There are file, reads.'],
  ['address: 5000\n', 'r.yaml:1:10: address must be a text, not "5000"'],
  ['read-only: "yes"\n', 'r.yaml:1:12: read-only must be true or false, not "yes"'],
  ['limits:\n  uploads: 1.5\n', 'r.yaml:2:12: limits.uploads must be a whole number, not "1.5"'],
  [
    'limits: { blob-size: 5x }\n',
    'r.yaml:1:22: limits.blob-size must be a number of bytes, such as 512m, not "5x"',
  ],
  [
    'stop-timeout: 10\n',
    'r.yaml:1:15: stop-timeout must be a duration, such as 90s or 6h, not "10"',
  ],
  [
    'access: { allow: x }\n',
    'r.yaml:1:18: access.allow must be a list, each a text, not a single value',
  ],
  ['access: { allow: [[x]] }\n', 'r.yaml:1:19: access.allow[0] must be a text, not a list'],
  ['limits: []\n', 'r.yaml:1:9: limits must be keys and values, not a list'],
  [
    'log: { level: wran }\n',
    `r.yaml:1:15: log.level must be one of debug, info, warn, error, not "wran" Did you mean 'warn'?`,
  ],
  [
    'external-url: https://a:b@c/\n',
    'r.yaml:1:15: external-url must be an http(s) URL, not "https://a:b@c/"',
  ],
  ['address:\n', 'r.yaml:1:1: address must be a text, not nothing'],
  ['a: 1\na: 2\n', 'r.yaml:2:1: Map keys must be unique'],
  ['- x\n', 'r.yaml:1:1: the file must be keys and values, not a list'],
  ['x: &a 1\naddress: *a\n', 'r.yaml:2:10: address must be a text, not an alias'],
  ['keep: { immutable: [v1] }\n', 'r.yaml:1:21: keep.immutable[0] must be a text, not "v1"'],
  ['keep: { retention: [{}] }\n', 'r.yaml:1:21: keep.retention[0].repositories is missing'],
  ['webhooks: { endpoints: [{ name: a }] }\n', 'r.yaml:1:25: webhooks.endpoints[0].url is missing'],
];
for (const [text, message] of wrong) {
  test(`refused with its place: ${JSON.stringify(text)}`, async () => {
    using folder = new Folder();
    assert.ok(
      (await folder.problems(text)).includes(message),
      (await folder.problems(text)).join(),
    );
  });
}

test('a secret that is typed in is refused, and not shown', async () => {
  using folder = new Folder();
  const text = `
storage: { s3: { credentials: { secret-access-key: hunter2, access-key-id: { env: A, file: b } } } }
webhooks:
  endpoints:
    - { name: a, url: 'http://h/', secret: hunter2, headers: { X-Api-Key: hunter2, X-Kind: yes } }
`;
  const problems = await folder.problems(text);
  assert.deepEqual(
    problems.map((line) => / (\S+) must be a reference/.exec(line)?.[1]),
    [
      'storage.s3.credentials.secret-access-key',
      'storage.s3.credentials.access-key-id',
      'webhooks.endpoints[0].secret',
      'webhooks.endpoints[0].headers.X-Api-Key',
    ],
  );
  assert.doesNotMatch(problems.join(), /hunter2/);
});

test('secrets come out of files and variables, and the effective settings hide them', async () => {
  using folder = new Folder();
  folder.file('s3cret\n', 'key');
  const text = `
storage: { s3: { bucket: 's3://x', credentials: { secret-access-key: { file: key }, access-key-id: { env: ID } } } }
webhooks:
  queue: q.db
  endpoints: [{ name: a, url: 'http://h/?token=t0ken', secret: { file: key }, headers: { Authorization: { env: ID } } }]
`;
  const effective = await folder.effective(text);
  const host = { env: { ID: 'me' } };
  assert.deepEqual(inlineCredentials(effective.tree, host), {
    accessKeyId: 'me',
    secretAccessKey: 's3cret',
  });
  const [hook] = hookEndpoints(effective.tree, host);
  assert.equal(hook?.secret, 's3cret');
  assert.deepEqual(hook.headers, { authorization: 'me' });
  const shown = await effectiveText(effective);
  assert.doesNotMatch(shown, /s3cret|t0ken|: me$/m);
  assert.match(shown, /url: http:\/\/h\/\?hidden/);
  assert.throws(() => hookEndpoints(effective.tree, { env: {} }), /there is no variable ID/);
});

test('paths are those beside the file, and flags count more', async () => {
  using folder = new Folder();
  const text =
    'address: :1\nstorage: { data: d }\naccess: { allow: [a, b], htpasswd: ../u }\nlimits: { blob-size: 2k }\n';
  const { flags } = await folder.effective(text, { addr: ':2' });
  assert.equal(flags.addr, ':2');
  assert.equal(flags.data, join(folder.path, 'd'));
  assert.equal(flags.htpasswd, join(folder.path, '../u'));
  assert.deepEqual(flags.allow, ['a', 'b']);
  assert.equal(flags['max-blob-size'], 2048);
});

test('what a registry cannot take over while it runs is told apart', async () => {
  using folder = new Folder();
  const before = await folder.effective('storage: { data: d }\nlog: { level: info }\n');
  const after = await folder.effective(
    'storage: { data: e }\nlog: { level: debug }\nkeep: { immutable: [a:b] }\n',
  );
  assert.deepEqual(changesBetween(before, after), {
    taken: ['keep.immutable', 'log.level'],
    refused: ['storage.data'],
  });
});

test('settings that contradict each other are refused', async () => {
  using folder = new Folder();
  const context = { cwd: folder.path, env: {} };
  const refuse = async (text: string, message: RegExp): Promise<void> =>
    assert.rejects(understand(await folder.effective(text), context), message);
  await refuse('address: nowhere\n', /invalid address 'nowhere'/);
  await refuse('access: { allow: [x] }\n', /x/);
  await refuse('keep: { rules: r, immutable: [a:b] }\n', /keep\.rules/);
  await refuse(
    "storage: { s3: { bucket: 's3://b' } }\nwebhooks: { endpoints: [{ name: a, url: 'http://h' }] }\n",
    /webhooks\.queue is needed/,
  );
  await refuse(
    "storage: { data: d }\nwebhooks: { endpoints: [{ name: a, url: 'http://h' }, { name: a, url: 'http://h' }] }\n",
    /two endpoints/,
  );
});

test('mirrors and jobs are read with their files', async () => {
  using folder = new Folder();
  const text = `
storage: { data: d }
mirrors: [{ prefix: hub, upstream: docker.io, tag-life: 5m, user: a, password-file: pw }]
sync: [{ upstream: quay.io, repositories: [a], every: 1h }]
`;
  const effective = await folder.effective(text);
  const { mirrors } = await understand(effective, { cwd: folder.path, env: {} });
  assert.equal(mirrors.mirrors[0]?.tagLife, 300_000);
  assert.equal(mirrors.mirrors[0].passwordFile, join(folder.path, 'pw'));
  assert.equal(mirrors.sync[0]?.every, 3_600_000);
});

test('an empty file and empty sections are good', async () => {
  using folder = new Folder();
  for (const text of ['', '# nothing\n', 'storage:\nlimits: {}\n']) {
    assert.deepEqual(await folder.problems(text), []);
  }
});

test('the effective settings can be read again, and mean the same', async () => {
  using folder = new Folder();
  const text =
    'storage: { data: d }\nkeep: { gc-interval: 90m, retention: [{ repositories: [a], older-than: 3d }] }\n';
  const first = await effectiveText(await folder.effective(text));
  assert.match(first, /gc-interval: 90m/);
  assert.equal(await effectiveText(await folder.effective(first)), first);
});

test('the schema knows every key', () => {
  const schema = JSON.stringify(schemaOf(CONFIG));
  for (const { path } of rowsOf(CONFIG, true)) {
    const key = path.split('.').at(-1)?.replace('[]', '') ?? '';
    assert.ok(schema.includes(`${JSON.stringify(key)}:{`), path);
  }
});
