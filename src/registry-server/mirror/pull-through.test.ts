import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mirrorHouse, putPlain } from '../../../test/support/mirror-house.ts';
import { putIndex, putRemote } from '../../../test/support/remote-image.ts';
import { filesOnly, ServedRegistry } from '../../../test/support/served-registry.ts';
import { TestRegistry } from '../../../test/support/test-registry.ts';
import { isDigest } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { Kept } from '../maintenance/testing.ts';

test('a pull by tag comes from the upstream byte for byte, and then from here', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { manifest, layer, content } = putPlain(upstream, 'team/app', 'v1');
  for (let round = 0; round < 2; round += 1) {
    const found = await mirror.send('GET', '/v2/hub/team/app/manifests/v1');
    assert.equal(found.status, 200);
    assert.equal(found.headers['docker-content-digest'], manifest);
    assert.equal(found.headers['content-type'], MediaType.ociManifest);
    assert.deepEqual(found.body, upstream.manifests.get(`team/app/${manifest}`)?.data);
    const blob = await mirror.send('GET', `/v2/hub/team/app/blobs/${layer}`);
    assert.deepEqual(blob.body, content);
  }
  const pulls = upstream.log.filter((line) => !line.endsWith(' /v2/'));
  assert.deepEqual(pulls, ['GET /v2/team/app/manifests/v1', `GET /v2/team/app/blobs/${layer}`]);
});

