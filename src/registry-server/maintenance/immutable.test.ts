import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send } from '../../../test/support/served-registry.ts';
import { MediaType } from '../../oci/media-types.ts';
import { openRegistryServer } from '../server.ts';
import { fixedTags, readRules } from './rules.ts';
import { Kept } from './testing.ts';

test('immutable tags can be pushed once, and again as they are; they are neither moved nor removed', async () => {
  const rules = readRules({ immutable: ['team/**:v*'] });
  await using kept = new Kept({ isFixed: fixedTags(rules) });
  const digest = await kept.image('team/app', 'v1');
  const other = await kept.image('team/app', 'latest', 'other');
  const loose = await kept.image('other', 'v1');
  await using server = await openRegistryServer({
    host: '127.0.0.1',
    port: 0,
    storage: kept.storage,
    readOnly: false,
    onFailure: (error) => assert.fail(String(error)),
  });
  const { url } = server;
  const headers = { 'content-type': MediaType.ociManifest };
  const put = async (path: string, body: Buffer): Promise<unknown[]> => {
    const { status, code } = await send(url, 'PUT', path, { body, headers });
    return [status, code];
  };
  const body = (await send(url, 'GET', `/v2/team/app/manifests/${digest}`)).body;
  const next = (await send(url, 'GET', `/v2/team/app/manifests/${other}`)).body;
  assert.deepEqual(await put('/v2/team/app/manifests/v1', body), [201, undefined]);
  assert.deepEqual(await put('/v2/team/app/manifests/v1', next), [403, 'DENIED']);
  assert.deepEqual(await put(`/v2/team/app/manifests/${other}?tag=x&tag=v1`, next), [
    403,
    'DENIED',
  ]);
  assert.equal(kept.tag('team/app', 'x'), undefined);
  assert.deepEqual(await put('/v2/team/app/manifests/v2', next), [201, undefined]);
  for (const [path, status] of [
    ['team/app/manifests/v1', 405],
    [`team/app/manifests/${digest}`, 405],
    ['team/app/manifests/latest', 202],
    [`other/manifests/${loose}`, 202],
  ] as const) {
    assert.equal((await send(url, 'DELETE', `/v2/${path}`)).status, status, path);
  }
  assert.equal(kept.tag('team/app', 'v1'), digest);
});
