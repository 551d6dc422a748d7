import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { test } from 'node:test';
import { mirrorHouse, putPlain } from '../../../test/support/mirror-house.ts';
import { noise } from '../../../test/support/remote-image.ts';
import { fail, type Fault, TestRegistry } from '../../../test/support/test-registry.ts';

const cut: Fault = ({ response }) => {
  response.destroy();
  return true;
};
const refusing =
  (status: number, code: string): Fault =>
  ({ response }) => {
    fail(response, status, code, 'secret words of the upstream');
    return true;
  };
const MINUTE = 60_000;

/** True when the answer broke off. */
async function breaksOff(url: string): Promise<boolean> {
  const request = get(url, { agent: false });
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
  response.resume();
  return new Promise((resolve) => {
    response.on('error', () => undefined);
    response.on('close', () => resolve(!response.complete));
  });
}

test('while the upstream is down, what a tag meant is served with a word, for so long', async () => {
  await using house = await mirrorHouse({}, { staleLife: 60 * MINUTE });
  const { upstream, mirror } = house;
  const { manifest } = putPlain(upstream, 'app', 'v1');
  const path = '/v2/hub/app/manifests/v1';
  assert.equal((await mirror.send('GET', path)).headers['warning'], undefined);
  for (const fault of [cut, refusing(503, 'X'), refusing(429, 'TOOMANYREQUESTS')]) {
    upstream.fault = fault;
    house.ahead += 2 * MINUTE;
    const { status, headers } = await mirror.send('GET', path);
    assert.equal(status, 200);
    assert.equal(headers['docker-content-digest'], manifest);
    assert.match(String(headers['warning']), /^299 - "127.*cannot be asked.*of 20/);
    const asked = upstream.log.length;
    await mirror.send('GET', path);
    assert.equal(upstream.log.length, asked, 'it is left alone for a while');
  }
  house.ahead += 60 * MINUTE;
  const { status, text } = await mirror.send('GET', path);
  assert.deepEqual([status, text.includes('secret')], [429, false]);
  upstream.fault = undefined;
  house.ahead += MINUTE;
  assert.equal((await mirror.send('GET', path)).headers['warning'], undefined);
  assert.equal(mirror.lines.filter((line) => line.endsWith('works again')).length, 1);
});

test('what is not here gets a status of its own for each failure, without the upstream’s words', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { layer } = putPlain(upstream, 'app', 'v1');
  for (const [fault, status, code] of [
    [cut, 502, 'UNSUPPORTED'],
    [refusing(500, 'X'), 502, 'UNSUPPORTED'],
    [refusing(429, 'TOOMANYREQUESTS'), 429, 'TOOMANYREQUESTS'],
  ] as const) {
    upstream.fault = fault;
    for (const path of ['manifests/v1', `blobs/${layer}`]) {
      const found = await mirror.send('GET', `/v2/hub/app/${path}`);
      assert.deepEqual([found.status, found.code], [status, code], path);
      assert.doesNotMatch(found.text, /secret/);
    }
  }
  upstream.fault = refusing(401, 'UNAUTHORIZED');
  const denied = await mirror.send('GET', '/v2/hub/app/manifests/v1');
  assert.deepEqual([denied.status, denied.code], [403, 'DENIED']);
  assert.equal(denied.headers['www-authenticate'], undefined);
});

test('an upstream that refuses us is asked again after a while, not each time', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { manifest } = putPlain(upstream, 'app', 'v1');
  const path = '/v2/hub/app/manifests/v1';
  await mirror.send('GET', path);
  house.ahead += 2 * MINUTE;
  upstream.fault = refusing(401, 'UNAUTHORIZED');
  const found = await mirror.send('GET', path);
  assert.equal(found.headers['docker-content-digest'], manifest);
  assert.match(String(found.headers['warning']), /^299/);
  const asked = upstream.log.length;
  assert.equal((await mirror.send('GET', path)).status, 200);
  assert.equal(upstream.log.length, asked);
  upstream.fault = undefined;
  house.ahead += MINUTE;
  assert.equal((await mirror.send('GET', path)).headers['warning'], undefined);
});

test('after a restart, what a tag meant is served though the upstream is down', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  putPlain(upstream, 'app', 'v1');
  const path = '/v2/hub/app/manifests/v1';
  await mirror.send('GET', path);
  upstream.fault = cut;
  await mirror.restart();
  const { status, headers } = await mirror.send('GET', path);
  assert.equal(status, 200);
  assert.match(String(headers['warning']), /cannot be asked: this is its answer"$/);
});

test('a tag that moves upstream moves here once its time is over', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const first = putPlain(upstream, 'app', 'v1');
  const path = '/v2/hub/app/manifests/v1';
  await mirror.send('GET', path);
  const second = putPlain(upstream, 'app', 'v1', { seed: 'y' });
  const digest = async (): Promise<unknown> =>
    (await mirror.send('HEAD', path)).headers['docker-content-digest'];
  assert.equal(await digest(), first.manifest);
  house.ahead += 2 * MINUTE;
  assert.equal(await digest(), second.manifest);
  assert.equal(upstream.count(/^HEAD .*manifests/), 1);
  putPlain(upstream, 'app', 'v1');
  house.ahead += 2 * MINUTE;
  assert.equal(await digest(), first.manifest);
  assert.equal(upstream.count(/^GET .*manifests/), 2, 'what is here is not fetched again');
});

test('a tag that is gone upstream is gone here; its manifest stays', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { manifest } = putPlain(upstream, 'app', 'v1');
  await mirror.send('GET', '/v2/hub/app/manifests/v1');
  upstream.manifests.delete('app/v1');
  house.ahead += 2 * MINUTE;
  const gone = await mirror.send('GET', '/v2/hub/app/manifests/v1');
  assert.deepEqual([gone.status, gone.code], [404, 'MANIFEST_UNKNOWN']);
  assert.equal((await mirror.send('GET', `/v2/hub/app/manifests/${manifest}`)).status, 200);
});

