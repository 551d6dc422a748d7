import assert from 'node:assert/strict';
import { digestOf } from '../../src/oci/digest.ts';
import { tarOf, type TestEntry } from '../tar-of.ts';
import { CONFIG, DIFF, docker, type DockerParts, LAYER, SMALL, text } from './documents.ts';
import { hostileCases, type HostileCase } from './house.ts';

const bad = (what: string, refused: RegExp, parts: DockerParts | Buffer): HostileCase => ({
  what,
  refused,
  archive: () => (Buffer.isBuffer(parts) ? parts : docker(parts)),
});
const good = (
  what: string,
  parts: DockerParts | Buffer,
  names: readonly string[] = ['x:1'],
): HostileCase => ({
  what,
  archive: () => (Buffer.isBuffer(parts) ? parts : docker(parts)),
  accepted: async ({ engine }) => {
    const tags = (await engine.images.list({ all: true })).flatMap((image) => image.tags);
    assert.deepEqual(tags.toSorted(), names.toSorted());
  },
});
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const link = (name: string, to: string, type: 'symlink' | 'hardlink' = 'symlink'): TestEntry => ({
  name,
  type,
  link: to,
});
const hex = (letter: string): string => letter.repeat(64);
/** An archive of before 1.10: each layer says which one it stands on. */
const old = (layers: readonly (readonly [string, object])[], repositories: unknown): Buffer =>
  tarOf([
    ...layers.flatMap(([id, json]) => [
      { name: `${id}/VERSION`, data: '1.0' },
      { name: `${id}/json`, data: text({ id, os: 'linux', architecture: 'amd64', ...json }) },
      { name: `${id}/layer.tar`, data: SMALL },
    ]),
    { name: 'repositories', data: text(repositories as object) },
  ]);
const chain = (length: number): (readonly [string, object])[] =>
  Array.from({ length }, (_, at) => [
    at.toString(16).padStart(64, '0'),
    at === 0 ? {} : { parent: (at - 1).toString(16).padStart(64, '0') },
  ]);
const badNames = [
  '',
  ' ',
  'X:1',
  'x:',
  ':1',
  'x:1:2',
  'x@sha256:0',
  '../x:1',
  '/x:1',
  'x/../y:1',
  '-x',
  'x:-1',
  'x:1\n',
  'x:1\0',
  'x y',
  'ä:1',
  `${'n'.repeat(256)}:1`,
  `x:${'t'.repeat(129)}`,
  hex('a'),
  'http://x/y:1',
  'x:\u001b[31m',
  'x//y',
  'x/:1',
  '{{.}}',
  '<none>:<none>',
];

