import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putPlain } from '../../../test/support/mirror-house.ts';
import { putIndex, putRemote } from '../../../test/support/remote-image.ts';
import { fail, TestRegistry } from '../../../test/support/test-registry.ts';
import { isDigest } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { openAdministrator } from '../maintenance/admin.ts';
import { Keeper } from '../maintenance/keeper.ts';
import { NO_RULES } from '../maintenance/rules.ts';
import { Kept } from '../maintenance/testing.ts';
import { readMirrors } from './read-settings.ts';
import { syncOnce } from './sync-rounds.ts';
import type { SyncSettings } from './sync-settings.ts';
import { newestOf } from './versions.ts';

/** Carries a job out; a row is `outcome repository:tag`. */
async function synced(
  kept: Kept,
  upstream: TestRegistry,
  job: Partial<SyncSettings>,
  dryRun = false,
): Promise<string[]> {
  const rows = await Array.fromAsync(
    syncOnce(
      { upstream: upstream.host, repositories: ['app'], to: 'copies', ...job },
      {
        storage: kept.storage,
        clock: kept.clock,
        variable: () => undefined,
        patience: { tries: 1 },
        isMirrored: (repository) => repository.startsWith('hub/'),
        tell: () => undefined,
        dryRun,
        signal: new AbortController().signal,
      },
    ),
  );
  return rows.map(
    ({ outcome, repository, tag = '-', reason }) =>
      `${outcome} ${repository}:${tag}${reason === undefined ? '' : `: ${reason}`}`,
  );
}

test('sync() copies what is missing, once, with both platforms of an index', async () => {
  await using upstream = await TestRegistry.open();
  await using kept = new Kept();
  const amd = putRemote(upstream, 'app', 'amd64');
  const arm = putRemote(upstream, 'app', 'arm64', { architecture: 'arm64' });
  const digest = putIndex(upstream, 'app', 'v1', [amd, arm]);
  const job = { tags: ['v*'] };
  assert.deepEqual(await synced(kept, upstream, job, true), ['copied copies/app:v1']);
  assert.equal(kept.tag('copies/app', 'v1'), undefined);
  assert.deepEqual(await synced(kept, upstream, job), ['copied copies/app:v1']);
  assert.equal(kept.tag('copies/app', 'v1'), digest);
  for (const child of [amd, arm]) assert.ok(kept.storage.manifest('copies/app', child.digest));
  upstream.log.length = 0;
  assert.deepEqual(await synced(kept, upstream, job), ['unchanged copies/app:v1']);
  assert.equal(upstream.count(/^GET .*(?:blobs|manifests\/(?!sha256-))/), 0);
  putIndex(upstream, 'app', 'v1', [amd]);
  assert.deepEqual(await synced(kept, upstream, job), ['copied copies/app:v1']);
  assert.equal(upstream.count(/^GET .*blobs/), 0);
});

test('sync() brings signatures, by the API and under the tags of older tools', async () => {
  await using upstream = await TestRegistry.open({ referrers: true });
  await using kept = new Kept();
  const image = putPlain(upstream, 'app', 'v1');
  const subject = { mediaType: MediaType.ociManifest, digest: image.manifest, size: 1 };
  const signature = putPlain(upstream, 'app', 'x', {
    size: 5,
    seed: 's',
    extra: { subject, artifactType: 'a/b' },
  });
  upstream.manifests.delete('app/x');
  const old = `${image.manifest.replace(':', '-')}.sig`;
  putPlain(upstream, 'app', old, { size: 5, seed: 't' });
  assert.deepEqual(await synced(kept, upstream, {}), [
    'copied copies/app:v1',
    `copied copies/app:${old}`,
    'copied copies/app:-',
  ]);
  assert.ok(isDigest(image.manifest));
  const found = kept.storage.referrers('copies/app', image.manifest, {
    after: 0,
    artifactType: undefined,
    limit: 9,
  });
  assert.equal([...found].length, 1);
  assert.ok([...found].every(({ descriptor }) => descriptor.includes(signature.manifest)));
  assert.deepEqual(await synced(kept, upstream, { referrers: false, to: 'plain' }), [
    'copied plain/app:v1',
  ]);
});

test('sync() removes what it brought and what is wanted no more, and nothing that was pushed', async () => {
  await using upstream = await TestRegistry.open();
  await using kept = new Kept();
  for (const tag of ['1.0', '1.1', '1.2']) putPlain(upstream, 'app', tag, { seed: tag });
  await synced(kept, upstream, {});
  await kept.image('copies/app', 'ours');
  assert.deepEqual(await synced(kept, upstream, { newest: 2, remove: true, referrers: false }), [
    'unchanged copies/app:1.2',
    'unchanged copies/app:1.1',
    'removed copies/app:1.0',
  ]);
  const tags = kept.storage.tags('copies/app', { after: undefined, limit: 9 });
  assert.deepEqual(tags, ['1.1', '1.2', 'ours']);
});

