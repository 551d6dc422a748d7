import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';

/**
 * The house plan: a folder may import itself and the folders named here, nothing else.
 * A new edge is a design decision: it comes with a line in docs/adr/.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  net: ['base'],
  s3: ['base', 'oci', 'net'],
  oci: ['base'],
  sys: ['base'],
  dockerfile: ['base', 'oci'],
  layer: ['base', 'oci'],
  image: ['base', 'oci', 'layer'],
  trust: ['base', 'oci'],
  sbom: ['base', 'oci', 'layer'],
  store: ['base', 'oci', 'sys'],
  snapshot: ['base', 'oci', 'sys', 'layer', 'store'],
  runtime: ['base', 'oci', 'sys'],
  monitor: ['base', 'sys', 'runtime'],
  network: ['base', 'sys', 'store'],
  transport: ['base', 'oci', 'sys', 'layer', 'image', 'store', 'snapshot'],
  registry: ['base', 'oci', 'sys', 'net', 'transport'],
  bake: ['base', 'oci', 'dockerfile'],
  build: [
    'base',
    'oci',
    'sys',
    'net',
    's3',
    'dockerfile',
    'layer',
    'image',
    'sbom',
    'store',
    'snapshot',
    'runtime',
    'transport',
  ],
  engine: [
    'base',
    'oci',
    'sys',
    'net',
    's3',
    'dockerfile',
    'layer',
    'image',
    'sbom',
    'store',
    'snapshot',
    'runtime',
    'monitor',
    'network',
    'transport',
    'registry',
    'trust',
    'build',
    'bake',
  ],
  'registry-server': ['base', 'oci', 'sys', 'net', 's3', 'layer', 'image', 'transport', 'registry'],
  'registry-page': ['registry-server'],
  cli: ['base', 'oci', 'engine', 'bake', 'registry-server'],
  'index.ts': ['base', 'oci', 'engine'],
};
const LINE_LIMIT = 400;

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((f) =>
  /\.tsx?$/.test(f),
);
const folderOf = (file: string): string => file.split('/')[0] ?? '';
const isTest = (file: string): boolean => file.endsWith('.test.ts');

test('imports only go down', () => {
  const wrong = files
    .filter((file) => !isTest(file))
    .flatMap((file) => {
      const allowed = [folderOf(file), ...(MAY_IMPORT[folderOf(file)] ?? [])];
      const source = readFileSync(`src/${file}`, 'utf8');
      return [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
        .map(([, target = '']) => folderOf(posix.join(posix.dirname(file), target)))
        .filter((folder) => !allowed.includes(folder))
        .map((folder) => `${file} imports ${folder}/`);
    });
  assert.deepEqual(wrong, []);
});

test('the page runs in browsers: of the server it imports types alone', () => {
  const wrong = files
    .filter((file) => folderOf(file) === 'registry-page' && !isTest(file))
    .filter((file) =>
      /import (?!type\b)[^;]*'\.\.\/registry-server/.test(readFileSync(`src/${file}`, 'utf8')),
    );
  assert.deepEqual(wrong, []);
});

test('every folder is on the plan', () => {
  const folders = new Set(files.filter((f) => f.includes('/')).map(folderOf));
  assert.deepEqual(
    [...folders].filter((f) => !(f in MAY_IMPORT)),
    [],
  );
});

test(`no file grows past ${LINE_LIMIT} lines`, () => {
  const long = files.filter(
    (f) => readFileSync(`src/${f}`, 'utf8').split('\n').length > LINE_LIMIT,
  );
  assert.deepEqual(long, []);
});

test('only sys/ loads native code, and only sys/, runtime/ and monitor/ start programs', () => {
  const wrong = files
    .filter((file) => !isTest(file))
    .flatMap((file) => {
      const source = readFileSync(`src/${file}`, 'utf8');
      const found: string[] = [];
      if (/['"]koffi['"]/.test(source) && folderOf(file) !== 'sys') found.push(`${file}: koffi`);
      if (
        /['"]node:child_process['"]/.test(source) &&
        !['sys', 'runtime', 'monitor'].includes(folderOf(file))
      ) {
        found.push(`${file}: node:child_process`);
      }
      return found;
    });
  assert.deepEqual(wrong, []);
});

test('process state is read at the doors only', () => {
  const wrong = files
    .filter((file) => !isTest(file) && folderOf(file) !== 'cli')
    .filter((file) => /\bprocess\.(?:env|argv|cwd)\b/.test(readFileSync(`src/${file}`, 'utf8')));
  assert.deepEqual(wrong, []);
});