hostileCases('archives of Docker', [
  ...badNames.map((name) =>
    bad(`the name ${JSON.stringify(name)}`, /calls an image/, { item: { RepoTags: [name] } }),
  ),
  bad('a name that is a number', /not a list of strings/, { item: { RepoTags: [1] } }),
  bad('a name that is a list', /not a list of strings/, { item: { RepoTags: [['x:1']] } }),
  bad('names that are a text', /not a list/, { item: { RepoTags: 'x:1' } }),
  bad('names that are an object', /not a list/, { item: { RepoTags: { '0': 'x:1' } } }),
  bad('more names than anybody has', /more than 10000/, {
    item: { RepoTags: Array(10_001).fill('x:1') },
  }),
  good('no names', { item: { RepoTags: null } }, []),
  good('no word of names', { item: { RepoTags: undefined } }, []),
  good(
    'names without a tag, with a registry, twice',
    { item: { RepoTags: ['y', 'x:1', 'x:1', 'localhost:5000/a/b:c'] } },
    ['localhost:5000/a/b:c', 'x:1', 'y:latest'],
  ),
  good(
    'ten thousand entries of one image',
    {
      manifest: Array.from({ length: 10_000 }, (_, at) => ({
        Config: 'config.json',
        RepoTags: [`x:${at % 10}`],
        Layers: ['layer.tar'],
      })),
    },
    Array.from({ length: 10 }, (_, at) => `x:${at}`),
  ),
  bad('an element that is null', /not a JSON object/, { manifest: [null] }),
  bad('an element that is a list', /not a JSON object/, { manifest: [[]] }),
  bad('a manifest.json that is an object', /not a list/, { manifest: { '0': {} } }),
  bad('a manifest.json that is null', /not a list|JSON document/, { manifest: 'null' }),
  bad('a manifest.json that is a text', /not a list|JSON document/, { manifest: '"[]"' }),
  bad('a manifest.json that is a number', /not a list|JSON document/, { manifest: '1e999' }),
  bad('an empty manifest.json', /not valid JSON/, { manifest: '' }),
  bad('an empty list', /holds no image/, { manifest: [] }),
  bad('two lists behind each other', /not valid JSON/, { manifest: '[][]' }),
  bad('a comma too many', /not valid JSON/, { manifest: '[{},]' }),
  bad('a comment', /not valid JSON|JSON document/, { manifest: '/* */[]' }),
  bad('a mark of byte order', /not valid JSON|JSON document/, { manifest: '\ufeff[]' }),
  bad('NULs behind the list', /not valid JSON/, { manifest: '[]\0\0\0' }),
  bad('a list of 101 levels', /nested deeper/, { manifest: nested(101) }),
  bad('a list of 100,000 levels', /nested deeper/, { manifest: nested(100_000) }),
  bad('an object of 100,000 levels', /nested deeper/, { manifest: '{"a":'.repeat(100_000) }),
  bad('levels in a text that does not end', /not valid JSON/, {
    manifest: `["${'['.repeat(10_000)}`,
  }),
  bad('a manifest.json of 1.1 MB', /manifest.json is larger/, {
    manifest: `[${' '.repeat(1_100_000)}]`,
  }),
  bad('a manifest.json of 5 MB', /larger/, { manifest: `[${' '.repeat(5_000_000)}]` }),
  bad('a prototype for an element', /"Config" .* is missing/, {
    manifest: '[{"__proto__":{"Config":"config.json","Layers":[]}}]',
  }),
  good('a key that is __proto__, one that is constructor', {
    manifest:
      '[{"Config":"config.json","RepoTags":["x:1"],"Layers":["layer.tar"],"__proto__":{"x":1},"constructor":{"prototype":{"x":1}}}]',
  }),
  good('keys that nobody knows', {
    item: { Parent: hex('a'), LayerSources: { x: 1 }, Weird: [[]] },
  }),
  bad('keys in small letters', /"Config" .* is missing/, {
    manifest: [{ config: 'config.json', layers: [] }],
  }),
  ...['../config.json', '/config.json', 'a/../../config.json', 'config.json\0', ''].map((Config) =>
    bad(`a config called ${JSON.stringify(Config)}`, /outside the archive/, { item: { Config } }),
  ),
  bad('a config that is not there', /is not in the archive/, { item: { Config: 'nosuch.json' } }),
  bad('a config that is a layer', /a layer, not a JSON/, { item: { Config: 'layer.tar' } }),
  bad('a config that is the manifest', /not a JSON object/, { item: { Config: 'manifest.json' } }),
  bad('a config that is a number', /not a string/, { item: { Config: 7 } }),
  bad('a config under the digest of another', /is sha256:/, {
    item: { Config: `${hex('a')}.json` },
    extra: [{ name: `${hex('a')}.json`, data: text(CONFIG) }],
  }),
  ...['../../etc/passwd', '/etc/passwd', 'a/../../x', '..', ''].map((layer) =>
    bad(`a layer called ${JSON.stringify(layer)}`, /outside the archive/, {
      item: { Layers: [layer] },
    }),
  ),
  bad('a layer that is not there', /is not in the archive/, { item: { Layers: ['nosuch'] } }),
  bad('a layer that is a directory', /is not in the archive/, {
    item: { Layers: ['d'] },
    extra: [{ name: 'd', type: 'directory' }],
  }),
  bad('layers that are objects', /not a list of strings/, { item: { Layers: [{}] } }),
  bad('501 layers', /more than 500/, { item: { Layers: Array(501).fill('layer.tar') } }),
  good('200 layers, all one', {
    config: { ...CONFIG, rootfs: { type: 'layers', diff_ids: Array(200).fill(DIFF) } },
    item: { Layers: Array(200).fill('layer.tar') },
  }),
  bad('more layers than the config', /has 2 layers, but/, {
    item: { Layers: ['layer.tar', 'layer.tar'] },
  }),
  bad('fewer layers than the config', /has 0 layers, but/, { item: { Layers: [] } }),
  ...(['fifo', 'char', 'block'] as const).flatMap((type) => [
    bad(`a manifest.json that is a ${type}`, /special file/, {
      without: 'manifest.json',
      extra: [{ name: 'manifest.json', type }],
    }),
    bad(`a config that is a ${type}`, /special file/, {
      without: 'config.json',
      extra: [{ name: 'config.json', type }],
    }),
    bad(`a layer that is a ${type}`, /special file/, {
      without: 'layer.tar',
      extra: [{ name: 'layer.tar', type }],
    }),
  ]),
  bad('a config that is a link to the host', /is not in the archive/, {
    without: 'config.json',
    extra: [link('config.json', '/etc/passwd')],
  }),
  bad('a config that is a link out of the archive', /is not in the archive/, {
    without: 'config.json',
    extra: [link('config.json', '../../../etc/passwd')],
  }),
  bad('a layer that is a link to itself', /run in circles/, {
    without: 'layer.tar',
    extra: [link('layer.tar', 'layer.tar')],
  }),
  bad('a layer that is a link in a circle', /run in circles/, {
    without: 'layer.tar',
    extra: [link('layer.tar', 'a'), link('a', 'layer.tar')],
  }),
  bad('a layer behind links that grow', /run in circles|not in the archive/, {
    item: { Layers: ['a/x'] },
    extra: [link('a', 'a/a')],
  }),
  bad('a layer behind a hundred links', /run in circles/, {
    item: { Layers: ['l0'] },
    extra: [
      ...Array.from({ length: 100 }, (_, at) => link(`l${at}`, `l${at + 1}`)),
      link('l100', 'layer.tar'),
    ],
  }),
  good('a layer behind a link, as Docker wrote them', {
    item: { Layers: ['a/layer.tar'] },
    extra: [link('a/layer.tar', '../layer.tar')],
  }),
  good('a layer behind a hard link, and behind a link to its directory', {
    config: { ...CONFIG, rootfs: { type: 'layers', diff_ids: [DIFF, DIFF] } },
    item: { Layers: ['hard', 'd/layer.tar'] },
    extra: [link('hard', 'layer.tar', 'hardlink'), link('d', '.')],
  }),
  bad('two files called manifest.json', /"manifest.json" twice/, {
    extra: [{ name: 'manifest.json', data: '[]' }],
  }),
  bad('two files called manifest.json, in other words', /"manifest.json" twice/, {
    extra: [{ name: './/manifest.json', data: '[]' }],
  }),
  bad('a member that climbs', /leads out of it/, { extra: [{ name: '../evil', data: 'x' }] }),
  bad('a link that climbs by its name', /leads out of it/, { extra: [link('a/../../evil', 'x')] }),
  good(
    'members with absolute names',
    docker({ without: 'config.json', extra: [{ name: '/config.json', data: text(CONFIG) }] }),
  ),
  good('members that are of no use: pictures, links to nowhere, pipes, layers', {
    extra: [
      { name: 'x.png', data: '\x89PNG' },
      link('nowhere', '/etc/passwd'),
      { name: 'p', type: 'fifo' },
      { name: 'other/layer.tar', data: SMALL },
      { name: 'large', data: Buffer.concat([SMALL.subarray(0, -1024), LAYER]) },
      { name: 'README', data: 'x'.repeat(100_000) },
    ],
  }),
  good('a damaged layer that no image has', {
    extra: [
      { name: 'bad/layer.tar', data: LAYER.subarray(0, 60_000) },
      {
        name: 'worse.tar',
        data: Buffer.concat([LAYER.subarray(0, 70_000), Buffer.alloc(5000, 7)]),
      },
    ],
  }),
  good('documents that no image has and that are none', {
    extra: [
      { name: 'a.json', data: '{' },
      { name: 'b.json', data: nested(5000) },
    ],
  }),
  bad(
    '100 MB of documents',
    /more than \d+ bytes|larger/,
    tarOf(
      Array.from({ length: 30 }, (_, at) => ({
        name: `${at}.json`,
        data: `{${' '.repeat(3_500_000)}}`,
      })),
    ),
  ),
  bad(
    "old layers that are each other's parents",
    /stand on themselves/,
    old(
      [
        [hex('a'), { parent: hex('b') }],
        [hex('b'), { parent: hex('a') }],
      ],
      { x: { '1': hex('a') } },
    ),
  ),
  bad(
    'an old layer that is its own parent',
    /stand on themselves/,
    old([[hex('a'), { parent: hex('a') }]], { x: { '1': hex('a') } }),
  ),
  bad(
    '600 old layers on each other',
    /over 500 layers/,
    old(chain(600), { x: { '1': (599).toString(16).padStart(64, '0') } }),
  ),
  bad(
    'an old layer without its parent',
    /is not in the archive/,
    old([[hex('a'), { parent: hex('b') }]], { x: { '1': hex('a') } }),
  ),
  bad('an old layer whose ID is a path', /no layer ID/, old([], { x: { '1': '../../etc' } })),
  bad(
    'an old layer whose parent is a path',
    /no layer ID/,
    old([[hex('a'), { parent: '../x' }]], { x: { '1': hex('a') } }),
  ),
  bad('old repositories that are a list', /not a JSON object/, old([], [])),
  bad(
    'an old name that is none',
    /calls an image/,
    old([[hex('a'), {}]], { '../X': { '1': hex('a') } }),
  ),
  bad(
    'an old tag that is a number',
    /not a map of strings/,
    old([[hex('a'), {}]], { x: { '1': 1 } }),
  ),
  good(
    '60 old layers on each other, all of them named',
    old(chain(60), { x: Object.fromEntries(chain(60).map(([id], at) => [`t${at}`, id])) }),
    chain(60).map((_, at) => `x:t${at}`),
  ),
  bad('repositories without any', /holds no image/, old([], {})),
  {
    what: 'an archive of which the second image is wrong, as a whole',
    refused: /is not in the archive/,
    archive: () =>
      docker({
        manifest: [
          { Config: 'config.json', RepoTags: ['good:1'], Layers: ['layer.tar'] },
          { Config: 'config.json', RepoTags: ['bad:1'], Layers: ['nosuch'] },
        ],
      }),
  },
  {
    what: 'an archive of which the second image lies about a layer, as a whole',
    refused: /unpacks to/,
    archive: () =>
      docker({
        extra: [
          {
            name: 'lie.json',
            data: text({ ...CONFIG, rootfs: { type: 'layers', diff_ids: [digestOf('x')] } }),
          },
        ],
        manifest: [
          { Config: 'config.json', RepoTags: ['good:1'], Layers: ['layer.tar'] },
          { Config: 'lie.json', RepoTags: ['bad:1'], Layers: ['layer.tar'] },
        ],
      }),
  },
  good('an image without layers', {
    config: { ...CONFIG, rootfs: { type: 'layers', diff_ids: [] } },
    item: { Layers: null },
  }),
]);
