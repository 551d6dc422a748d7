import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOf } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { collect, type CollectRow } from './collect.ts';
import { HOUR, Kept } from './testing.ts';

const rows = (
  kept: Kept,
  options: { grace?: number; dryRun?: boolean } = {},
): Promise<CollectRow[]> =>
  Array.fromAsync(collect(kept.parts, { grace: 24 * HOUR, dryRun: false, ...options }));

const gone = (all: readonly CollectRow[]): string[] =>
  all.filter(({ removed }) => removed).map(({ kind, name }) => `${kind} ${name}`);

test('collect() keeps what manifests name and says by which, and removes the rest after the grace', async () => {
  await using kept = new Kept();
  const manifest = await kept.image('team/app', 'v1', 'a layer');
  const loose = await kept.blob('team/app', 'loose');
  assert.deepEqual(gone(await rows(kept)), []);
  kept.ahead = 25 * HOUR;
  const dry = await rows(kept, { dryRun: true });
  assert.deepEqual(gone(dry), [`blob ${loose}`, `content ${loose}`]);
  assert.equal(kept.storage.blobSize('team/app', digestOf('a layer')), 7);
  const blobs = dry.filter(({ kind }) => kind === 'blob');
  const reasons = new Map(blobs.map(({ name, reason }) => [name, reason]));
  assert.equal(reasons.get(digestOf('a layer')), `needed by ${manifest}`);
  assert.equal(reasons.get(manifest), 'the manifest of v1');
  assert.match(reasons.get(loose) ?? '', /^unreferenced since 20/);
  const real = await rows(kept);
  assert.deepEqual(gone(real), [`blob ${loose}`, `content ${loose}`]);
  assert.equal(kept.storage.blobSize('team/app', loose), undefined);
  assert.ok(!existsSync(kept.parts.paths.pool(loose)));
  assert.deepEqual(gone(await rows(kept)), []);
});

test('collect() leaves a blob alone that a client has just asked for, and one that was needed until now', async () => {
  await using kept = new Kept();
  const manifest = await kept.image('app', 'v1', 'a layer');
  const asked = await kept.blob('app', 'asked for');
  const other = await kept.blob('app', 'not asked for');
  kept.ahead = 25 * HOUR;
  assert.equal(kept.storage.blobSize('app', asked), 9);
  assert.equal(await kept.storage.removeManifest('app', manifest), 'removed');
  const contents = [other, manifest].map((one) => `content ${one}`).toSorted();
  assert.deepEqual(gone(await rows(kept)), [`blob ${other}`, ...contents]);
  kept.ahead += 25 * HOUR;
  const all = gone(await rows(kept)).filter((one) => one.startsWith('content'));
  assert.equal(all.length, 3);
  assert.deepEqual(kept.parts.tables.db.all('SELECT * FROM needs'), []);
});

test('collect() takes deleted contents out of the shared pool, and keeps what another repository has', async () => {
  await using kept = new Kept();
  const shared = await kept.blob('one', 'shared');
  const single = await kept.blob('one', 'single');
  assert.ok(await kept.storage.mount('two', shared, 'one'));
  await kept.manifest('two', 'v1', {
    config: { mediaType: 'a/b', digest: shared, size: 6 },
    layers: [],
  });
  for (const digest of [shared, single]) await kept.storage.removeBlob('one', digest);
  kept.ahead = 25 * HOUR;
  const names = gone(await rows(kept));
  assert.deepEqual(names, ['repository one', `content ${single}`]);
  assert.equal(kept.storage.blobSize('two', shared), 6);
});

test('collect() removes abandoned uploads and empty repositories, which can be pushed to again', async () => {
  await using kept = new Kept();
  const manifest = await kept.image('team/app', 'v1');
  kept.storage.startUpload('team/app', 'sha256');
  const id = kept.storage.startUpload('other', 'sha256');
  const upload = kept.storage.openUpload('other', id);
  await kept.storage.removeManifest('team/app', manifest);
  kept.ahead = 25 * HOUR;
  const kinds = gone(await rows(kept)).map((one) => one.replace(/ .*/, ''));
  assert.deepEqual(kinds.toSorted(), [
    'blob',
    'blob',
    'content',
    'content',
    'content',
    'repository',
    'upload',
  ]);
  assert.equal(kept.storage.hasRepository('team/app'), false);
  assert.deepEqual(readdirSync(kept.parts.paths.repositories), []);
  assert.deepEqual(readdirSync(kept.parts.paths.uploads), ['other']);
  assert.ok(upload !== undefined && upload !== 'busy');
  await upload[Symbol.asyncDispose]();
  await kept.image('team/app', 'v2');
  await kept.reopen();
  assert.ok(kept.tag('team/app', 'v2'));
});

test('collect() keeps layers that may be elsewhere, and whatever an unknown kind of document names', async () => {
  await using kept = new Kept();
  const foreign = await kept.blob('app', 'foreign');
  const config = { mediaType: 'a/b', digest: await kept.blob('app', '{}'), size: 2 };
  const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
  await kept.manifest('app', 'v1', { config, layers: [{ mediaType, digest: foreign, size: 7 }] });
  const artifact = await kept.blob('app', 'artifact');
  await kept.manifest(
    'app',
    'v2',
    { blobs: [{ digest: artifact }] },
    'application/vnd.example+json',
  );
  kept.ahead = 25 * HOUR;
  assert.deepEqual(gone(await rows(kept)), []);
  await kept.reopen(() => removeTables(kept));
  assert.deepEqual(gone(await rows(kept)), []);
});

test('collect() without a grace leaves an upload alone that is being committed', async () => {
  await using kept = new Kept();
  kept.ahead = HOUR;
  for (let round = 0; round < 20; round += 1) {
    const [, , found] = await Promise.all([
      kept.image('app', `v${round}`, `layer ${round}`).catch((error: unknown) => {
        assert.match(String(error), /missing/);
      }),
      kept.storage.mount('other', digestOf(`layer ${round - 1}`), 'app'),
      rows(kept, { grace: 0 }),
    ]);
    assert.ok(Array.isArray(found));
    const digest = kept.tag('app', `v${round}`);
    if (digest !== undefined) assert.ok(kept.storage.blobSize('app', digestOf(`layer ${round}`)));
  }
});

test('collect() keeps the images of an index', async () => {
  await using kept = new Kept();
  const child = await kept.image('app', undefined);
  const size = kept.storage.manifest('app', child)?.size;
  const entry = { mediaType: MediaType.ociManifest, digest: child, size };
  await kept.manifest('app', 'all', { manifests: [entry] }, MediaType.ociIndex);
  kept.ahead = 25 * HOUR;
  assert.deepEqual(gone(await rows(kept)), []);
});

function removeTables(kept: Kept): void {
  for (const end of ['', '-wal', '-shm']) {
    const { rmSync } = process.getBuiltinModule('node:fs');
    rmSync(join(kept.root, `index.db${end}`), { force: true });
  }
}