test('that something is missing is believed for a short time', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const path = '/v2/hub/app/manifests/v1';
  for (let n = 0; n < 3; n += 1) assert.equal((await mirror.send('GET', path)).status, 404);
  assert.equal(upstream.count(/manifests/), 1);
  const { layer } = putPlain(upstream, 'app', 'v1');
  assert.equal((await mirror.send('GET', path)).status, 404);
  house.ahead += MINUTE;
  assert.equal((await mirror.send('GET', path)).status, 200);
  upstream.links.delete(`app/${layer}`);
  const missing = await mirror.send('GET', `/v2/hub/app/blobs/${layer}`);
  assert.deepEqual([missing.status, missing.code], [404, 'BLOB_UNKNOWN']);
});

test('a blob that lies about its digest is cut off, and nothing of it stays', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { layer, content } = putPlain(upstream, 'app', 'v1');
  const path = `/v2/hub/app/blobs/${layer}`;
  for (const wrong of [noise(content.length, 'z'), Buffer.concat([content, Buffer.from('more')])]) {
    upstream.blobs.set(layer, wrong);
    await mirror.send('GET', '/v2/hub/app/manifests/v1');
    assert.equal(await breaksOff(mirror.url + path), true);
  }
  upstream.blobs.set(layer, content);
  const all = await Promise.all([1, 2].map(() => mirror.send('GET', path)));
  for (const { body } of all) assert.deepEqual(body, content);
});

test('a short blob that lies is a failure before anything is sent', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { layer, content } = putPlain(upstream, 'app', 'v1', { size: 1000 });
  upstream.blobs.set(layer, noise(1000, 'z'));
  await mirror.send('GET', '/v2/hub/app/manifests/v1');
  assert.equal((await mirror.send('GET', `/v2/hub/app/blobs/${layer}`)).status, 502);
  upstream.blobs.set(layer, content);
  assert.deepEqual((await mirror.send('GET', `/v2/hub/app/blobs/${layer}`)).body, content);
});

test('a manifest that lies about its digest is not kept', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { manifest } = putPlain(upstream, 'app', 'v1');
  const kept = upstream.manifests.get(`app/${manifest}`);
  assert.ok(kept);
  upstream.manifests.set(`app/${manifest}`, {
    ...kept,
    data: Buffer.from(`${String(kept.data)} `),
  });
  assert.equal((await mirror.send('GET', `/v2/hub/app/manifests/${manifest}`)).status, 502);
  upstream.manifests.set(`app/${manifest}`, kept);
  assert.equal((await mirror.send('GET', `/v2/hub/app/manifests/${manifest}`)).status, 200);
});

test('a download that breaks is continued where it broke', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { layer, content } = putPlain(upstream, 'app', 'v1', { size: 1_000_000 });
  upstream.fault = ({ kind, request, response, before }) => {
    if (kind !== 'blob' || request.method !== 'GET' || before > 0) return false;
    response.writeHead(200, { 'content-length': content.length, 'accept-ranges': 'bytes' });
    response.write(content.subarray(0, 400_000), () => response.destroy());
    return true;
  };
  assert.deepEqual((await mirror.send('GET', `/v2/hub/app/blobs/${layer}`)).body, content);
});

test('a client that leaves does not end what others wait for', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  const { layer, content } = putPlain(upstream, 'app', 'v1', { size: 2_000_000 });
  upstream.pace = 20_000;
  const path = `/v2/hub/app/blobs/${layer}`;
  const leaving = get(mirror.url + path, { agent: false });
  const [response] = (await once(leaving, 'response')) as [import('node:http').IncomingMessage];
  await once(response, 'data');
  const other = mirror.send('GET', path);
  response.on('error', () => undefined);
  leaving.destroy();
  assert.deepEqual((await other).body, content);
  assert.equal(upstream.count(/^GET .*blobs/), 1);
});

test('credentials are for the upstream alone, not for where it redirects to', async () => {
  await using other = await TestRegistry.open();
  for (const auth of ['basic', 'token'] as const) {
    await using house = await mirrorHouse({ auth });
    const { upstream, mirror } = house;
    const { layer, content } = putPlain(upstream, 'app', 'v1');
    const shown: (string | undefined)[] = [];
    other.fault = ({ request, response }) => {
      shown.push(request.headers.authorization);
      response.writeHead(200, { 'content-length': content.length }).end(content);
      return true;
    };
    upstream.fault = ({ kind, request, response }) => {
      if (kind !== 'blob' || request.headers.authorization === undefined) return false;
      response.writeHead(307, { location: `http://${other.host}/elsewhere` }).end();
      return true;
    };
    assert.equal((await mirror.send('GET', '/v2/hub/app/manifests/v1')).status, 200);
    assert.deepEqual((await mirror.send('GET', `/v2/hub/app/blobs/${layer}`)).body, content);
    assert.deepEqual(shown, [undefined]);
  }
});

test('what clients show this registry is not shown to the upstream', async () => {
  await using house = await mirrorHouse();
  const { upstream, mirror } = house;
  putPlain(upstream, 'app', 'v1');
  const shown: (string | undefined)[] = [];
  upstream.fault = ({ request }) => void shown.push(request.headers.authorization);
  const headers = { authorization: 'Basic YTpi' };
  await mirror.send('GET', '/v2/hub/app/manifests/v1', { headers });
  assert.ok(shown.length > 0);
  assert.deepEqual(new Set(shown), new Set([undefined]));
});
