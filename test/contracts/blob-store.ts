import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { collect } from '../../src/base/bytes.ts';
import { DigestMismatchError } from '../../src/base/errors.ts';
import { digestOf, parseDigest } from '../../src/oci/digest.ts';
import type { BlobStore } from '../../src/store/blob-store.ts';

const HELLO = Buffer.from('hello');
const SHA512 = parseDigest(
  'sha512:9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043',
);

/** A blob store, and the end of what it needed. */
export interface Subject extends AsyncDisposable {
  readonly blobs: BlobStore;
}

/** What every BlobStore must do. An implementation's test file is one call to this. */
export function blobStoreContract(name: string, open: () => Promise<Subject>): void {
  test(`${name}: what was committed can be read`, async () => {
    await using subject = await open();
    await using writer = await subject.blobs.ingest('k');
    await writer.write(HELLO);
    const info = await writer.commit();
    assert.deepEqual(info, { digest: digestOf(HELLO), size: 5 });
    assert.deepEqual(await collect(await subject.blobs.open(info.digest)), HELLO);
    assert.deepEqual(await subject.blobs.stat(info.digest), info);
  });

  test(`${name}: what is poured is the whole blob`, async () => {
    await using subject = await open();
    const data = Buffer.alloc(700_000, 'abcdefg');
    const { digest } = subject.blobs.putSync(data);
    const pieces: Buffer[] = [];
    await subject.blobs.pour(digest, (piece) => void pieces.push(Buffer.from(piece)));
    assert.ok(Buffer.concat(pieces).equals(data));
    const other = digestOf('other');
    await assert.rejects(
      subject.blobs.pour(other, () => {}),
      { code: 'BLOB_NOT_FOUND' },
    );
  });

  test(`${name}: many are put at once, those that are there already too`, async () => {
    await using subject = await open();
    subject.blobs.putSync(HELLO);
    const all = [HELLO, HELLO, ...Array.from({ length: 20 }, (_, at) => Buffer.from(`${at}`))];
    subject.blobs.putAllSync(all);
    for (const one of all) assert.deepEqual(subject.blobs.readSync(digestOf(one)), one);
    const found: string[] = [];
    for await (const { digest } of subject.blobs.list()) found.push(digest);
    assert.equal(found.length, 21);
  });

  test(`${name}: a writer that does not hash is told the digest, or reads`, async () => {
    await using subject = await open();
    for (const known of [digestOf(HELLO), undefined]) {
      await using writer = await subject.blobs.ingest('k', { hash: false });
      await writer.write(HELLO);
      assert.deepEqual(await writer.commit({}, known), { digest: digestOf(HELLO), size: 5 });
    }
    await using writer = await subject.blobs.ingest('k', { hash: false });
    await writer.write(HELLO);
    const wrong = { digest: digestOf('other') };
    await assert.rejects(writer.commit(wrong, digestOf(HELLO)), DigestMismatchError);
  });

  test(`${name}: a part can be read`, async () => {
    await using subject = await open();
    const { digest } = subject.blobs.putSync(HELLO);
    const part = await collect(await subject.blobs.open(digest, { start: 1, end: 3 }));
    assert.equal(part.toString(), 'ell');
  });

  test(`${name}: an ingest left open is resumed where it stopped`, async () => {
    await using subject = await open();
    {
      await using first = await subject.blobs.ingest('k');
      await first.write(HELLO.subarray(0, 2));
    }
    await using second = await subject.blobs.ingest('k');
    assert.equal(second.offset, 2);
    await second.write(HELLO.subarray(2));
    assert.equal((await second.commit()).digest, digestOf(HELLO));
  });

  test(`${name}: an ingest that was discarded begins anew`, async () => {
    await using subject = await open();
    const first = await subject.blobs.ingest('k');
    await first.write(HELLO);
    await first.discard();
    await using second = await subject.blobs.ingest('k');
    assert.equal(second.offset, 0);
  });

  test(`${name}: a second writer waits until the first is gone`, async () => {
    await using subject = await open();
    const first = await subject.blobs.ingest('k');
    let came = false;
    const waiting = subject.blobs.ingest('k').then((writer) => {
      came = true;
      return writer;
    });
    await delay(60);
    assert.equal(came, false);

    await first.write(HELLO);
    await first[Symbol.asyncDispose]();

    await using second = await waiting;
    assert.equal(second.offset, 5);
  });

  test(`${name}: a waiting writer stops when told to`, async () => {
    await using subject = await open();
    await using _first = await subject.blobs.ingest('k');
    const stop = new AbortController();
    const waiting = subject.blobs.ingest('k', { signal: stop.signal });
    stop.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
  });

  test(`${name}: the wrong bytes are never visible and not resumed`, async () => {
    await using subject = await open();
    {
      await using writer = await subject.blobs.ingest('k');
      await writer.write(Buffer.from('hellO'));
      await assert.rejects(writer.commit({ digest: digestOf(HELLO) }), DigestMismatchError);
    }
    assert.equal(await subject.blobs.stat(digestOf(HELLO)), undefined);
    await using again = await subject.blobs.ingest('k');
    assert.equal(again.offset, 0);
  });

  test(`${name}: the wrong number of bytes is refused`, async () => {
    await using subject = await open();
    await using writer = await subject.blobs.ingest('k');
    await writer.write(HELLO);
    await assert.rejects(writer.commit({ size: 6 }), { name: 'InvalidInputError' });
    assert.equal(await subject.blobs.stat(digestOf(HELLO)), undefined);
  });

  test(`${name}: a blob may be named by SHA-512`, async () => {
    await using subject = await open();
    await using writer = await subject.blobs.ingest('k');
    await writer.write(HELLO);
    assert.equal((await writer.commit({ digest: SHA512 })).digest, SHA512);
    assert.deepEqual(subject.blobs.readSync(SHA512), HELLO);
  });

  test(`${name}: bytes at hand are stored once`, async () => {
    await using subject = await open();
    const info = subject.blobs.putSync(HELLO);
    assert.deepEqual(subject.blobs.putSync(HELLO), info);
    assert.deepEqual(subject.blobs.readSync(info.digest), HELLO);
    assert.deepEqual(await Array.fromAsync(subject.blobs.list()), [info]);
  });

  test(`${name}: what is not there is missing`, async () => {
    await using subject = await open();
    const digest = digestOf('nothing');
    assert.equal(await subject.blobs.stat(digest), undefined);
    assert.throws(() => subject.blobs.readSync(digest), { code: 'BLOB_NOT_FOUND' });
    await assert.rejects(subject.blobs.open(digest), { code: 'BLOB_NOT_FOUND' });
  });

  test(`${name}: what was deleted is gone`, async () => {
    await using subject = await open();
    const { digest } = subject.blobs.putSync(HELLO);
    await subject.blobs.delete(digest);
    assert.equal(await subject.blobs.stat(digest), undefined);
    await subject.blobs.delete(digest);
  });

  test(`${name}: what is larger than 4 MiB is not read at once`, async () => {
    await using subject = await open();
    const { digest } = subject.blobs.putSync(Buffer.alloc(4 * 1024 * 1024 + 1));
    assert.throws(() => subject.blobs.readSync(digest), { name: 'InvalidInputError' });
  });
}
