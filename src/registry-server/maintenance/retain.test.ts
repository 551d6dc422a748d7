import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInputError } from '../../base/errors.ts';
import { MediaType } from '../../oci/media-types.ts';
import { retain, type RetainRow } from './retain.ts';
import { readRules } from './rules.ts';
import { HOUR, Kept } from './testing.ts';

const DAY = 24 * HOUR;

const rows = (kept: Kept, document: unknown, dryRun = false): Promise<RetainRow[]> =>
  Array.fromAsync(retain(kept.parts, readRules(document), { dryRun }));

const told = (all: readonly RetainRow[]): string[] =>
  all.map(({ tag, removed, reason }) => `${tag} ${removed ? 'goes' : 'stays'}: ${reason}`);

/** Pushes tags, a day apart. */
async function days(kept: Kept, repository: string, tags: readonly string[]): Promise<void> {
  for (const tag of tags) {
    await kept.image(repository, tag);
    kept.ahead += DAY;
  }
}

test('retain() keeps the newest and what matches, and names tag and reason; a dry run changes nothing', async () => {
  await using kept = new Kept();
  await days(kept, 'team/app', ['v1', 'a', 'b', 'c', 'd']);
  const rule = { repositories: 'team/*', 'keep-newest': 2, 'keep-matching': ['v*'] };
  const expected = [
    'd stays: keep-newest 2',
    'c stays: keep-newest 2',
    'b goes: no part of its rule keeps it',
    'a goes: no part of its rule keeps it',
    'v1 stays: keep-matching v*',
  ];
  assert.deepEqual(told(await rows(kept, { retention: [rule] }, true)), expected);
  assert.ok(kept.tag('team/app', 'a'));
  assert.deepEqual(told(await rows(kept, { retention: [rule] })), expected);
  assert.deepEqual(kept.storage.tags('team/app', { after: undefined, limit: 9 }), ['c', 'd', 'v1']);
  const [last] = kept.parts.tables.history('team/app', 'a', 1);
  assert.deepEqual([last?.digest, last?.what], [null, 'retention']);
});

test('retain() counts from the last push and from the last pull, which outlives the tables', async () => {
  await using kept = new Kept();
  await days(kept, 'app', ['old', 'used', 'young']);
  kept.ahead += 10 * DAY;
  const used = kept.tag('app', 'used');
  if (used !== undefined) kept.storage.pulled('app', used);
  await kept.reopen(() => {
    process.getBuiltinModule('node:fs').rmSync(kept.parts.paths.database);
  });
  await kept.image('app', 'young');
  const rule = { repositories: ['**'], 'older-than': '5d', 'not-pulled-for': '48h' };
  const all = told(await rows(kept, { retention: [rule] }));
  assert.match(all[0] ?? '', /^young stays: older-than: pushed 20/);
  assert.match(all[1] ?? '', /^used stays: not-pulled-for: pulled 20/);
  assert.equal(all[2], 'old goes: no part of its rule keeps it');
  assert.equal(all.length, 3);
});

test('retain() goes by the first rule whose repositories fit, and leaves other tags and immutable ones', async () => {
  await using kept = new Kept();
  await days(kept, 'team/app', ['nightly-1', 'nightly-2', 'v1']);
  await days(kept, 'other', ['x']);
  const retention = [
    { repositories: ['other'] },
    { repositories: ['**'], tags: ['nightly-*'], 'keep-newest': 0 },
  ];
  const document = { retention, immutable: ['team/*:nightly-2'] };
  assert.deepEqual(told(await rows(kept, document)), [
    'x stays: the rule removes no tags',
    'nightly-2 stays: immutable',
    'nightly-1 goes: no part of its rule keeps it',
  ]);
});

test('retain() removes manifests without a tag after their time, but for what others need or refer to', async () => {
  await using kept = new Kept();
  const old = await kept.image('app', 'v1', 'old');
  kept.ahead += 10 * DAY;
  await kept.image('app', 'v1', 'new');
  const child = await kept.image('app', undefined, 'child');
  const sized = (digest: typeof child): object => ({
    mediaType: MediaType.ociManifest,
    digest,
    size: kept.storage.manifest('app', digest)?.size,
  });
  const index = await kept.manifest(
    'app',
    'all',
    { manifests: [sized(child)] },
    MediaType.ociIndex,
  );
  const config = { mediaType: 'a/b', digest: await kept.blob('app', '{}'), size: 2 };
  const signature = await kept.manifest('app', undefined, {
    config,
    layers: [],
    subject: sized(index),
  });
  const document = { retention: [{ repositories: ['app'], 'untagged-after': '7d' }] };
  const gone = async (): Promise<string[]> =>
    (await rows(kept, document)).filter(({ removed }) => removed).map(({ digest }) => digest);
  // The tag has moved away just now: it can be rolled back.
  assert.deepEqual(await gone(), []);
  kept.ahead += 8 * DAY;
  assert.deepEqual(await gone(), [old]);
  await kept.storage.removeManifest('app', 'all');
  kept.ahead += 8 * DAY;
  assert.deepEqual(new Set(await gone()), new Set([index, child, signature]));
});

test('readRules() names what is wrong and where', () => {
  const cases: [unknown, RegExp][] = [
    [[], /the rules: not a mapping/],
    [{ keep: 1 }, /unknown key "keep" in the rules/],
    [{ immutable: ['app'] }, /"app" under "immutable" is not REPOSITORY:TAG/],
    [{ retention: [{ 'keep-newest': 1 }] }, /rule 1 of "retention" has no "repositories"/],
    [
      { retention: [{ repositories: ['a'], 'keep-newest': -1 }] },
      /"keep-newest" in rule 1 .* is not a number/,
    ],
    [{ retention: [{ repositories: ['a'], 'older-than': '3 moons' }] }, /is not a time such as/],
    [{ retention: [{ repositories: [1] }] }, /is not a list of patterns/],
  ];
  for (const [document, message] of cases) {
    assert.throws(
      () => readRules(document),
      (error) => {
        return error instanceof InvalidInputError && message.test(error.message);
      },
    );
  }
});