test('sync() tells of what fails and goes on', async () => {
  await using upstream = await TestRegistry.open();
  await using kept = new Kept();
  const bad = putPlain(upstream, 'app', 'bad', { seed: 'b' });
  putPlain(upstream, 'app', 'good');
  upstream.blobs.set(bad.layer, Buffer.from('lies'));
  const rows = await synced(kept, upstream, { repositories: ['gone', 'app'] });
  assert.equal(rows.length, 3);
  assert.equal(rows[0], 'failed copies/gone:-: it is not there');
  assert.match(rows[1] ?? '', /^failed copies\/app:bad: /);
  assert.equal(rows[2], 'copied copies/app:good');
  assert.equal(kept.tag('copies/app', 'bad'), undefined);
  assert.match((await synced(kept, upstream, { to: 'hub' }))[0] ?? '', /is a mirror/);
});

test('patterns of repositories need the list of the upstream', async () => {
  await using upstream = await TestRegistry.open();
  await using kept = new Kept();
  for (const name of ['team/a', 'team/b', 'team/deep/c', 'other/d']) putPlain(upstream, name, 'v1');
  const job = { repositories: ['team/*'], to: '', referrers: false };
  assert.match((await synced(kept, upstream, job))[0] ?? '', /does not list its repositories/);
  upstream.fault = ({ url, response }) => {
    if (url.pathname !== '/v2/_catalog') return false;
    const repositories = ['other/d', 'team/a', 'team/b', 'team/deep/c'];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ repositories }));
    return true;
  };
  assert.deepEqual(await synced(kept, upstream, job), ['copied team/a:v1', 'copied team/b:v1']);
});

test('newestOf() goes by versions, not by letters', () => {
  const tags = ['latest', '1.9', '1.10', '1.10-rc1', '1', 'v2.0.0-alpine', 'edge', '1.10.1'];
  assert.deepEqual(newestOf(tags, 3), ['v2.0.0-alpine', '1', '1.10']);
  assert.deepEqual(newestOf(tags, 9), ['v2.0.0-alpine', '1', '1.10', '1.10-rc1', '1.10.1', '1.9']);
});

test('a running registry takes the order to copy', async () => {
  await using upstream = await TestRegistry.open();
  await using kept = new Kept();
  putPlain(upstream, 'app', 'v1');
  const settings = {
    every: 0,
    grace: 0,
    rules: NO_RULES,
    readOnly: false,
    scrubRate: 0,
    scrubEvery: 1,
  };
  await using _ = await Keeper.open(kept.storage, settings, () => undefined);
  await using registry = await openAdministrator(kept.root, { clock: kept.clock });
  const job: SyncSettings = { upstream: upstream.host, repositories: ['app'], to: '' };
  const order = { order: 'sync', job, variables: {}, dryRun: false } as const;
  const rows = await Array.fromAsync(registry.run(order));
  assert.deepEqual(
    rows.map(({ outcome, repository, tag }) => [outcome, repository, tag]),
    [['copied', 'app', 'v1']],
  );
  upstream.fault = ({ response }) => {
    fail(response, 500, 'X', 'x');
    return true;
  };
  const [failed] = await Array.fromAsync(registry.run(order));
  assert.equal(failed?.outcome, 'failed');
});

test('readMirrors() says what is wrong, and where', () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{ mirror: [] }, /unknown key "mirror"/],
    [{ mirrors: [{ prefix: 'hub' }] }, /entry 1 of "mirrors" has no "upstream"/],
    [{ mirrors: [{ prefix: 'Hub', upstream: 'docker.io' }] }, /"prefix".*no name/],
    [{ mirrors: [{ prefix: 'hub', upstream: 'ftp://x' }] }, /no registry/],
    [{ mirrors: [{ prefix: 'h', upstream: 'x', user: 'a' }] }, /belong together/],
    [{ mirrors: [{ prefix: 'h', upstream: 'x', 'tag-life': 'long' }] }, /"tag-life" in entry 1/],
    [{ sync: [{ upstream: 'x' }] }, /no "repositories"/],
    [{ sync: [{ upstream: 'x', repositories: 'a', remove: 'yes' }] }, /neither true nor false/],
  ];
  for (const [document, message] of wrong) {
    assert.throws(() => readMirrors(document, '/etc/stave'), message);
  }
  const { mirrors, sync } = readMirrors(
    {
      mirrors: [{ prefix: 'hub', upstream: 'docker.io', user: 'a', 'password-file': 'hub' }],
      sync: [{ upstream: 'docker.io', repositories: 'library/*', newest: 3, every: '6h' }],
    },
    '/etc/stave',
  );
  assert.equal(mirrors[0]?.passwordFile, '/etc/stave/hub');
  assert.deepEqual([sync[0]?.newest, sync[0]?.every, sync[0]?.to], [3, 6 * 3_600_000, '']);
});
