import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOf, parseDigest } from '../../oci/digest.ts';
import type { Quarantined } from './quarantine.ts';
import { readScrubState, scrub, type ScrubState } from './scrub.ts';
import { Kept } from './testing.ts';

async function scrubbed(kept: Kept): Promise<{ state: ScrubState; found: Quarantined[] }> {
  const found: Quarantined[] = [];
  const state = await scrub(kept.parts, {
    bytesPerSecond: 1e9,
    signal: new AbortController().signal,
    onDamage: (one) => found.push(one),
  });
  return { state, found };
}

test('scrub() reads everything and finds nothing in a registry that is whole', async () => {
  await using kept = new Kept();
  await kept.image('app', 'v1');
  const { state, found } = await scrubbed(kept);
  assert.deepEqual([state.checked, state.damaged, found.length], [3, 0, 0]);
  assert.deepEqual(readScrubState(kept.parts.paths.scrub), state);
});

test('scrub() takes damaged bytes out of use, so that a push heals what needs them', async () => {
  await using kept = new Kept();
  const manifest = await kept.image('app', 'v1', 'a layer');
  const layer = digestOf('a layer');
  writeFileSync(kept.parts.paths.pool(layer), 'a lAyer');
  const { state, found } = await scrubbed(kept);
  assert.equal(state.damaged, 1);
  assert.deepEqual(found, [
    { digest: layer, isRestored: false, repositories: ['app'], manifests: [] },
  ]);
  assert.deepEqual(readdirSync(join(kept.root, 'quarantine')), [layer.replace(':', '-')]);
  assert.equal(kept.storage.blobSize('app', layer), undefined);
  assert.equal(await kept.image('app', 'v1', 'a layer'), manifest);
  assert.deepEqual((await scrubbed(kept)).found, []);
});

test('scrub() drops a manifest whose bytes are damaged, with its tags, and says which', async () => {
  await using kept = new Kept();
  const manifest = await kept.image('app', 'v1');
  writeFileSync(kept.parts.paths.pool(manifest), '{}');
  const { found } = await scrubbed(kept);
  assert.deepEqual(found[0]?.manifests, [`app@${manifest}`]);
  assert.equal(kept.tag('app', 'v1'), undefined);
  assert.equal(kept.parts.tables.history('app', 'v1', 1)[0]?.what, 'damaged');
});

test('scrub() puts a good copy of another repository in the place of damaged bytes', async () => {
  await using kept = new Kept();
  const blob = await kept.blob('one', 'precious');
  await kept.storage.mount('two', blob, 'one');
  const { paths } = kept.parts;
  copyFileSync(paths.blob('two', blob), join(kept.root, 'copy'));
  renameSync(join(kept.root, 'copy'), paths.blob('two', blob));
  writeFileSync(paths.pool(blob), 'precioUs');
  const { found } = await scrubbed(kept);
  assert.deepEqual([found[0]?.isRestored, found[0]?.repositories], [true, ['one']]);
  for (const name of ['one', 'two']) assert.equal(kept.storage.blobSize(name, blob), 8);
  assert.deepEqual((await scrubbed(kept)).found, []);
});

test('scrub() goes on where it was stopped', async () => {
  await using kept = new Kept();
  for (let n = 0; n < 20; n += 1) await kept.blob('app', `blob ${n}`);
  const stop = new AbortController();
  const digests = Array.from({ length: 20 }, (_, n) => digestOf(`blob ${n}`)).toSorted();
  const [, second = ''] = digests;
  writeFileSync(kept.parts.paths.pool(parseDigest(second)), 'damaged');
  const state = await scrub(kept.parts, {
    bytesPerSecond: 1e9,
    signal: stop.signal,
    onDamage: () => stop.abort(),
  });
  assert.deepEqual([state.position, state.checked, state.completed], [second, 2, undefined]);
  const { state: after } = await scrubbed(kept);
  assert.deepEqual([after.position, after.checked, after.damaged], [undefined, 20, 1]);
  assert.ok(after.completed !== undefined && existsSync(kept.parts.paths.scrub));
});
