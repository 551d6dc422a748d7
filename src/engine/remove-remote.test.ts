import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putRemote } from '../../test/support/remote-image.ts';
import { TestRegistry, type TestRegistryOptions } from '../../test/support/test-registry.ts';
import { openConnections } from '../registry/connection.ts';
import { removeRemote } from './remove-remote.ts';

async function remove(
  options: TestRegistryOptions,
  name: (digest: string) => string,
): Promise<string[]> {
  await using registry = await TestRegistry.open(options);
  const { digest } = putRemote(registry, 'app', 'v1');
  putRemote(registry, 'app', 'v2');
  const auth = Buffer.from('alice:s3cret').toString('base64');
  const auths = { [registry.host]: { auth } };
  const environment = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
  using connections = openConnections({ environment, pause: 1, stall: 2000 });
  try {
    await removeRemote(connections, `${registry.host}/${name(digest)}`);
  } finally {
    if (options.auth === 'token') {
      assert.ok(registry.scopes.every((scope) => /^repository:app:(?:pull|delete)$/.test(scope)));
    }
  }
  return [...registry.manifests.keys()].filter((key) => !key.includes(':')).sort();
}

test('removeRemote() removes a tag and leaves the others', async () => {
  assert.deepEqual(await remove({ deletesTags: true }, () => 'app:v1'), ['app/v2']);
});

test('removeRemote() removes a manifest with all of its tags', async () => {
  assert.deepEqual(await remove({}, (digest) => `app@${digest}`), []);
});

test('removeRemote() asks for no more rights than it needs', async () => {
  const left = await remove({ deletesTags: true, auth: 'token' }, () => 'app:v2');
  assert.deepEqual(left, ['app/v1']);
});

test('removeRemote() never takes other tags along where tags cannot be removed alone', async () => {
  await assert.rejects(
    remove({}, () => 'app:v1'),
    {
      message: /removes manifests by their digest only/,
      hint: /manifest delete .*app@sha256:\w+' removes it with all of its tags/,
    },
  );
});

test('removeRemote() says that there is nothing of the name', async () => {
  await assert.rejects(
    remove({}, () => 'app:v9'),
    /manifest for .*app:v9 not found/,
  );
});
