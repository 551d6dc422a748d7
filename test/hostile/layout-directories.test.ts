import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { blob, CONFIG, LAYER, manifestOf, text } from './documents.ts';
import { hostileCases, type HostileCase, type Spot } from './house.ts';
import { indexOf, root } from './layouts.ts';

const NAME = { annotations: { 'io.containerd.image.name': 'docker.io/library/x:1' } };
const CONFIG_BLOB = blob(text(CONFIG)).name;
const LAYER_BLOB = blob(LAYER).name;

/** The layout of a good image, unpacked. */
function unpacked(path: string): void {
  mkdirSync(`${path}/blobs/sha256`, { recursive: true });
  writeFileSync(`${path}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(`${path}/index.json`, indexOf([root(NAME)]));
  for (const { name, data = '' } of [blob(manifestOf()), blob(text(CONFIG)), blob(LAYER)]) {
    writeFileSync(`${path}/${name}`, data);
  }
}

/** What stands in the place of a file. */
const places: readonly (readonly [string, (path: string, spot: Spot) => void])[] = [
  ['a pipe', (path) => assert.equal(spawnSync('/usr/bin/mkfifo', [path]).status, 0)],
  ['a device without end', (path) => symlinkSync('/dev/zero', path)],
  ['a link to the host', (path, { canary }) => symlinkSync(`${canary}/file`, path)],
  ['a link to itself', (path) => symlinkSync(path, path)],
  ['a directory', (path) => mkdirSync(path)],
  ['nothing', () => {}],
];
const instead = (name: string, of: string, refused: RegExp): readonly HostileCase[] =>
  places.map(([what, make]) => ({
    what: `${of} in the place of which there is ${what}`,
    refused,
    directory(path, spot) {
      unpacked(path);
      rmSync(`${path}/${name}`);
      make(`${path}/${name}`, spot);
    },
  }));
const missing = /is not in the archive/;

hostileCases('directories', [
  {
    what: 'a layout',
    directory: unpacked,
    accepted: async ({ names }) => assert.deepEqual(await names(), [['/file']]),
  },
  ...instead('index.json', 'an index.json', /no index.json|holds no image|neither index.json/),
  ...instead(CONFIG_BLOB, 'a config', missing),
  ...instead(LAYER_BLOB, 'a layer', missing),
  {
    what: 'a layout whose blobs are behind a link',
    accepted: async ({ names }) => assert.deepEqual(await names(), [['/file']]),
    directory(path) {
      unpacked(path);
      symlinkSync('.', `${path}/blobs/sha512`);
      writeFileSync(`${path}/blobs/sha256/${'z'.repeat(64)}`, 'no digest');
      mkdirSync(`${path}/blobs/sha256/${'a'.repeat(64)}`);
    },
  },
  {
    what: 'an index.json of 8 TiB of holes',
    refused: /larger|refused/,
    directory(path) {
      unpacked(path);
      truncateSync(`${path}/index.json`, 8 * 1024 ** 4);
    },
  },
  {
    what: 'a config of 1 TiB of holes',
    refused: /larger|refused/,
    directory(path) {
      unpacked(path);
      truncateSync(`${path}/${CONFIG_BLOB}`, 1024 ** 4);
    },
  },
  { what: 'an empty directory', refused: /is empty/, directory: () => {} },
  {
    what: 'a directory of files',
    refused: /neither index.json nor manifest.json/,
    directory: (path) => writeFileSync(`${path}/x`, 'x'),
  },
  {
    what: 'a Dockerfile',
    refused: /it is a Dockerfile/,
    archive: () => Buffer.from('# syntax=x\r\n\n \t\n#\nFROM scratch\nCOPY . /\n'),
  },
  ...['\n', ' \n', '#\n', '# ', ' ', '\r\n', '<', '{', 'FROM ', '\t#\n \n'].map(
    (text): HostileCase => ({
      what: `${JSON.stringify(text)}, again and again,`,
      refused: /this is not an image archive/,
      archive: () => Buffer.from(text.repeat(5000)),
    }),
  ),
  {
    what: 'a device without end instead of an archive',
    refused: /no tar archive/,
    command: ['load', '-i', '/dev/zero'],
  },
  {
    what: 'a link to itself instead of an archive',
    refused: /too many levels/,
    command: ['load', '-i', 'FILE/self'],
    directory: (path) => symlinkSync('self', `${path}/self`),
  },
  {
    what: 'something below a file instead of an archive',
    refused: /not a directory/,
    command: ['load', '-i', 'FILE/x/y'],
    directory: (path) => writeFileSync(`${path}/x`, 'x'),
  },
  {
    what: 'a name that no file can have instead of an archive',
    refused: /file name too long/,
    command: ['load', '-i', `FILE/${'x'.repeat(300)}`],
    directory: () => {},
  },
]);
