import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpolate, parseDotenv } from './interpolate.ts';
import { defined, targetsOf, type Around } from './testing/defined.ts';

async function services(text: string, around: Around = {}): Promise<Record<string, unknown>> {
  return targetsOf(await defined({ 'compose.yaml': text }, around));
}

test('every service that builds is a target, and default is all of them', async () => {
  const { targets, groups } = await defined({
    'compose.yaml':
      'services:\n  b.c: {build: ./b}\n  a: {build: ., image: "a:1", profiles: [x]}\n  d: {image: d}\n',
  });
  assert.deepEqual(
    targets.map(({ name }) => name),
    ['b_c', 'a'],
  );
  assert.deepEqual(groups, [{ name: 'default', targets: ['b_c', 'a'] }]);
});

test('a build section says all that a target can', async () => {
  const text = `
services:
  other: {build: .}
  web:
    image: web:1
    environment: {FROM_SERVICE: s}
    build:
      context: ./dir/
      dockerfile: D
      args: [A=1, FROM_SERVICE, FROM_ENV, NOWHERE]
      additional_contexts: {o: "service:other", p: ./p, i: "docker-image://x"}
      labels: [a=b, c]
      shm_size: 64M
      network: none
      ulimits: {nofile: 1024, nproc: {soft: 1, hard: 2}}
      secrets: [tok, {source: envtok}]
      extra_hosts: ["h:1.2.3.4", "i=::1"]
      cache_to: [type=inline]
      no_cache: true
      ssh: [default, k=./key]
      provenance: mode=max
      sbom: true
secrets:
  tok: {file: ./tok.txt}
  envtok: {environment: TOK}
`;
  assert.deepEqual((await services(text, { env: { FROM_ENV: 'e' } }))['web'], {
    context: 'dir',
    contexts: { i: 'docker-image://x', o: 'target:other', p: 'p' },
    dockerfile: 'D',
    args: { A: '1', FROM_ENV: 'e', FROM_SERVICE: 's' },
    labels: { a: 'b', c: '' },
    tags: ['web:1'],
    attest: [{ type: 'sbom' }, { mode: 'max', type: 'provenance' }],
    'cache-to': [{ type: 'inline' }],
    secret: [
      { id: 'tok', src: 'tok.txt' },
      { id: 'envtok', env: 'TOK' },
    ],
    ssh: [{ id: 'default' }, { id: 'k', paths: ['./key'] }],
    'no-cache': true,
    network: 'none',
    'shm-size': '64MiB',
    ulimits: ['nofile=1024:1024', 'nproc=1:2'],
    'extra-hosts': { h: '1.2.3.4', i: '::1' },
  });
});

test('variables come from --var, the environment, and .env, in this order', async () => {
  const text = 'services: {a: {build: {context: ., args: {x: "$A-${B}-${C:-c}-$$D"}}}}\n';
  const around = {
    vars: { A: 'var' },
    env: { A: 'env', B: 'env' },
    dotenv: 'A=file\nB=file\nC=file\n',
  };
  assert.deepEqual((await services(text, around))['a'], {
    context: '.',
    args: { x: 'var-env-file-$D' },
  });
});

for (const [text, result] of [
  ['$A ${A} $$A', 'a a $A'],
  ['${N:-x} ${N-x} ${E:-x} ${E-x}|', 'x x x |'],
  ['${A:+x} ${E:+x}| ${E+x}', 'x | x'],
  ['${N:-${A}} ${N:-${N:-deep}}', 'a deep'],
  ['${N} $N|', ' |'],
  ['$ 5$', '$ 5$'],
] as const) {
  test(`interpolate() follows compose: ${text}`, () => {
    const values = new Map([
      ['A', 'a'],
      ['E', ''],
    ]);
    assert.equal(
      interpolate(text, (name) => values.get(name)),
      result,
    );
  });
}

test('interpolate() refuses a variable that is required and missing', () => {
  assert.throws(() => interpolate('${X:?say it}', () => ''), {
    message: 'required variable X is missing a value: say it',
  });
});

test('parseDotenv() reads quotes, comments and variables', () => {
  const text = `# c\nA=1 # x\nexport B="two\\n\${A}"\nC='$A'\nD = \${OUT}-$A\n\nE=\n`;
  assert.deepEqual(
    [...parseDotenv(text, (name) => (name === 'OUT' ? 'o' : undefined))],
    [
      ['A', '1'],
      ['B', 'two\n1'],
      ['C', '$A'],
      ['D', 'o-1'],
      ['E', ''],
    ],
  );
});

test('several compose files are merged: mappings key by key, lists joined', async () => {
  const definition = await defined({
    'a.yaml': 'services: {a: {image: "a:1", build: {context: ., args: {x: 1, y: 1}, tags: [t]}}}\n',
    'b.yaml': 'services: {a: {image: "a:2", build: {args: [y=2], tags: [u]}}}\n',
  });
  assert.deepEqual(targetsOf(definition)['a'], {
    context: '.',
    args: { x: '1', y: '2' },
    tags: ['t', 'u'],
  });
});

test('extends takes what another service of the file says', async () => {
  const text =
    'services:\n  base: {build: {context: ./b, args: {x: 1}}}\n  a: {extends: {service: base}, build: {args: {y: 2}}}\n';
  assert.deepEqual((await services(text))['a'], { context: 'b', args: { x: '1', y: '2' } });
});

test('anchors and merge keys are part of YAML', async () => {
  const text = 'x-a: &a {K: v}\nservices: {a: {build: {context: ., args: {<<: *a, L: w}}}}\n';
  assert.deepEqual((await services(text))['a'], { context: '.', args: { K: 'v', L: 'w' } });
});

for (const [text, message] of [
  ['services:\n  a: [\n', /^compose\.yaml:\d+,\d+-\S+ Invalid YAML;/],
  ['- a\n', /a compose file is a mapping/],
  ['services: {a: {build: ., build: x}}\n', /Invalid YAML; Map keys must be unique/],
  ['services: {a: {build: {context: ., secrets: [nope]}}}\n', /service a: undefined secret nope/],
  [
    'services: {a: {build: {context: ., secrets: [s]}}}\nsecrets: {s: {external: true}}\n',
    /unsupported external secret s/,
  ],
  ['services: {"a b": {build: .}}\n', /invalid service name "a b"/],
  [
    'services: {a: {extends: {service: b, file: x.yaml}, build: .}}\n',
    /extends one of another file/,
  ],
  ['services: {a: {extends: a, build: .}}\n', /service a extends itself/],
  ['include: [x.yaml]\n', /include is not available/],
  ['services: {a: {build: {context: ., no_cache: maybe}}}\n', /"maybe" is not true or false/],
] as const) {
  test(`a bad compose file is refused in one line: ${JSON.stringify(text)}`, async () => {
    await assert.rejects(services(text), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
}

test('a file without a telling name is a compose file when it has services', async () => {
  assert.deepEqual(targetsOf(await defined({ '-': 'services:\n  a:\n    build: .\n' })), {
    a: { context: '.' },
  });
});
