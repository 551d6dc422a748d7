import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { putPlain } from '../../../test/support/mirror-house.ts';
import { send } from '../../../test/support/served-registry.ts';
import { TestRegistry } from '../../../test/support/test-registry.ts';
import { systemClock } from '../../base/clock.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import { collect } from '../maintenance/collect.ts';
import { fsck } from '../maintenance/fsck.ts';
import { retain } from '../maintenance/retain.ts';
import { readRules } from '../maintenance/rules.ts';
import { HOUR, Kept } from '../maintenance/testing.ts';
import { type Mirror, openMirror } from './mirror.ts';

const CHILD = join(import.meta.dirname, '../../../test/support/mirror-child.ts');

function mirrorOf(kept: Kept, upstream: TestRegistry): Mirror {
  return openMirror(kept.storage, [{ prefix: 'hub', upstream: upstream.host }], {
    clock: kept.clock,
    variable: () => undefined,
    patience: { tries: 1 },
    tell: () => undefined,
  });
}

/** Reads a blob as a client does. */
async function pulled(mirror: Mirror, digest: string): Promise<Buffer> {
  assert.ok(isDigest(digest));
  const blob = await mirror.storage.openBlob('hub/app', digest);
  assert.ok(blob);
  await blob.ready?.();
  try {
    return Buffer.concat(await Array.fromAsync(blob.read(0, blob.size)));
  } finally {
    blob.close();
  }
}

const problemsOf = async (root: string, repair = false): Promise<string[]> => {
  const found = await Array.fromAsync(fsck(root, { repair, clock: systemClock }));
  return found.map(({ problem, repair: done }) => `${problem}: ${done}`);
};

test('fsck() misses nothing of a mirrored manifest that was not asked for yet', async () => {
  await using upstream = await TestRegistry.open();
  await using kept = new Kept();
  const { manifest, layer } = putPlain(upstream, 'app', 'v1', { size: 1000 });
  {
    await using mirror = mirrorOf(kept, upstream);
    await mirror.storage.manifest('hub/app', 'v1');
    await pulled(mirror, layer);
  }
  await kept.close();
  assert.deepEqual(await problemsOf(kept.root), []);
  const hex = layer.slice('sha256:'.length);
  const places = [
    `blobs/sha256/${hex.slice(0, 2)}/${hex}`,
    `repositories/hub+app/blobs/sha256/${hex}`,
  ];
  for (const place of places) {
    rmSync(join(kept.root, place));
    writeFileSync(join(kept.root, place), 'damaged');
  }
  assert.ok((await problemsOf(kept.root)).length > 0);
  await problemsOf(kept.root, true);
  assert.deepEqual(await problemsOf(kept.root), []);
  await kept.reopen();
  await using mirror = mirrorOf(kept, upstream);
  assert.equal((await mirror.storage.manifest('hub/app', 'v1'))?.digest, manifest);
  assert.equal((await pulled(mirror, layer)).length, 1000);
});

test('what was not pulled for long goes by a rule, and comes again when it is wanted', async () => {
  await using upstream = await TestRegistry.open();
  await using kept = new Kept();
  const images = ['old', 'new'].map((tag) => putPlain(upstream, 'app', tag, { seed: tag }));
  await using mirror = mirrorOf(kept, upstream);
  for (const tag of ['old', 'new']) await mirror.storage.manifest('hub/app', tag);
  for (const { layer } of images) await pulled(mirror, layer);
  kept.ahead += 100 * HOUR;
  const { manifest: newest } = images[1] ?? {};
  mirror.storage.pulled?.('hub/app', newest as Digest);
  await mirror[Symbol.asyncDispose]();
  await kept.reopen();
  const rules = readRules({
    retention: [{ repositories: ['hub/**'], 'not-pulled-for': '2d', 'untagged-after': '0h' }],
  });
  await Array.fromAsync(retain(kept.parts, rules, { dryRun: false }));
  // What was in use in this millisecond is kept.
  kept.ahead += 1000;
  await Array.fromAsync(collect(kept.parts, { grace: 0, dryRun: false }));
  assert.deepEqual(kept.storage.tags('hub/app', { after: undefined, limit: 9 }), ['new']);
  const has = (layer = ''): boolean =>
    kept.storage.blobSize('hub/app', layer as Digest) !== undefined;
  assert.deepEqual(
    images.map(({ layer }) => has(layer)),
    [false, true],
  );
  await using again = mirrorOf(kept, upstream);
  assert.equal((await again.storage.manifest('hub/app', 'old'))?.digest, images[0]?.manifest);
  await pulled(again, images[0]?.layer ?? '');
  assert.equal(has(images[0]?.layer), true);
});

test('a mirror that is killed while it fetches shows nothing of it', async () => {
  await using upstream = await TestRegistry.open();
  await using kept = new Kept();
  await kept.close();
  const { layer, content } = putPlain(upstream, 'app', 'v1', { size: 3_000_000 });
  upstream.pace = 20_000;
  const start = async (): Promise<{ url: string; kill: () => Promise<void> }> => {
    const child = spawn(process.execPath, [CHILD, kept.root, upstream.host], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const kill = async (): Promise<void> => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    };
    return { url: said.toString().trim(), kill };
  };
  const path = `/v2/hub/app/blobs/${layer}`;
  const first = await start();
  const cut = assert.rejects(send(first.url, 'GET', path));
  while (upstream.sent < 500_000) await pause(5);
  await first.kill();
  await cut;
  assert.deepEqual(await problemsOf(kept.root), []);
  await kept.reopen();
  assert.equal(kept.storage.blobSize('hub/app', layer as Digest), undefined);
  await kept.close();
  upstream.pace = undefined;
  const second = await start();
  try {
    assert.deepEqual((await send(second.url, 'GET', path)).body, content);
  } finally {
    await second.kill();
  }
});
