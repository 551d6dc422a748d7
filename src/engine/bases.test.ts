import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsRoot } from '../../test/scratch-images.ts';
import { putIndex, putRemote } from '../../test/support/remote-image.ts';
import { TestRegistry, type TestRegistryOptions } from '../../test/support/test-registry.ts';
import type { ProgressEvent } from '../base/progress.ts';
import type { BuildRequest, BuildResult } from './build-types.ts';
import type { Engine } from './engine.ts';
import { openEngine } from './open-engine.ts';

const skip = needsRoot;

interface House extends AsyncDisposable {
  readonly registry: TestRegistry;
  readonly engine: Engine;
  readonly events: ProgressEvent[];
  /** Builds; `@` in the text is the host of the registry. */
  build(text: string, request?: Partial<BuildRequest>): Promise<BuildResult>;
}

async function house(options: TestRegistryOptions = {}): Promise<House> {
  const directory = mkdtempSync(join(tmpdir(), 'stave-bases-'));
  writeFileSync(join(directory, 'file'), 'content');
  const registry = await TestRegistry.open(options);
  const engine = await openEngine({
    root: `${directory}/store`,
    registries: { environment: { HOME: directory }, pause: 1, stall: 2000 },
  });
  const events: ProgressEvent[] = [];
  return {
    registry,
    engine,
    events,
    build: (text, request = {}) =>
      engine.build(
        {
          context: directory,
          dockerfile: { text: text.replaceAll('@', registry.host) },
          platform: { os: 'linux', architecture: 'amd64' },
          ...request,
        },
        { progress: (event) => events.push(event) },
      ),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
      await registry[Symbol.asyncDispose]();
    },
  };
}

test('FROM fetches a base that is not here, and stores it as a pull would', { skip }, async () => {
  await using at = await house();
  const remote = putRemote(at.registry, 'team/base', 'v1');
  const text = 'FROM @/team/base:v1\nCOPY file /file\n';
  const first = await at.build(text);
  const base = await at.engine.images.inspect(`${at.registry.host}/team/base:v1`);
  assert.equal(base.id, remote.id);
  assert.equal(base.manifest.digest, remote.digest);
  assert.deepEqual(base.digests, [`${at.registry.host}/team/base@${remote.digest}`]);
  at.registry.log.length = 0;
  const again = await at.build(text);
  assert.equal(again.id, first.id);
  assert.equal(again.cached, again.steps);
  assert.deepEqual(at.registry.log, []);
});

test(
  'FROM asks for nothing but manifest and config of a base whose files nobody needs',
  { skip },
  async () => {
    await using at = await house();
    putRemote(at.registry, 'team/base', 'v1');
    putRemote(at.registry, 'team/other', 'v1');
    await at.build(
      'FROM @/team/base:v1 AS unused\nFROM @/team/other:v1 AS config\nENV A=b\nFROM scratch\nCOPY --from=config /etc/name /name\n',
    );
    assert.equal(at.registry.count(/team\/base/), 0);
    assert.equal(at.registry.count(/^GET .*team\/other\/(?:manifests|blobs)/), 4);
  },
);

test('COPY --from and named contexts take images of registries', { skip }, async () => {
  await using at = await house();
  putRemote(at.registry, 'team/base', 'v1');
  const reference = `docker-image://${at.registry.host}/team/base:v1`;
  const copied = await at.build('FROM scratch\nCOPY --from=@/team/base:v1 /etc/name /name\n');
  const named = await at.build('FROM scratch\nCOPY --from=base /etc/name /name\n', {
    contexts: { base: reference },
  });
  const [one, other] = await Promise.all(
    [copied, named].map(({ id }) => at.engine.images.inspect(id)),
  );
  assert.deepEqual(one?.layers, other?.layers);
});

test('--pull asks the registry again, and takes what is new', { skip }, async () => {
  await using at = await house();
  const text = 'FROM @/base\nCOPY file /\n';
  const old = putRemote(at.registry, 'base', 'latest');
  const first = await at.build(text);
  const config = JSON.parse(at.registry.blobs.get(old.id)!.toString()) as Record<string, object>;
  const change = { ...config, config: { Env: ['A=changed'] } };
  putRemote(at.registry, 'base', 'latest', { config: Buffer.from(JSON.stringify(change)) });
  assert.equal((await at.build(text)).id, first.id);
  const pulled = await at.build(text, { pull: true });
  assert.notEqual(pulled.id, first.id);
  const image = await at.engine.images.inspect(pulled.id);
  assert.equal(image.config.config?.Env?.[0], 'A=changed');
});

test(
  'FROM chooses the platform out of an index, also where another one is here',
  { skip },
  async () => {
    await using at = await house();
    const own = putRemote(at.registry, 'app', 'own');
    const other = putRemote(at.registry, 'app', 'other', { architecture: 's390x' });
    putIndex(at.registry, 'app', 'v1', [
      { ...own, platform: { os: 'linux', architecture: 'amd64' } },
      { ...other, platform: { os: 'linux', architecture: 's390x' } },
    ]);
    const architecture = async (platform: string): Promise<string> => {
      const [os = '', name = ''] = platform.split('/');
      const built = await at.build('FROM @/app:v1\nCOPY file /\n', {
        platform: { os, architecture: name },
      });
      return (await at.engine.images.inspect(built.id)).config.architecture;
    };
    assert.equal(await architecture('linux/amd64'), 'amd64');
    assert.equal(await architecture('linux/s390x'), 's390x');
  },
);

test('FROM says in the words of a builder what a registry does not have', { skip }, async () => {
  await using at = await house();
  const name = `${at.registry.host}/nope:1`;
  await assert.rejects(at.build('FROM @/nope:1\n'), {
    message: `failed to build: failed to solve: ${name}: failed to resolve source metadata for ${name}: ${name}: not found`,
  });
  await using closed = await house({ auth: 'token' });
  const hidden = `${closed.registry.host}/team/app:latest`;
  await assert.rejects(closed.build('FROM @/team/app\n'), (error: Error) => {
    assert.match(error.message, new RegExp(`failed to resolve source metadata for ${hidden}: `));
    return true;
  });
});

test('a layer that lies fails the build, and its base is no image', { skip }, async () => {
  await using at = await house();
  putRemote(at.registry, 'base', 'latest', {
    layers: ([first, second]) => [second!, first!],
  });
  await assert.rejects(at.build('FROM @/base\nCOPY file /\n'), /unpacks to/);
  assert.deepEqual(await at.engine.images.list({ all: true }), []);
});
