import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putRemote } from '../../test/support/remote-image.ts';
import { TestRegistry } from '../../test/support/test-registry.ts';
import type { ProgressEvent } from '../base/progress.ts';
import { parseReference } from '../oci/reference.ts';
import { copy } from '../transport/copy.ts';
import { openConnections } from './connection.ts';
import { RegistryDestination } from './registry-destination.ts';
import { RegistrySource } from './registry-source.ts';
import { openRepository } from './repository.ts';

test('copy() says of which blob it is that a registry wants to be asked again later', async () => {
  await using registry = await TestRegistry.open({
    fault({ kind, request, response, before }) {
      if (kind !== 'blob' || request.method !== 'GET' || before > 0) return false;
      response.writeHead(429, { 'retry-after': '1' }).end();
      return true;
    },
  });
  putRemote(registry, 'app', 'v1');
  await using other = await TestRegistry.open();
  using connections = openConnections({ environment: { HOME: '/none' }, pause: 1 });
  const open = (name: string, push = false): ReturnType<typeof openRepository> =>
    openRepository(connections, parseReference(name), { push });
  const events: ProgressEvent[] = [];
  await copy(
    new RegistrySource(open(`${registry.host}/app:v1`)),
    new RegistryDestination(open(`${other.host}/app:v1`, true), { tags: ['v1'] }),
    { progress: (event) => events.push(event), concurrency: 1 },
  );
  const retries = events.filter((event) => event.type === 'retry');
  assert.deepEqual(
    retries.map(({ seconds }) => seconds),
    [1],
  );
  const begun = events.find((event) => event.type === 'begin' && event.id === retries[0]?.id);
  assert.match(begun?.type === 'begin' ? begun.title : '', /^sha256:/);
});
