import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openReplica, pushImage, type Replica } from '../../../test/support/bucket-replica.ts';
import { noS3, S3_KINDS, S3House } from '../../../test/support/s3-house.ts';
import { digestOf } from '../../oci/digest.ts';

const HOUR = 3600 * 1000;

/** What one collection removed, as `kind name`. */
async function collected({ storage }: Replica): Promise<string[]> {
  const rows: string[] = [];
  const { signal } = new AbortController();
  for await (const { kind, repository } of storage.collect(0, signal)) {
    rows.push(repository === undefined ? kind : `${kind} of ${repository}`);
  }
  return rows.sort((a, b) => (a < b ? -1 : 1));
}

for (const kind of S3_KINDS) {
  test(`collection in a bucket, ${kind}`, { skip: noS3 }, async (t) => {
    await using house = await S3House.open(kind);
    let ahead = 0;
    const clock = { now: () => new Date(Date.now() + ahead) };

    await t.test('what no manifest names goes after a while, its bytes a while later', async () => {
      ahead = 0;
      await using one = await openReplica(await house.bucket(), { clock });
      await pushImage(one, { repository: 'app', tag: 'v1' }, 'kept');
      const gone = digestOf('gone');
      await one.send('POST', `/v2/app/blobs/uploads/?digest=${gone}`, { body: 'gone' });
      assert.deepEqual(await collected(one), []);
      ahead = 3 * HOUR;
      assert.deepEqual(await collected(one), ['blob of app']);
      assert.equal((await one.send('HEAD', `/v2/app/blobs/${gone}`)).status, 404);
      ahead = 6 * HOUR;
      assert.deepEqual(await collected(one), ['content']);
      ahead = 48 * HOUR;
      assert.deepEqual(await collected(one), []);
      assert.equal((await one.send('GET', `/v2/app/blobs/${digestOf('kept')}`)).text, 'kept');
      const again = await one.send('POST', `/v2/app/blobs/uploads/?digest=${gone}`, {
        body: 'gone',
      });
      assert.equal(again.status, 201);
      assert.equal((await one.send('GET', `/v2/app/blobs/${gone}`)).text, 'gone');
    });

    await t.test('nobody links to what is about to go', async () => {
      ahead = 0;
      await using one = await openReplica(await house.bucket(), { clock });
      const digest = digestOf('bytes');
      const path = `/v2/app/blobs/uploads/?digest=${digest}`;
      await one.send('POST', path, { body: 'bytes' });
      await one.send('DELETE', `/v2/app/blobs/${digest}`);
      ahead = 3 * HOUR;
      await collected(one);
      // The same bytes come again and lie there once more, since the first may go any time.
      assert.equal((await pushImage(one, { repository: 'app', tag: 'v1' }, 'bytes')).status, 201);
      ahead = 6 * HOUR;
      assert.ok((await collected(one)).includes('content'));
      assert.equal((await one.send('GET', `/v2/app/blobs/${digest}`)).text, 'bytes');
    });

    await t.test('a blob that was there long ago is not collected under a push', async () => {
      ahead = 0;
      await using one = await openReplica(await house.bucket(), { clock });
      const layer = 'layer';
      const path = `/v2/app/blobs/uploads/?digest=${digestOf(layer)}`;
      await one.send('POST', path, { body: layer });
      ahead = 90 * 60 * 1000;
      assert.equal((await pushImage(one, { repository: 'app', tag: 'v1' }, layer)).status, 201);
      ahead = 48 * HOUR;
      await collected(one);
      assert.equal((await one.send('GET', `/v2/app/blobs/${digestOf(layer)}`)).text, layer);
    });

    await t.test('removed images give their bytes back, and what others share stays', async () => {
      ahead = 0;
      await using one = await openReplica(await house.bucket(), { clock });
      await pushImage(one, { repository: 'a', tag: 'v1' }, 'shared');
      await pushImage(one, { repository: 'b', tag: 'v1' }, 'shared');
      const { digest } = await pushImage(one, { repository: 'b', tag: 'v2' }, 'own');
      assert.equal((await one.send('DELETE', `/v2/b/manifests/${digest}`)).status, 202);
      ahead = 3 * HOUR;
      assert.deepEqual(await collected(one), ['blob of b']);
      ahead = 6 * HOUR;
      assert.deepEqual(await collected(one), ['content']);
      for (const name of ['a', 'b']) {
        const got = await one.send('GET', `/v2/${name}/blobs/${digestOf('shared')}`);
        assert.equal(got.text, 'shared');
      }
    });

    await t.test('uploads that nobody goes on with end after a day, with their parts', async () => {
      ahead = 0;
      await using one = await openReplica(await house.bucket(), { clock });
      const begun = await one.send('POST', '/v2/team/app/blobs/uploads/');
      const at = String(begun.headers['location']);
      const body = Buffer.alloc(6_000_000, 'x');
      assert.equal((await one.send('PATCH', at, { body })).status, 202);
      ahead = 23 * HOUR;
      assert.deepEqual(await collected(one), []);
      assert.equal((await one.send('GET', at)).status, 204);
      ahead = 25 * HOUR;
      assert.ok((await collected(one)).includes('upload of team/app'));
      assert.equal((await one.send('GET', at)).status, 404);
    });
  });
}
