import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseToml } from './toml.ts';

const read = (text: string): unknown => JSON.parse(JSON.stringify(parseToml(text, 'f')));

test('parseToml() reads what registries.conf is made of', () => {
  const text = `
unqualified-search-registries = ["docker.io", 'quay.io', # two
]
[[registry]]
prefix = "example.com/foo"
insecure = false
[[registry.mirror]]
location = "mirror-0.local"   # first
[[registry.mirror]]
location = "mirror-1.local"
[[registry]]
location = "other"
[aliases]
"fedora" = "registry.fedoraproject.org/fedora"
`;
  assert.deepEqual(read(text), {
    'unqualified-search-registries': ['docker.io', 'quay.io'],
    registry: [
      {
        prefix: 'example.com/foo',
        insecure: false,
        mirror: [{ location: 'mirror-0.local' }, { location: 'mirror-1.local' }],
      },
      { location: 'other' },
    ],
    aliases: { fedora: 'registry.fedoraproject.org/fedora' },
  });
});

test('parseToml() reads what hosts.toml is made of', () => {
  const text = `server = "https://registry-1.docker.io"
[host."https://mirror:5000/v2/x"]
  capabilities = ["pull", "resolve"]
  client = [["/a.cert", "/a.key"], "/b.pem"]
  dial_timeout = 5
  [host."https://mirror:5000/v2/x".header]
    x-one = "\\u0041\\"b"
  extra = { a.b = 1, c = [ ] }`;
  assert.deepEqual(read(text), {
    server: 'https://registry-1.docker.io',
    host: {
      'https://mirror:5000/v2/x': {
        capabilities: ['pull', 'resolve'],
        client: [['/a.cert', '/a.key'], '/b.pem'],
        dial_timeout: 5,
        header: { 'x-one': 'A"b', extra: { a: { b: 1 }, c: [] } },
      },
    },
  });
});

test('parseToml() says where it cannot go on', () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['a = 1\na = 2', 'f:2: a is there twice'],
    ['a = ', 'f:1: a value is missing'],
    ['\n[a', 'f:2: ] is missing'],
    ['a = "x', 'f:1: a string has no end'],
    ['a = 1 b', 'f:1: the line goes on'],
    ['a = 2020-01-01', 'f:1: 2020-01-01 is no value that is known here'],
    ['a = 1\n[a.b]', 'f:2: a is no table'],
    [`a = ${'['.repeat(50)}`, 'f:1: values are nested too deep'],
  ];
  for (const [text, message] of wrong) assert.throws(() => parseToml(text, 'f'), { message });
});
