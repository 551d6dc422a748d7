import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openReplica, pushImage } from '../../../test/support/bucket-replica.ts';
import { noS3, S3_KINDS, S3House } from '../../../test/support/s3-house.ts';
import { send } from '../../../test/support/served-registry.ts';
import type { S3Place } from '../../s3/place.ts';

const ROUNDS = 3;
/** Pushes that are acknowledged in each round before a registry is killed. */
const PUSHES = 15;
const CHILD = join(import.meta.dirname, '../../../test/support/bucket-child.ts');

async function started(place: S3Place): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(place)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: said.toString().trim() };
}

for (const kind of S3_KINDS) {
  test(
    `of two registries one is killed, and nothing is lost, ${kind}`,
    { skip: noS3 },
    async () => {
      await using house = await S3House.open(kind);
      const place = await house.bucket();
      const acknowledged = new Map<string, string>();
      await using other = await openReplica(place);
      for (let round = 0; round < ROUNDS; round += 1) {
        const { child, url } = await started(place);
        const killed = { send: send.bind(undefined, url) };
        const target = acknowledged.size + PUSHES;
        const clients = [killed, killed, other].map(async (replica, client) => {
          for (let n = 0; acknowledged.size < target; n += 1) {
            const tag = `r${round}-${client}-${n}`;
            const { status, digest } = await pushImage(
              replica,
              { repository: 'team/app', tag },
              `layer ${tag}`,
            );
            assert.equal(status, 201);
            acknowledged.set(tag, digest);
          }
        });
        const ended = Promise.allSettled(clients);
        while (acknowledged.size < target - PUSHES / 3) await pause(1);
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
        for (const { reason } of (await ended) as PromiseRejectedResult[]) {
          assert.ok(!(reason instanceof assert.AssertionError), String(reason));
        }
      }
      for (const [tag, digest] of acknowledged) {
        const got = await other.send('GET', `/v2/team/app/manifests/${tag}`);
        assert.equal(got.headers['docker-content-digest'], digest);
        const { layers } = JSON.parse(got.text) as { layers: { digest: string }[] };
        const blob = await other.send('GET', `/v2/team/app/blobs/${layers[0]?.digest}`);
        assert.equal(blob.text, `layer ${tag}`);
      }
      const { text } = await other.send('GET', '/v2/team/app/tags/list');
      const { tags } = JSON.parse(text) as { tags: string[] };
      for (const tag of tags) {
        assert.equal((await other.send('GET', `/v2/team/app/manifests/${tag}`)).status, 200);
      }
      assert.deepEqual(other.failures, []);
    },
  );
}
