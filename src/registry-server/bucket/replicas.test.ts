import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openReplica, pushImage } from '../../../test/support/bucket-replica.ts';
import { noS3, S3_KINDS, S3House } from '../../../test/support/s3-house.ts';
import { digestOf } from '../../oci/digest.ts';

for (const kind of S3_KINDS) {
  test(`several registries over one bucket, ${kind}`, { skip: noS3 }, async (t) => {
    await using house = await S3House.open(kind);

    await t.test('what one has said 201 to, the others have', async () => {
      const place = await house.bucket();
      await using one = await openReplica(place);
      await using other = await openReplica(place);
      const pushed = await pushImage(one, { repository: 'team/app', tag: 'v1' }, 'layer');
      assert.equal(pushed.status, 201);
      const got = await other.send('GET', '/v2/team/app/manifests/v1');
      assert.equal(got.headers['docker-content-digest'], pushed.digest);
      const { text } = await other.send('GET', '/v2/_catalog');
      assert.deepEqual(JSON.parse(text), { repositories: ['team/app'] });
      assert.equal((await other.send('DELETE', '/v2/team/app/manifests/v1')).status, 202);
      assert.equal((await one.send('GET', '/v2/team/app/manifests/v1')).status, 404);
      const again = await pushImage(one, { repository: 'team/app', tag: 'v1' }, 'layer');
      assert.equal((await other.send('HEAD', '/v2/team/app/manifests/v1')).status, 200);
      assert.equal(again.digest, pushed.digest);
    });

    await t.test('a large upload goes on at another one, in chunks of any size', async () => {
      const place = await house.bucket();
      await using one = await openReplica(place);
      await using other = await openReplica(place);
      const bytes = Buffer.from('0123456789abcdef'.repeat(900_000));
      const begun = await one.send('POST', '/v2/app/blobs/uploads/');
      const at = String(begun.headers['location']);
      const ends = [7, 6_000_000, 6_000_001, 13_000_000];
      for (const [n, end] of ends.entries()) {
        const body = bytes.subarray(ends[n - 1] ?? 0, end);
        const got = await (n % 2 === 0 ? one : other).send('PATCH', at, { body });
        assert.deepEqual([got.status, got.headers['range']], [202, `0-${end - 1}`]);
      }
      const seen = await one.send('GET', at);
      assert.equal(seen.headers['range'], '0-12999999');
      const digest = digestOf(bytes);
      const body = bytes.subarray(13_000_000);
      const put = await one.send('PUT', `${at}?digest=${digest}`, { body });
      assert.equal(put.status, 201);
      const whole = await other.send('GET', `/v2/app/blobs/${digest}`);
      assert.ok(whole.body.equals(bytes));
      const part = await other.send('GET', `/v2/app/blobs/${digest}`, {
        headers: { range: 'bytes=5242870-5242890' },
      });
      assert.ok(part.body.equals(bytes.subarray(5_242_870, 5_242_891)));
      assert.equal((await other.send('GET', at)).status, 404);
    });

    await t.test(
      'an upload of other bytes than it says is over, and nothing is seen of it',
      async () => {
        const place = await house.bucket();
        await using one = await openReplica(place);
        await using other = await openReplica(place);
        const begun = await one.send('POST', '/v2/app/blobs/uploads/');
        const at = String(begun.headers['location']);
        const body = Buffer.alloc(6_000_000, 'x');
        assert.equal((await one.send('PATCH', at, { body })).status, 202);
        const digest = digestOf('other');
        const put = await other.send('PUT', `${at}?digest=${digest}`, { body: 'end' });
        assert.deepEqual([put.status, put.code], [400, 'DIGEST_INVALID']);
        assert.equal((await one.send('HEAD', `/v2/app/blobs/${digest}`)).status, 404);
        assert.equal((await one.send('GET', at)).status, 404);
      },
    );

    await t.test(
      'of pushes at once all manifests are there, and the tag is one of them',
      async () => {
        const place = await house.bucket();
        await using one = await openReplica(place);
        await using other = await openReplica(place);
        const pushed = await Promise.all(
          Array.from({ length: 16 }, (_, n) =>
            pushImage(
              n % 2 === 0 ? one : other,
              { repository: 'app', tag: 'latest' },
              `layer ${n}`,
            ),
          ),
        );
        assert.deepEqual(new Set(pushed.map(({ status }) => status)), new Set([201]));
        for (const { digest } of pushed) {
          assert.equal((await one.send('GET', `/v2/app/manifests/${digest}`)).status, 200);
        }
        const [here, there] = await Promise.all(
          [one, other].map((each) => each.send('GET', '/v2/app/manifests/latest')),
        );
        const means = here?.headers['docker-content-digest'];
        assert.ok(pushed.some(({ digest }) => digest === means));
        assert.equal(there?.headers['docker-content-digest'], means);
        assert.deepEqual([...one.failures, ...other.failures], []);
      },
    );

    await t.test('of pushes under one If-Match one wins, or none is taken at all', async () => {
      const place = await house.bucket();
      await using one = await openReplica(place);
      await using other = await openReplica(place);
      const app = { repository: 'app', tag: 'v1' };
      const first = await pushImage(one, app, 'first');
      const headers = { 'if-match': `"${first.digest}"` };
      const pushed = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          pushImage(n % 2 === 0 ? one : other, app, `next ${n}`, headers),
        ),
      );
      const statuses = pushed.map(({ status }) => status).sort((a, b) => a - b);
      const exact = [201, ...Array.from({ length: 7 }, () => 412)];
      const inexact = Array.from({ length: 8 }, () => 405);
      assert.deepEqual(statuses, one.storage.traits.conditions ? exact : inexact);
    });

    await t.test('clients can be sent to the bucket, where they get the bytes', async () => {
      await using one = await openReplica(await house.bucket(), { redirect: true });
      await pushImage(one, { repository: 'app', tag: 'v1' }, 'layer');
      const path = `/v2/app/blobs/${digestOf('layer')}`;
      const { status, headers } = await one.send('GET', path);
      assert.equal(status, 307);
      assert.equal(await (await fetch(String(headers['location']))).text(), 'layer');
      const head = await one.send('HEAD', path);
      assert.deepEqual([head.status, head.headers['content-length']], [200, '5']);
    });
  });
}
