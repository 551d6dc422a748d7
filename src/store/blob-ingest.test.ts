import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchStore } from '../../test/scratch-store.ts';
import { digestOf } from '../oci/digest.ts';

const CHUNK = Buffer.from('a piece of something');

test('what nobody can go on with goes when its writer is gone, and not before', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const written = (): string[] => readdirSync(store.paths.ingest).sort();
  writeFileSync(join(store.paths.ingest, 'once-of-a-killed-process'), CHUNK);
  const writer = await store.blobs.ingest('one', { resumable: false });
  await writer.write(CHUNK);
  const resumable = await store.blobs.ingest('two');
  await resumable.write(CHUNK);
  store.lease('test')[Symbol.dispose]();
  const [two, one, ...others] = written();
  assert.deepEqual(others, []);
  assert.match(`${two} ${one}`, /^[0-9a-f]{64} once-[0-9a-f]{64}$/);
  await writer[Symbol.asyncDispose]();
  await resumable[Symbol.asyncDispose]();
  store.lease('test')[Symbol.dispose]();
  assert.deepEqual(written(), [two]);
});

test('what nobody can go on with is begun anew', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const first = await store.blobs.ingest('one', { resumable: false });
  const name = readdirSync(store.paths.ingest)[0] ?? '';
  await first.discard();
  writeFileSync(join(store.paths.ingest, name), 'of a killed process');
  await using second = await store.blobs.ingest('one', { resumable: false });
  assert.equal(second.offset, 0);
  await second.write(CHUNK);
  assert.equal((await second.commit()).size, CHUNK.length);
});

test('what another writer left is hashed, also by one that is told the digest', async () => {
  using scratch = scratchStore();
  const { blobs } = scratch.store;
  const digest = digestOf(Buffer.concat([CHUNK, CHUNK]));
  {
    await using broken = await blobs.ingest('one');
    await broken.write(Buffer.from('a piece of nothing..'));
  }
  const second = await blobs.ingest('one', { hash: false });
  assert.equal(second.offset, CHUNK.length);
  await second.write(CHUNK);
  await assert.rejects(second.commit({ digest }, digest), { code: 'DIGEST_MISMATCH' });
  const third = await blobs.ingest('one', { hash: false });
  assert.equal(third.offset, 0);
  await third.write(CHUNK);
  await third.write(CHUNK);
  assert.equal((await third.commit({ digest }, digest)).digest, digest);
});
