import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openReplica, pushImage } from '../../../test/support/bucket-replica.ts';
import { type Fault, type Faults, openFaultyS3 } from '../../../test/support/faulty-s3.ts';
import { newBucket, noS3, S3House } from '../../../test/support/s3-house.ts';
import { digestOf } from '../../oci/digest.ts';

/** One fault in so many requests of those that are meant. */
function every(count: number, fault: Fault, meant = /./): Faults {
  let n = 0;
  return (method, path) =>
    meant.test(`${method} ${path}`) && (n += 1) % count === 0 ? fault : undefined;
}

const APP = { repository: 'app', tag: 'v1' };

test('a registry over a store that fails, is cut off, or lies', { skip: noS3 }, async (t) => {
  await using house = await S3House.open('moto');
  await using way = await openFaultyS3(house.endpoint);

  for (const fault of ['error', 'lost', 'cut'] as const) {
    await t.test(`passing faults (${fault}) are seen by nobody`, async () => {
      way.faults = () => undefined;
      await using one = await openReplica(await newBucket(way.endpoint));
      way.faults = every(4, fault);
      way.count = 0;
      for (const n of [1, 2, 3]) {
        const pushed = await pushImage(one, APP, `layer ${n}`);
        assert.equal(pushed.status, 201);
        const got = await one.send('GET', '/v2/app/manifests/v1');
        assert.equal(got.headers['docker-content-digest'], pushed.digest);
        const blob = await one.send('GET', `/v2/app/blobs/${digestOf(`layer ${n}`)}`);
        assert.equal(blob.text, `layer ${n}`);
      }
      assert.ok(way.count > 10);
      assert.deepEqual(one.failures, []);
    });

    await t.test(`a large upload gets through them (${fault})`, async () => {
      way.faults = () => undefined;
      await using one = await openReplica(await newBucket(way.endpoint));
      way.faults = every(3, fault);
      const bytes = Buffer.from('0123456789abcdef'.repeat(700_000));
      const digest = digestOf(bytes);
      const path = `/v2/app/blobs/uploads/?digest=${digest}`;
      assert.equal((await one.send('POST', path, { body: bytes })).status, 201);
      assert.ok((await one.send('GET', `/v2/app/blobs/${digest}`)).body.equals(bytes));
    });
  }

  await t.test(
    'a store that stays away is 500 without a word of it, and nothing is kept',
    async () => {
      way.faults = () => undefined;
      await using one = await openReplica(await newBucket(way.endpoint));
      way.faults = every(1, 'error');
      const answer = await one.send('HEAD', `/v2/app/blobs/${digestOf('layer')}`);
      assert.equal(answer.status, 500);
      const pushed = await pushImage(one, APP, 'layer');
      assert.equal(pushed.status, 500);
      assert.ok(!pushed.text.includes('127.0.0.1'));
      way.faults = () => undefined;
      assert.equal((await one.send('GET', '/v2/app/manifests/v1')).status, 404);
      assert.equal((await pushImage(one, APP, 'layer')).status, 201);
    },
  );

  await t.test('a manifest whose bytes are others is not given out', async () => {
    way.faults = () => undefined;
    const place = await newBucket(way.endpoint);
    await using one = await openReplica(place);
    assert.equal((await pushImage(one, APP, 'layer')).status, 201);
    await using fresh = await openReplica(place);
    way.faults = every(1, 'lie', /^GET .*\/manifests\/sha256/);
    assert.equal((await fresh.send('GET', '/v2/app/manifests/v1')).status, 500);
  });

  await t.test('lists that are cut or in no order are not believed', async () => {
    way.faults = () => undefined;
    const place = await newBucket(way.endpoint);
    await using one = await openReplica(place);
    assert.equal((await pushImage(one, APP, 'layer')).status, 201);
    for (const fault of ['short', 'lie'] as const) {
      way.faults = every(1, fault, /list-type/);
      for (const path of ['/v2/_catalog', '/v2/app/tags/list', '/v2/app/manifests/v1']) {
        assert.equal((await one.send('GET', path)).status, 500, `${fault} ${path}`);
      }
    }
  });

  await t.test('parts with a wrong entity tag do not become a blob', async () => {
    way.faults = () => undefined;
    await using one = await openReplica(await newBucket(way.endpoint));
    way.faults = every(1, 'etag', /partNumber=2/);
    const bytes = Buffer.alloc(11_000_000, 'x');
    const digest = digestOf(bytes);
    const path = `/v2/app/blobs/uploads/?digest=${digest}`;
    assert.equal((await one.send('POST', path, { body: bytes })).status, 400);
    way.faults = () => undefined;
    assert.equal((await one.send('HEAD', `/v2/app/blobs/${digest}`)).status, 404);
  });

  await t.test(
    'a blob that breaks off at every turn ends, and is not taken for whole',
    async () => {
      way.faults = () => undefined;
      await using one = await openReplica(await newBucket(way.endpoint));
      assert.equal((await pushImage(one, APP, 'layer'.repeat(1000))).status, 201);
      way.faults = every(1, 'short', /^GET .*contents/);
      const path = `/v2/app/blobs/${digestOf('layer'.repeat(1000))}`;
      const got = await one.send('GET', path).catch(() => undefined);
      assert.ok(got === undefined || got.status === 500 || got.body.length === 5000);
    },
  );
});
