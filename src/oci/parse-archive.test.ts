import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLayoutFile, parseArchiveManifest } from './parse-archive.ts';

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

test('parseArchiveManifest() reads what docker save writes', () => {
  const data = bytes([
    { Config: 'blobs/sha256/a', RepoTags: ['app:v1'], Layers: ['./blobs/sha256/b'] },
    { Config: 'c.json', RepoTags: null, Layers: null },
  ]);
  assert.deepEqual(parseArchiveManifest(data), [
    { config: 'blobs/sha256/a', repoTags: ['app:v1'], layers: ['blobs/sha256/b'] },
    { config: 'c.json', repoTags: [], layers: [] },
  ]);
});

for (const name of ['../x', '/etc/passwd', 'a/../../b', 'a\0b', '']) {
  test(`parseArchiveManifest() refuses the layer ${JSON.stringify(name)}`, () => {
    assert.throws(() => parseArchiveManifest(bytes([{ Config: 'c', Layers: [name] }])), {
      name: 'InvalidInputError',
    });
  });
}

for (const [name, value] of Object.entries({
  'an object': {},
  'a list of texts': ['x'],
  'no config': [{ Layers: [] }],
  'tags that are no strings': [{ Config: 'c', RepoTags: [1] }],
  '501 layers': [{ Config: 'c', Layers: Array(501).fill('l') }],
})) {
  test(`parseArchiveManifest() refuses ${name}`, () => {
    assert.throws(() => parseArchiveManifest(bytes(value)), { name: 'InvalidInputError' });
  });
}

test('parseArchiveManifest() refuses more than 1 MiB', () => {
  assert.throws(() => parseArchiveManifest(Buffer.alloc(1024 * 1024 + 1, ' ')), /larger than/);
});

test('checkLayoutFile() takes version 1.0.0 and nothing else', () => {
  checkLayoutFile(bytes({ imageLayoutVersion: '1.0.0' }));
  assert.throws(() => checkLayoutFile(bytes({ imageLayoutVersion: '2.0.0' })), /version/);
  assert.throws(() => checkLayoutFile(bytes({})), /missing/);
});
