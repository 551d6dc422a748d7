import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { collect } from '../../src/base/bytes.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { needsRoot, scratchImages } from '../scratch-images.ts';
import { inPieces, tarOf } from '../tar-of.ts';

const FILES = tarOf([
  { name: 'bin', type: 'directory', mode: 0o755 },
  { name: 'bin/tool', data: Buffer.alloc(200_000, 'x'), mode: 0o755 },
]);

for (const program of ['gzip', 'bzip2', 'xz', 'zstd']) {
  const path = ['/usr/bin', '/bin'].map((place) => `${place}/${program}`).find(existsSync);
  const skip = needsRoot || (path === undefined && `${program} is not installed`);
  const packed = (data: Buffer): Buffer => execFileSync(path ?? '', ['-c'], { input: data });

  test(`import() and load() take what ${program} compressed`, { skip }, async () => {
    using scratch = scratchImages();
    const { images } = scratch;
    await images.import(inPieces(FILES), { name: 'plain:1' });
    await images.import(inPieces(packed(FILES)), { name: 'packed:1' });
    const { layers } = await images.inspect('plain:1');
    assert.deepEqual((await images.inspect('packed:1')).layers, layers);

    const archive = await collect(await images.save(['plain:1']));
    using other = scratchImages();
    const [loaded] = await other.images.load(inPieces(packed(archive)));
    assert.deepEqual(loaded?.names, ['plain:1']);
    assert.deepEqual((await other.images.inspect('plain:1')).layers, layers);
  });

  test(`load() takes a layer that ${program} compressed`, { skip }, async () => {
    using scratch = scratchImages();
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [digestOf(FILES)] },
    });
    const archive = tarOf([
      { name: 'layer', data: packed(FILES) },
      { name: 'config', data: config },
      {
        name: 'manifest.json',
        data: JSON.stringify([{ Config: 'config', RepoTags: ['x:1'], Layers: ['layer'] }]),
      },
    ]);
    await scratch.images.load(inPieces(archive));
    assert.equal((await scratch.images.inspect('x:1')).size, 200_000);

    // Whatever it was compressed with, another store can read what is saved.
    using other = scratchImages();
    const saved = await collect(await scratch.images.save(['x:1']));
    await other.images.load(inPieces(saved));
    assert.deepEqual((await other.images.inspect('x:1')).layers, [digestOf(FILES)]);
  });

  test(`load() refuses what ${program} compressed and was cut off`, { skip }, async () => {
    using scratch = scratchImages();
    await scratch.images.import(inPieces(FILES), { name: 'plain:1' });
    const archive = packed(await collect(await scratch.images.save(['plain:1'])));
    using other = scratchImages();
    await assert.rejects(
      other.images.load(inPieces(archive.subarray(0, Math.floor(archive.length / 2)))),
      (error) => error instanceof Error && !error.message.includes('\n'),
    );
    assert.deepEqual(await other.images.list({ all: true }), []);
  });
}