test('figures tell hits, misses and bytes of each mirror', async () => {
  await using upstream = await TestRegistry.open();
  await using kept = new Kept();
  const { layer, content } = putPlain(upstream, 'app', 'v1');
  const { openMirror } = await import('./mirror.ts');
  await using mirror = openMirror(kept.storage, [{ prefix: 'hub', upstream: upstream.host }], {
    clock: kept.clock,
    variable: () => undefined,
    tell: () => undefined,
  });
  for (let round = 0; round < 3; round += 1) {
    await mirror.storage.manifest('hub/app', 'v1');
    assert.ok(isDigest(layer));
    const blob = await mirror.storage.openBlob('hub/app', layer);
    await blob?.ready?.();
    for await (const _ of blob?.read(0, content.length) ?? []);
    blob?.close();
  }
  const labels = `prefix="hub",upstream="${upstream.host}"`;
  const text = mirror.figures();
  for (const line of [
    `stave_registry_mirror_requests_total{${labels},kind="manifest",result="miss"} 1`,
    `stave_registry_mirror_requests_total{${labels},kind="manifest",result="hit"} 2`,
    `stave_registry_mirror_requests_total{${labels},kind="blob",result="hit"} 2`,
    `stave_registry_mirror_fetched_bytes_total{${labels}} ${content.length}`,
    `stave_registry_mirror_down{${labels}} 0`,
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line} in ${text}`);
  }
});

test('media types of Docker stay what they are', async () => {
  await using house = await mirrorHouse();
  const type = MediaType.dockerManifest;
  const { digest } = putRemote(house.upstream, 'app', 'v1', {
    type,
    manifest: (manifest) => ({ ...manifest, mediaType: type }),
  });
  const found = await house.mirror.send('HEAD', '/v2/hub/app/manifests/v1');
  assert.equal(found.headers['content-type'], type);
  assert.equal(found.headers['docker-content-digest'], digest);
});

test('the children of an index are fetched when they are asked for', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const child = putRemote(upstream, 'app', 'amd64');
  const other = putRemote(upstream, 'app', 'arm64', { architecture: 'arm64' });
  putIndex(upstream, 'app', 'v1', [child, other]);
  assert.equal((await mirror.send('GET', '/v2/hub/app/manifests/v1')).status, 200);
  assert.equal(upstream.count(/manifests\/sha256/), 0);
  const path = `/v2/hub/app/manifests/${child.digest}`;
  assert.equal((await mirror.send('GET', path)).status, 200);
  assert.equal((await mirror.send('GET', path)).status, 200);
  assert.equal(upstream.count(/manifests\/sha256/), 1);
});

test('HEAD of a blob fetches no bytes; a range is what was asked for', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { layer, content } = putPlain(upstream, 'app', 'v1');
  const path = `/v2/hub/app/blobs/${layer}`;
  const head = await mirror.send('HEAD', path);
  assert.equal(head.headers['content-length'], String(content.length));
  assert.equal(upstream.count(/^GET .*blobs/), 0);
  const part = await mirror.send('GET', path, { headers: { range: 'bytes=1000-200999' } });
  assert.equal(part.status, 206);
  assert.deepEqual(part.body, content.subarray(1000, 201_000));
  const end = await mirror.send('GET', path, { headers: { range: 'bytes=-10' } });
  assert.deepEqual(end.body, content.subarray(-10));
});

test('clients that want a blob at the same time cause one request', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { layer, content } = putPlain(upstream, 'app', 'v1', { size: 2_000_000 });
  upstream.pace = 40_000;
  const path = `/v2/hub/app/blobs/${layer}`;
  const found = await Promise.all([1, 2, 3].map(() => mirror.send('GET', path)));
  for (const { body } of found) assert.deepEqual(body, content);
  assert.equal(upstream.count(/^GET .*blobs/), 1);
});

test('the registry that a client names with ns decides, and another one is not found', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { manifest } = putPlain(upstream, 'team/app', 'v1');
  const asked = encodeURIComponent(upstream.host);
  const found = await mirror.send('GET', `/v2/team/app/manifests/v1?ns=${asked}`);
  assert.equal(found.headers['docker-content-digest'], manifest);
  assert.equal(
    (await mirror.send('GET', '/v2/team/app/manifests/v1?ns=other.example')).status,
    404,
  );
  const { text, headers } = await mirror.send('GET', `/v2/team/app/tags/list?n=0&ns=${asked}`);
  assert.deepEqual(JSON.parse(text), { name: 'team/app', tags: [] });
  assert.equal(headers['link'], undefined);
});

test('a mirror of everything has Docker’s own images under their short names', async () => {
  const { MirrorPlaces, placeOf } = await import('./places.ts');
  const { Upstream } = await import('./upstream.ts');
  const parts = {
    clock: { now: () => new Date() },
    variable: () => undefined,
    tell: () => undefined,
  };
  using hub = new Upstream({ upstream: 'docker.io' }, parts);
  using team = new Upstream({ upstream: 'ghcr.io/team' }, parts);
  using near = new Upstream({ upstream: 'near.example/quay' }, parts);
  const places = new MirrorPlaces([
    placeOf({ prefix: 'quay', upstream: '', standsFor: ['quay.io'] }, near),
    placeOf({ prefix: '', upstream: '' }, hub),
    placeOf({ prefix: 'ours', upstream: '' }, team),
  ]);
  const meant = (name: string, ns?: string): string => places.meant(name, ns, 'here:5000');
  assert.equal(meant('alpine'), 'library/alpine');
  assert.equal(meant('alpine', 'docker.io'), 'library/alpine');
  assert.equal(meant('grafana/grafana', 'docker.io'), 'grafana/grafana');
  assert.equal(meant('team/app', 'ghcr.io'), 'ours/app');
  assert.equal(meant('ours/app'), 'ours/app');
  assert.equal(meant('ours/app', 'here:5000'), 'ours/app');
  assert.throws(() => meant('others/app', 'ghcr.io'), /does not mirror/);
  assert.equal(meant('a/b', 'quay.io'), 'quay/a/b');
  assert.equal(places.find('quay/a/b')?.remote, 'quay/a/b');
  assert.throws(() => meant('quay/a/b', 'near.example'), /does not mirror/);
  assert.equal(places.find('ours/app')?.remote, 'team/app');
  assert.equal(places.find('library/alpine')?.remote, 'library/alpine');
});

test('nothing can be pushed where content comes from elsewhere; what is there can be removed', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  putPlain(upstream, 'app', 'v1');
  const refused = await mirror.send('POST', '/v2/hub/app/blobs/uploads/');
  assert.deepEqual([refused.status, refused.code], [405, 'UNSUPPORTED']);
  assert.equal((await mirror.manifest('hub/app', 'v2', '{}')).status, 405);
  assert.equal((await mirror.send('GET', '/v2/hub/app/manifests/v1')).status, 200);
  assert.equal((await mirror.send('DELETE', '/v2/hub/app/manifests/v1')).status, 202);
  assert.equal((await mirror.send('GET', '/v2/hub/app/manifests/v1')).status, 200);
  await mirror.image('team/own', 'v1');
});

test('who refers to a manifest is known from the upstream, and from here while it is down', async () => {
  await using house = await mirrorHouse({ referrers: true });
  const { upstream, mirror } = house;
  const image = putPlain(upstream, 'app', 'v1');
  const subject = { mediaType: MediaType.ociManifest, digest: image.manifest, size: 1 };
  const signed = ['a', 'b', 'c'].map((seed) =>
    putPlain(upstream, 'app', `s${seed}`, {
      size: 10,
      seed,
      extra: { subject, artifactType: 'x/y' },
    }),
  );
  const path = `/v2/hub/app/referrers/${image.manifest}`;
  const listed = async (query = ''): Promise<string[]> => {
    const { text } = await mirror.send('GET', `${path}${query}`);
    return (JSON.parse(text) as { manifests: { digest: string }[] }).manifests.map(
      ({ digest }) => digest,
    );
  };
  const all = signed.map(({ manifest }) => manifest);
  assert.deepEqual(await listed(), all);
  assert.deepEqual(await listed('?artifactType=no/no'), []);
  const first = await mirror.send('GET', `${path}?n=2`);
  const link = /<([^>]*)>/.exec(String(first.headers['link']))?.[1] ?? '';
  const rest = JSON.parse((await mirror.send('GET', link)).text) as { manifests: object[] };
  assert.equal(rest.manifests.length, 1);
  await mirror.send('GET', `/v2/hub/app/manifests/${all[1]}`);
  assert.deepEqual(await listed(), all);
  house.ahead += 120_000;
  upstream.fault = ({ response }) => {
    response.destroy();
    return true;
  };
  assert.deepEqual(await listed(), [all[1]]);
});

test('tags are those of the upstream, page by page', async () => {
  await using house = await mirrorHouse();
  for (const tag of ['b', 'a', 'c']) putPlain(house.upstream, 'app', tag);
  const first = await house.mirror.send('GET', '/v2/hub/app/tags/list?n=2');
  assert.deepEqual(JSON.parse(first.text), { name: 'hub/app', tags: ['a', 'b'] });
  const next = await house.mirror.send('GET', '/v2/hub/app/tags/list?n=2&last=b');
  assert.deepEqual(JSON.parse(next.text), { name: 'hub/app', tags: ['c'] });
  assert.equal((await house.mirror.send('GET', '/v2/hub/none/tags/list')).status, 404);
});

test('rules count before the upstream is asked, also for the name that ns stands for', async () => {
  await using upstream = await TestRegistry.open();
  putPlain(upstream, 'secret/app', 'v1');
  await using mirror = await ServedRegistry.open({
    mirrors: [{ prefix: 'hub', upstream: upstream.host }],
    access: () => ({ rules: ['anonymous:public/**:pull'] }),
  });
  for (const path of [
    '/v2/hub/secret/app/manifests/v1',
    `/v2/secret/app/manifests/v1?ns=${upstream.host}`,
    '/v2/hub/secret/app/tags/list',
  ]) {
    assert.equal((await mirror.send('GET', path)).status, 403, path);
  }
  assert.deepEqual(upstream.log, []);
});

test('what is there after a restart needs no upstream', { skip: filesOnly }, async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { manifest, layer, content } = putPlain(upstream, 'app', 'v1');
  await mirror.send('GET', '/v2/hub/app/manifests/v1');
  await mirror.send('GET', `/v2/hub/app/blobs/${layer}`);
  await mirror.restart();
  upstream.log.length = 0;
  const found = await mirror.send('GET', `/v2/hub/app/manifests/${manifest}`);
  assert.equal(found.status, 200);
  assert.deepEqual((await mirror.send('GET', `/v2/hub/app/blobs/${layer}`)).body, content);
  assert.deepEqual(upstream.log, []);
});
