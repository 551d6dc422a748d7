import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TestRegistry } from '../../../test/support/test-registry.ts';
import { scratchImages } from '../../../test/scratch-images.ts';
import { collect, once } from '../../base/bytes.ts';
import type { BuildRequest, BuildResult } from '../../engine/build-types.ts';
import type { Engine } from '../../engine/engine.ts';
import { openEngine } from '../../engine/open-engine.ts';
import { parseIndex, parseManifest } from '../../oci/parse-manifest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { openStore } from '../../store/open-store.ts';
import { requireRunnable } from '../ops/foreign.ts';
import { bench, root } from '../testing/bench.ts';

const AMD = { os: 'linux', architecture: 'amd64' };
const ARM = { os: 'linux', architecture: 'arm64' };
const DOCKERFILE = 'FROM scratch\nARG TARGETARCH\nCOPY a /a\nCOPY a /$TARGETARCH';

interface House {
  readonly engine: Engine;
  readonly at: (name: string) => string;
  readonly build: (request?: Partial<BuildRequest>) => Promise<BuildResult>;
}

async function house(t: TestContext): Promise<House> {
  const directory = mkdtempSync(join(tmpdir(), 'image-output-'));
  const context = join(directory, 'context');
  mkdirSync(context);
  writeFileSync(join(context, 'a'), 'A'.repeat(1000));
  const engine = await openEngine({
    root: join(directory, 'store'),
    registries: { environment: { HOME: '/nonexistent' }, pause: 2, stall: 400 },
  });
  t.after(async () => {
    await engine[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  const build = (request: Partial<BuildRequest> = {}): Promise<BuildResult> =>
    engine.build({ context, dockerfile: { text: DOCKERFILE }, ...request });
  return { engine, at: (name) => join(directory, name), build };
}

test('several platforms are one name, listed once, and each can be asked for', root, async (t) => {
  const { engine, build } = await house(t);
  const { id, images, manifest } = await build({ platforms: [ARM, AMD], tags: ['multi:1'] });
  assert.equal(id, manifest.digest);
  assert.equal(manifest.mediaType, MediaType.ociIndex);
  const [arm, amd] = images;
  const listed = await engine.images.list({ all: true });
  assert.deepEqual(
    listed.map((image) => [image.id, image.tags]),
    [[amd?.id, ['multi:1']]],
  );
  assert.equal((await engine.images.inspect('multi:1')).id, amd?.id);
  assert.equal((await engine.images.inspect(id)).id, amd?.id);
  const other = await engine.images.inspect('multi:1', ARM);
  assert.deepEqual([other.id, other.tags, other.platform], [arm?.id, ['multi:1'], ARM]);
  await assert.rejects(engine.images.inspect('multi:1', { os: 'linux', architecture: 's390x' }), {
    code: 'PLATFORM_NOT_FOUND',
  });
  assert.equal((await engine.images.history('multi:1', ARM))[0]?.id, arm?.id);
});

test('names of an index are given, moved and taken as those of an image', root, async (t) => {
  const { engine, build, at } = await house(t);
  const { images } = await build({ platforms: [AMD, ARM], tags: ['multi:1'] });
  await engine.images.tag('multi:1', 'other:2');
  assert.equal((await engine.images.inspect('other:2', ARM)).id, images[1]?.id);
  assert.deepEqual(await engine.images.remove('multi:1'), [{ untagged: 'multi:1' }]);
  assert.equal((await engine.images.inspect('other:2', ARM)).id, images[1]?.id);
  await engine.images.prune();
  assert.equal((await engine.images.inspect('other:2', ARM)).id, images[1]?.id);
  const gone = await engine.images.remove('other:2');
  assert.deepEqual(gone.slice(0, 3), [
    { untagged: 'other:2' },
    { deleted: images[0]?.id },
    { deleted: images[1]?.id },
  ]);
  assert.deepEqual(await engine.images.list({ all: true }), []);
  using store = openStore(at('store'));
  assert.deepEqual(
    store.read((tables) => tables.indexes.list()),
    [],
  );
  assert.deepEqual((await store.check()).problems, []);
});

test('a name that moves away from an index leaves its images dangling', root, async (t) => {
  const { engine, build } = await house(t);
  await build({ platforms: [AMD, ARM], tags: ['multi:1'] });
  const next = await build({ dockerfile: { text: 'FROM scratch\nCOPY a /b' }, tags: ['multi:1'] });
  const listed = await engine.images.list();
  assert.deepEqual(
    listed.map(({ tags }) => tags.length).toSorted((a, b) => a - b),
    [0, 0, 1],
  );
  await engine.images.prune();
  assert.deepEqual(
    (await engine.images.list({ all: true })).map(({ id }) => id),
    [next.id],
  );
});

test('one platform of an index can go; the name means another one then', root, async (t) => {
  const { engine, build } = await house(t);
  const { images } = await build({ platforms: [AMD, ARM], tags: ['multi:1'] });
  const events = await engine.images.remove('multi:1', { platform: AMD });
  assert.deepEqual(events[0], { deleted: images[0]?.id });
  assert.equal((await engine.images.inspect('multi:1')).id, images[1]?.id);
});

test('save keeps an index, and load brings it back as it was', root, async (t) => {
  const { engine, build } = await house(t);
  const { id, images } = await build({
    platforms: [AMD, ARM],
    tags: ['multi:1'],
    provenance: { mode: 'min', version: 'v1' },
  });
  const saved = await collect(await engine.images.save(['multi:1']), 2 ** 30);
  using other = scratchImages();
  assert.deepEqual(await other.images.load(once(saved)), [{ id, names: ['multi:1'] }]);
  assert.deepEqual(await collect(await other.images.save(['multi:1']), 2 ** 30), saved);
  await other.store.collect();
  assert.deepEqual((await other.store.check()).problems, []);
  assert.equal((await other.images.inspect('multi:1', ARM)).id, images[1]?.id);
  using third = scratchImages();
  const [only] = await third.images.load(once(saved), { platform: ARM });
  assert.equal(only?.id, images[1]?.id);
  const alone = await collect(await engine.images.save(['multi:1'], { platform: AMD }), 2 ** 30);
  using fourth = scratchImages();
  assert.deepEqual(await fourth.images.load(once(alone)), [
    { id: images[0]?.id, names: ['multi:1'] },
  ]);
});

test('a base image that is an index gives each platform its own', root, async (t) => {
  const { engine, build } = await house(t);
  const base = await build({ platforms: [AMD, ARM], tags: ['base:1'] });
  const { images } = await build({
    platforms: [AMD, ARM],
    tags: ['top:1'],
    dockerfile: { text: 'FROM base:1\nCOPY a /top' },
  });
  for (const [at, { id }] of images.entries()) {
    const { layers } = await engine.images.inspect(id);
    const below = (await engine.images.inspect(base.images[at]!.id)).layers;
    assert.deepEqual(layers.slice(0, 2), below);
  }
});

test(
  'a check finds an index that has lost a part, and mends what can be mended',
  root,
  async (t) => {
    const { build, at, engine } = await house(t);
    const { manifest, images } = await build({ platforms: [AMD, ARM], tags: ['multi:1'] });
    using store = openStore(at('store'));
    rmSync(store.paths.blob(manifest.digest));
    const found = await store.check({ repair: true });
    assert.deepEqual(
      found.problems.map(({ kind, key }) => [kind, key]),
      [
        ['blob', manifest.digest],
        ['image', manifest.digest],
      ],
    );
    assert.deepEqual((await store.check()).problems, []);
    assert.equal((await engine.images.inspect('multi:1')).id, images[0]?.id);
  },
);

test(
  'a stage for the build platform runs once, and names say what is built for what',
  root,
  async (t) => {
    const { build, write } = bench(t);
    write('a', 'A');
    const { events } = await build(
      'FROM --platform=$BUILDPLATFORM scratch AS tools\nCOPY a /a\n' +
        'ARG TARGETARCH\nCOPY <<x /arch\n$TARGETARCH\nx\nFROM scratch\nCOPY --from=tools / /',
      { platforms: [AMD, ARM] },
    );
    const steps = events.flatMap((event) =>
      event.type === 'begin' && event.kind === 'step' ? [event.title] : [],
    );
    assert.deepEqual(steps.sort(), [
      '[linux/amd64 stage-1 1/1] COPY --from=tools / /',
      '[linux/amd64 tools 1/2] COPY a /a',
      '[linux/amd64 tools 2/2] COPY <<x /arch',
      '[linux/amd64->arm64 tools 2/2] COPY <<x /arch',
      '[linux/arm64 stage-1 1/1] COPY --from=tools / /',
    ]);
  },
);

test('BUILDKIT_MULTI_PLATFORM makes an index of one platform', root, async (t) => {
  const { build } = await house(t);
  const { manifest, images } = await build({ args: { BUILDKIT_MULTI_PLATFORM: '1' } });
  assert.equal(manifest.mediaType, MediaType.ociIndex);
  assert.equal(images.length, 1);
});

test('--push sends compressed layers, and the digest is known afterwards', root, async (t) => {
  await using registry = await TestRegistry.open();
  const { engine, build } = await house(t);
  const name = `${registry.host}/team/app:1`;
  const { manifest, id } = await build({ tags: [name], outputs: [{ type: 'image', push: true }] });
  const pushed = registry.manifests.get('team/app/1');
  assert.ok(pushed);
  const { config, layers } = parseManifest(pushed.data);
  assert.equal(config.digest, id);
  assert.deepEqual(
    layers.map(({ mediaType }) => mediaType),
    [MediaType.ociLayerGzip, MediaType.ociLayerGzip],
  );
  const { tags, digests } = await engine.images.inspect(name);
  assert.deepEqual([tags, digests], [[name], [`${registry.host}/team/app@${manifest.digest}`]]);
});

test('--push of several platforms sends the index; by digest it leaves no tag', root, async (t) => {
  await using registry = await TestRegistry.open();
  const { engine, build } = await house(t);
  const name = `${registry.host}/team/app:1`;
  const platforms = [AMD, ARM];
  const { manifest, images } = await build({
    platforms,
    tags: [name],
    outputs: [{ type: 'image', push: true, pushByDigest: true }],
  });
  assert.equal(registry.manifests.has('team/app/1'), false);
  const index = registry.manifests.get(`team/app/${manifest.digest}`);
  assert.deepEqual(
    parseIndex(index?.data ?? Buffer.alloc(0)).manifests.map(({ platform }) => platform),
    platforms,
  );
  const named = `${registry.host}/team/app@${manifest.digest}`;
  assert.equal((await engine.images.inspect(named, ARM)).id, images[1]?.id);
});

test('outputs of files name nothing in the store', root, async (t) => {
  const { engine, build, at } = await house(t);
  const { id } = await build({
    tags: ['app:1'],
    outputs: [
      { type: 'oci', to: { path: at('o.tar') } },
      { type: 'local', directory: at('out') },
      { type: 'cacheonly' },
    ],
  });
  assert.match(id, /^sha256:/);
  assert.ok(existsSync(at('o.tar')));
  assert.deepEqual(await engine.images.list({ all: true }), []);
});

test('an image output takes names, a compression, and a name by digest', root, async (t) => {
  const { engine, build } = await house(t);
  const { manifest, names } = await build({
    tags: ['app:1'],
    outputs: [
      {
        type: 'image',
        names: ['docker.io/library/app:2'],
        compression: 'zstd',
        nameCanonical: true,
      },
    ],
  });
  assert.deepEqual(names, ['app:1', 'app:2']);
  const image = await engine.images.inspect('app:2');
  assert.deepEqual([image.tags, image.digests], [['app:1', 'app:2'], [`app@${manifest.digest}`]]);
  const saved = await collect(await engine.images.save(['app:1']), 2 ** 30);
  using other = scratchImages();
  await other.images.load(once(saved));
  assert.equal((await other.images.inspect('app:1')).manifest.digest, manifest.digest);
  await build({ outputs: [{ type: 'image', danglingNamePrefix: 'docker.io/library/x' }] });
  assert.equal((await engine.images.inspect('app:1')).digests.length, 2);
});

test('requireRunnable() knows what this machine can run, and what is registered', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'binfmt-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const foreign = { os: 'linux', architecture: 's390x' };
  assert.doesNotThrow(() => requireRunnable({ os: 'linux', architecture: host() }, directory));
  assert.throws(
    () => requireRunnable(foreign, directory),
    /RUN for linux\/s390x is not possible here: this machine is/,
  );
  assert.throws(() => requireRunnable(foreign, join(directory, 'nowhere')), /no emulator/);
  const magic = Buffer.alloc(20);
  magic.write('\x7fELF\x02\x02\x01', 'latin1');
  magic.writeUInt16BE(22, 18);
  const entry = (flags: string, state = 'enabled'): void =>
    writeFileSync(
      join(directory, 'qemu-s390x'),
      `${state}\ninterpreter /usr/bin/qemu-s390x\nflags: ${flags}\noffset 0\nmagic ${magic.toString('hex')}\n`,
    );
  entry('OCF', 'disabled');
  assert.throws(() => requireRunnable(foreign, directory), /no emulator/);
  entry('OC');
  assert.throws(() => requireRunnable(foreign, directory), /not made for containers/);
  entry('OCF');
  assert.doesNotThrow(() => requireRunnable(foreign, directory));
});

function host(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

test('a base image of a registry that is an index gives each platform its own', root, async (t) => {
  await using registry = await TestRegistry.open();
  const [one, other] = [await house(t), await house(t)];
  const name = `${registry.host}/base:1`;
  const platforms = [AMD, ARM];
  const base = await one.build({
    platforms,
    tags: [name],
    outputs: [{ type: 'image', push: true }],
  });
  const dockerfile = { text: `FROM ${name}\nCOPY a /top\nCOPY --from=${name} /a /again` };
  const { images } = await other.build({ platforms, tags: ['top:1'], dockerfile });
  for (const [at, { id }] of images.entries()) {
    const { layers } = await other.engine.images.inspect(id);
    const below = (await one.engine.images.inspect(base.images[at]!.id)).layers;
    assert.deepEqual(layers.slice(0, 2), below);
  }
});
