import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsRoot } from '../../../test/scratch-images.ts';
import { putIndex, putRemote } from '../../../test/support/remote-image.ts';
import { TestRegistry } from '../../../test/support/test-registry.ts';
import type { Engine } from '../engine.ts';
import { openEngine } from '../open-engine.ts';

const skip = needsRoot;

interface House extends AsyncDisposable {
  readonly registry: TestRegistry;
  readonly engine: Engine;
  /** An image of one more file on a base of the registry. */
  build(name: string, base: string): Promise<void>;
}

async function house(): Promise<House> {
  const directory = mkdtempSync(join(tmpdir(), 'stave-outdated-'));
  writeFileSync(join(directory, 'file'), 'content');
  const registry = await TestRegistry.open();
  const engine = await openEngine({
    root: `${directory}/store`,
    registries: { environment: { HOME: directory }, pause: 1, stall: 2000 },
  });
  return {
    registry,
    engine,
    async build(name, base) {
      const text = `FROM ${registry.host}/${base}\nCOPY file /file\nLABEL name=${name}\n`;
      const platform = { os: 'linux', architecture: 'amd64' };
      await engine.build({ context: directory, dockerfile: { text }, tags: [name], platform });
    },
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
      await registry[Symbol.asyncDispose]();
    },
  };
}

test(
  'outdated() sees that a registry has another base, and asks for each base once',
  { skip },
  async () => {
    await using at = await house();
    const { engine, registry } = at;
    putRemote(registry, 'os', 'v1');
    await at.build('one', 'os:v1');
    await at.build('two', 'os:v1');
    const fresh = await engine.freshness.outdated({ images: ['one', 'two'] });
    assert.deepEqual(
      fresh.images.map(({ status }) => status),
      ['current', 'current'],
    );
    assert.deepEqual(fresh.order, []);
    const moved = putRemote(registry, 'os', 'v1', { architecture: 'other' });
    registry.log.length = 0;
    const { images, order } = await engine.freshness.outdated({ images: ['one', 'two'] });
    assert.equal(registry.count(/manifests\/v1$/), 1);
    for (const { status, newest, reason } of images) {
      assert.equal(status, 'outdated');
      assert.equal(newest, moved.digest);
      assert.match(reason, /os:v1 is another image in 127\.0\.0\.1/);
    }
    assert.equal(order.length, 2);
  },
);

test('outdated() takes an index that holds the base for the base', { skip }, async () => {
  await using at = await house();
  const { engine, registry } = at;
  const amd64 = putRemote(registry, 'os', 'x');
  const entry = { ...amd64, platform: { os: 'linux', architecture: 'amd64' } };
  putIndex(registry, 'os', 'v1', [entry]);
  await at.build('one', 'os:v1');
  // Another platform came: the base for this one is what it was.
  const arm64 = putRemote(registry, 'os', 'y', { architecture: 'arm64' });
  putIndex(registry, 'os', 'v1', [
    entry,
    { ...arm64, platform: { os: 'linux', architecture: 'arm64' } },
  ]);
  const [one] = (await engine.freshness.outdated({ images: ['one'] })).images;
  assert.equal(one?.status, 'current', one?.reason);
});

test(
  'outdated() says that it does not know when the registry does not answer',
  { skip },
  async () => {
    await using at = await house();
    putRemote(at.registry, 'os', 'v1');
    await at.build('one', 'os:v1');
    at.registry.fault = ({ response }) => {
      response.writeHead(403).end();
      return true;
    };
    const { images, order } = await at.engine.freshness.outdated({ images: ['one'] });
    assert.equal(images[0]?.status, 'unknown');
    assert.match(images[0]?.reason ?? '', /denied|refuse|forbidden/i);
    assert.deepEqual(order, []);
    const local = await at.engine.freshness.outdated({ images: ['one'], local: true });
    assert.equal(local.images[0]?.status, 'current');
  },
);
