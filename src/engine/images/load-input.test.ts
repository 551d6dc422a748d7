import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveHttp } from '../../../test/support/http-server.ts';
import { blob, configOf, DIFF, dockerArchive, LAYER } from '../../../test/hostile-archives.ts';
import { needsRoot, scratchImages } from '../../../test/scratch-images.ts';
import { inPieces, tarOf } from '../../../test/tar-of.ts';
import { digestOf } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';

const skip = needsRoot;

/** What is given to load by mistake, what is said, and the next step. */
const MISTAKES: readonly (readonly [string, Buffer | string, string, RegExp])[] = [
  [
    'a ZIP file',
    'PK\x03\x04 and so on',
    'this is not an image archive: it is a ZIP file',
    /stave load -i DIR/,
  ],
  ['a program', '\x7fELF\x02', 'this is not an image archive: it is a program', /stave save/],
  [
    'a page of an error',
    '<!DOCTYPE html><html>',
    'this is not an image archive: it is a web page or XML',
    /error page/,
  ],
  ['a manifest', '{"a":1}', 'this is not an image archive: it is a JSON document', /stave pull/],
  [
    'a Dockerfile',
    '# one\n\nFROM alpine\n',
    'this is not an image archive: it is a Dockerfile',
    /stave build -f FILE/,
  ],
  [
    'a build context',
    tarOf([{ name: 'Dockerfile', data: 'FROM x\n' }, { name: 'app.py' }]),
    'this is a build context, not an image archive',
    /stave build - < FILE/,
  ],
  [
    'an archive in an archive',
    tarOf([{ name: 'image.tar', data: dockerArchive({}) }]),
    'this archive holds no image, but another archive: "image.tar"',
    /tar -xOf FILE "image.tar" \| stave load/,
  ],
];

for (const [what, data, message, hint] of MISTAKES) {
  test(`load() says what ${what} is, and what to do with it`, { skip }, async () => {
    using scratch = scratchImages();
    await assert.rejects(scratch.images.load(inPieces(Buffer.from(data))), (error) => {
      assert.equal((error as Error).message, message);
      assert.match(String((error as { hint?: string }).hint), hint);
      return true;
    });
  });
}

function folder(files: Readonly<Record<string, string | Buffer>>): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'stave-load-'));
  for (const [name, data] of Object.entries(files)) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), data);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test('load() says what a directory is that holds no image', { skip }, async () => {
  using scratch = scratchImages();
  const said = async (files: Readonly<Record<string, string>>): Promise<string> => {
    using made = folder(files);
    const error = await scratch.images
      .load({ directory: made.path })
      .then(String, (reason: Error) => reason);
    return error instanceof Error ? error.message.replace(made.path, 'DIR') : error;
  };
  assert.equal(await said({}), 'the directory DIR is empty');
  assert.equal(
    await said({ Dockerfile: '' }),
    'the directory DIR is a build context, not an image',
  );
  assert.equal(
    await said({ 'bin/sh': '', 'etc/passwd': '' }),
    'the directory DIR is a file system, not an image',
  );
  assert.match(await said({ 'x/y': '' }), /^the directory DIR holds no image: neither index.json/);
});

test('load() reads unpacked archives of older programs', { skip }, async () => {
  using scratch = scratchImages();
  const config = configOf(DIFF);
  const hex = digestOf(config).slice('sha256:'.length);
  const manifest = [
    { Config: `${hex}.json`, RepoTags: ['old:1'], Layers: [`${'a'.repeat(64)}/layer.tar`] },
  ];
  using made = folder({
    'manifest.json': JSON.stringify(manifest),
    [`${hex}.json`]: config,
    [`${'a'.repeat(64)}/layer.tar`]: LAYER,
    [`${'a'.repeat(64)}/json`]: '{}',
    unrelated: 'x',
  });
  assert.deepEqual(await scratch.images.load({ directory: made.path }), [
    { id: digestOf(config), names: ['old:1'] },
  ]);
});

test('load() makes all images of an archive visible, or none', { skip }, async () => {
  using scratch = scratchImages();
  const good = { Config: 'config.json', RepoTags: ['good:1'], Layers: ['layer.tar'] };
  const bad = { Config: 'bad.json', RepoTags: ['bad:1'], Layers: ['layer.tar'] };
  const archive = dockerArchive({
    manifest: JSON.stringify([good, bad]),
    extra: [{ name: 'bad.json', data: configOf(digestOf('something else')) }],
  });
  await assert.rejects(scratch.images.load(inPieces(archive)), /unpacks to/);
  assert.deepEqual(await scratch.images.list({ all: true }), []);
  assert.deepEqual(readdirSync(`${scratch.root}/layers`), []);
});

test('load() takes two manifests of one config', { skip }, async () => {
  using scratch = scratchImages();
  const config = configOf(DIFF);
  const manifest = (annotation: string): string =>
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { mediaType: MediaType.ociConfig, digest: digestOf(config), size: config.length },
      layers: [{ mediaType: MediaType.ociLayer, digest: DIFF, size: LAYER.length }],
      annotations: { annotation },
    });
  const roots = ['a', 'b'].map((tag) => ({
    mediaType: MediaType.ociManifest,
    digest: digestOf(manifest(tag)),
    size: manifest(tag).length,
    annotations: { 'io.containerd.image.name': `docker.io/library/same:${tag}` },
  }));
  const archive = tarOf([
    { name: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', data: JSON.stringify({ schemaVersion: 2, manifests: roots }) },
    ...[manifest('a'), manifest('b'), config].map((data) => blob(data)),
    blob(LAYER),
  ]);
  const loaded = await scratch.images.load(inPieces(archive));
  assert.deepEqual(
    loaded.map(({ id, names }) => [id, names]),
    [
      [digestOf(config), ['same:a']],
      [digestOf(config), ['same:b']],
    ],
  );
});

test('import() fetches what a URL names, and says what the server answered', { skip }, async () => {
  await using server = await serveHttp((request, response) => {
    if (request.url === '/root.tar') response.end(tarOf([{ name: 'file', data: 'content' }]));
    else response.writeHead(404).end();
  });
  using scratch = scratchImages();
  const url = `${server.url}/root.tar`;
  await scratch.images.import({ url }, { name: 'web:1', label: url });
  const [row] = await scratch.images.history('web:1');
  assert.deepEqual([row?.comment, row?.size], [`Imported from ${url}`, 7]);
  await assert.rejects(scratch.images.import({ url: `${server.url}/nosuch` }), {
    message: `cannot read ${server.url}/nosuch: the server answered 404 Not Found`,
  });
});
