import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { blobStoreContract } from '../../test/contracts/blob-store.ts';
import { scratchStore } from '../../test/scratch-store.ts';
import { digestOf } from '../oci/digest.ts';

blobStoreContract('DiskBlobs', async () => {
  const scratch = scratchStore();
  return {
    blobs: scratch.store.blobs,
    async [Symbol.asyncDispose]() {
      scratch[Symbol.dispose]();
    },
  };
});

test('readSync() refuses bytes that are no longer those of the digest', () => {
  using scratch = scratchStore();
  const { digest } = scratch.store.blobs.putSync(Buffer.from('hello'));
  writeFileSync(scratch.store.paths.blob(digest), 'hellO');
  assert.throws(() => scratch.store.blobs.readSync(digest), { code: 'BLOB_DAMAGED' });
});

test('putSync() replaces a blob whose size is wrong', () => {
  using scratch = scratchStore();
  const { digest } = scratch.store.blobs.putSync(Buffer.from('hello'));
  writeFileSync(scratch.store.paths.blob(digest), 'hell');
  scratch.store.blobs.putSync(Buffer.from('hello'));
  assert.equal(scratch.store.blobs.readSync(digest).toString(), 'hello');
});

test('blobs are for the owner of the store only, and leave nothing beside', () => {
  using scratch = scratchStore();
  const { digest } = scratch.store.blobs.putSync(Buffer.from('hello'));
  assert.equal(statSync(scratch.store.paths.blob(digest)).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(scratch.store.paths.ingest), []);
});

test('a key of an ingest never becomes a path', async () => {
  using scratch = scratchStore();
  await using writer = await scratch.store.blobs.ingest('../../../evil');
  await writer.write(Buffer.from('x'));
  assert.match(readdirSync(scratch.store.paths.ingest).join(), /^[0-9a-f]{64}$/);
});

test('a committed blob is in the table of blobs', async () => {
  using scratch = scratchStore();
  await using writer = await scratch.store.blobs.ingest('k');
  await writer.write(Buffer.from('hello'));
  await writer.commit();
  assert.ok(scratch.store.read((tables) => tables.blobs.has(digestOf('hello'))));
});
