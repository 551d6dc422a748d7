import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { needsRoot } from '../../test/scratch-images.ts';
import { TestRegistry } from '../../test/support/test-registry.ts';
import type { ProgressEvent } from '../base/progress.ts';
import type { BuildRequest, BuildResult } from './build-types.ts';
import type { CacheExport, CacheRequest } from './cache-types.ts';
import type { Engine } from './engine.ts';
import { openEngine } from './open-engine.ts';

const EXPORT: Omit<CacheExport, 'place'> = {
  mode: 'max',
  compression: 'gzip',
  force: false,
  family: 'oci',
  imageManifest: true,
  ignoreError: false,
};

/** A machine: a store and a context of its own. */
interface Machine {
  readonly engine: Engine;
  readonly build: (
    dockerfile: string,
    cache: CacheRequest,
    rest?: Partial<BuildRequest>,
  ) => Promise<BuildResult & { readonly events: readonly ProgressEvent[] }>;
}

async function machine(t: TestContext): Promise<Machine> {
  const directory = mkdtempSync(join(tmpdir(), 'machine-'));
  const context = join(directory, 'context');
  mkdirSync(context);
  writeFileSync(join(context, 'a'), 'a');
  writeFileSync(join(context, 'b'), 'b');
  const engine = await openEngine({
    root: join(directory, 'store'),
    registries: { environment: { HOME: directory }, pause: 1, stall: 2000 },
  });
  t.after(async () => {
    await engine[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    engine,
    async build(text, cache, rest = {}) {
      const events: ProgressEvent[] = [];
      const request = { context, dockerfile: { text }, cache, ...rest };
      const built = await engine.build(request, { progress: (event) => events.push(event) });
      return { ...built, events };
    },
  };
}

const DOCKERFILE = `FROM scratch AS first
COPY a /a
FROM scratch
COPY --from=first /a /copied
COPY b /b
`;

const warnings = (events: readonly ProgressEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

test('a cache in a registry serves another machine', { skip: needsRoot }, async (t) => {
  await using registry = await TestRegistry.open();
  const reference = `${registry.host}/team/cache:main`;
  const place = { type: 'registry', reference } as const;
  const [first, second] = [await machine(t), await machine(t)];
  const made = await first.build(DOCKERFILE, { to: [{ ...EXPORT, place }] });
  const { steps, cached, id, events } = await second.build(DOCKERFILE, { from: [{ place }] });
  assert.deepEqual([id, cached], [made.id, steps]);
  assert.deepEqual(warnings(events), []);
});

test(
  'what is cached elsewhere is pushed, or not kept, without coming here',
  { skip: needsRoot },
  async (t) => {
    await using registry = await TestRegistry.open();
    const reference = `${registry.host}/team/cache:main`;
    const from = [{ place: { type: 'registry', reference } as const }];
    const first = await machine(t);
    await first.build(DOCKERFILE, { to: [{ ...EXPORT, place: from[0]!.place }] });
    const outputs = [
      { type: 'cacheonly' },
      { type: 'image', names: [`${registry.host}/team/app:1`], push: true, store: false },
    ] as const;
    for (const output of outputs) {
      const second = await machine(t);
      const { steps, cached } = await second.build(DOCKERFILE, { from }, { outputs: [output] });
      assert.equal(cached, steps);
      const { images, cache } = await second.engine.system.diskUsage();
      assert.deepEqual([images.total, cache.total], [0, 0]);
    }
    const third = await machine(t);
    await third.engine.images.pull({ name: `${registry.host}/team/app:1` });
    assert.equal((await third.engine.images.list()).length, 1);
  },
);

test('an image is its own cache when it carries one', { skip: needsRoot }, async (t) => {
  const [first, second] = [await machine(t), await machine(t)];
  const made = await first.build(DOCKERFILE, { inline: true }, { tags: ['app:1'] });
  const path = mkdtempSync(join(tmpdir(), 'layout-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const archive = Buffer.concat(await Array.fromAsync(await first.engine.images.save(['app:1'])));
  execFileSync('tar', ['-x', '-C', path], { input: archive });
  const { digest } = made.manifest;
  const from = [{ place: { type: 'local', path, tag: '', digest, reset: false } as const }];
  const { steps, cached, id, events } = await second.build(DOCKERFILE, { from, inline: true });
  // The first stage is no part of the image, and nothing needs it.
  assert.deepEqual([id, steps - cached], [made.id, 0]);
  assert.deepEqual(warnings(events), []);
});

test('a cache that is not there is said and left out', { skip: needsRoot }, async (t) => {
  await using registry = await TestRegistry.open();
  const reference = `${registry.host}/team/none`;
  const { build } = await machine(t);
  const { events } = await build(DOCKERFILE, {
    from: [{ place: { type: 'registry', reference } }],
  });
  assert.match(warnings(events).join(), /^the cache 127\.0\.0\.1:\d+\/team\/none is not used: /);
});

test('the name of a cache is checked before anything is built', { skip: needsRoot }, async (t) => {
  const { build } = await machine(t);
  const from = [{ place: { type: 'registry', reference: 'team/Case' } as const }];
  await assert.rejects(build(DOCKERFILE, { from }), /must be lowercase/);
});
