import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { type Digest, digestOf } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { fsck, type Problem } from './fsck.ts';
import { Kept } from './testing.ts';

async function checked(
  kept: Kept,
  harm: () => void,
): Promise<(repair?: boolean) => Promise<string[]>> {
  await kept.close();
  harm();
  return async (repair = false) => {
    const all = await Array.fromAsync(fsck(kept.root, { repair, clock: systemClock }));
    return all.map(line);
  };
}

const line = ({ file, problem, repair }: Problem): string =>
  `${file}: ${problem}${repair === undefined ? '' : ` (${repair})`}`;

/** The path of a content in a repository, or of the shared one. */
const at = (digest: Digest, repository?: string): string => {
  const hex = digest.slice(7);
  return repository === undefined
    ? `blobs/sha256/${hex.slice(0, 2)}/${hex}`
    : `repositories/${repository.replaceAll('/', '+')}/blobs/sha256/${hex}`;
};

test('fsck() finds nothing in a registry that is whole, also after it was killed', async () => {
  await using kept = new Kept();
  await kept.image('team/app', 'v1');
  const check = await checked(kept, () => undefined);
  assert.deepEqual(await check(), []);
  rmSync(join(kept.root, 'index.db'));
  assert.deepEqual(await check(), []);
  await kept.reopen();
});

test('fsck() names a damaged layer and what cannot be pulled; repair drops it, and a push heals', async () => {
  await using kept = new Kept();
  const manifest = await kept.image('team/app', 'v1', 'a layer');
  await kept.image('team/app', 'v2', 'other');
  const layer = digestOf('a layer');
  const check = await checked(kept, () => writeFileSync(join(kept.root, at(layer)), 'a lAyer'));
  const wrong = 'the bytes do not have the digest of the name';
  assert.deepEqual(await check(), [
    `${at(layer)}: ${wrong}`,
    `${at(layer, 'team/app')}: ${wrong}`,
    `${at(manifest, 'team/app')}: its ${layer} is damaged`,
  ]);
  assert.deepEqual(await check(true), [
    `${at(layer)}: ${wrong} (the bytes are in quarantine)`,
    `${at(layer, 'team/app')}: ${wrong} (removed)`,
    `${at(manifest, 'team/app')}: it lacks ${layer} (the manifest is dropped)`,
  ]);
  assert.deepEqual(await check(), []);
  await kept.reopen();
  assert.deepEqual(kept.storage.tags('team/app', { after: undefined, limit: 9 }), ['v2']);
  await kept.image('team/app', 'v1', 'a layer');
  assert.equal(kept.tag('team/app', 'v1'), manifest);
});

test('fsck() restores what is missing from where it still is', async () => {
  await using kept = new Kept();
  const manifest = await kept.image('app', 'v1', 'a layer');
  const config = digestOf('{}');
  const check = await checked(kept, () => {
    rmSync(join(kept.root, at(digestOf('a layer'), 'app')));
    rmSync(join(kept.root, at(config)));
    rmSync(join(kept.root, at(manifest, 'app')));
  });
  const from = 'taken from the contents that repositories share';
  const found = await check(true);
  assert.deepEqual(
    found,
    [
      `${at(config, 'app')}: the content is not among those that repositories share (shared again)`,
      `${at(manifest, 'app')}: it lacks ${digestOf('a layer')} (${from})`,
    ].toSorted((a, b) => Number(a.includes('lacks')) - Number(b.includes('lacks'))),
  );
  assert.deepEqual(await check(), []);
  await kept.reopen();
  assert.equal(kept.tag('app', 'v1'), manifest);
});

test('fsck() names lines of journals that are none, and takes them out', async () => {
  await using kept = new Kept();
  await kept.image('app', 'v1');
  const journal = 'repositories/app/journal';
  let whole = '';
  const check = await checked(kept, () => {
    whole = readFileSync(join(kept.root, journal), 'utf8');
    writeFileSync(join(kept.root, journal), `noise\n${whole}`);
    appendFileSync(join(kept.root, journal), '{"at":');
  });
  assert.deepEqual(await check(true), [
    `${journal}: line 1 is no change (the line is taken out)`,
    `${journal}: line 3 was cut off (the line is taken out)`,
  ]);
  assert.equal(readFileSync(join(kept.root, journal), 'utf8'), whole);
  await kept.reopen();
  assert.ok(kept.tag('app', 'v1'));
});

test('fsck() drops an index whose image is gone', async () => {
  await using kept = new Kept();
  const child = await kept.image('app', undefined);
  const size = kept.storage.manifest('app', child)?.size;
  const manifests = [{ mediaType: MediaType.ociManifest, digest: child, size }];
  const index = await kept.manifest('app', 'all', { manifests }, MediaType.ociIndex);
  const check = await checked(kept, () => {
    rmSync(join(kept.root, at(child, 'app')));
    rmSync(join(kept.root, at(child)));
  });
  assert.deepEqual(await check(true), [
    `${at(child, 'app')}: the manifest is not there (the manifest is dropped)`,
    `${at(index, 'app')}: it lacks ${child} (the manifest is dropped)`,
  ]);
  assert.deepEqual(await check(), []);
  await kept.reopen();
});

test('fsck() makes tables and lists anew that do not say what the journals say', async () => {
  await using kept = new Kept();
  await kept.image('app', 'v1');
  await kept.image('app', 'v2', 'two');
  await kept.reopen();
  kept.parts.tables.setTag('app', 'v2', null, 0);
  const check = await checked(kept, () => undefined);
  assert.deepEqual(await check(), ['index.db: 1 tags of the journals are missing']);
  assert.deepEqual(await check(true), [
    'index.db: 1 tags of the journals are missing (made anew from the journals)',
  ]);
  assert.deepEqual(await check(), []);
  writeFileSync(join(kept.root, 'index.db'), 'damaged');
  writeFileSync(join(kept.root, 'repositories/app/index.json'), '{}');
  assert.match(
    (await check(true)).join('\n'),
    /^index.db: it cannot be read.*\n.*index.json: it does not list/,
  );
  assert.deepEqual(await check(), []);
  await kept.reopen();
  assert.ok(kept.tag('app', 'v2'));
});

test('fsck() is refused for what is no registry, or one that is in use', async () => {
  await using kept = new Kept();
  const none = fsck(join(kept.root, 'uploads'), { repair: false, clock: systemClock });
  await assert.rejects(Array.fromAsync(none), /holds no registry/);
  const used = fsck(kept.root, { repair: false, clock: systemClock });
  await assert.rejects(Array.fromAsync(used), /a registry is using/);
});
