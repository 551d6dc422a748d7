import assert from 'node:assert/strict';
import { rmSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { digestOf } from '../../oci/digest.ts';
import { HISTORY_LIMIT } from '../index-tables.ts';
import { compactJournal, compactJournals } from './compact.ts';
import { rollBack, rollBackTarget } from './roll-back.ts';
import { HOUR, Kept } from './testing.ts';

const past = (kept: Kept, repository: string, tag?: string): string[] =>
  kept.parts.tables
    .history(repository, tag, 1000)
    .map(({ tag: name, what, actor, digest }) => `${name} ${what} ${actor} ${digest}`);

/** What clients see of a repository, and what is remembered. */
function seen(kept: Kept, repository: string): unknown {
  const { tables } = kept.parts;
  return {
    manifests: tables.manifests(repository, 0, 1000).map((row) => ({ ...row, id: 0 })),
    tags: tables.db.all('SELECT name, digest, at FROM tags WHERE repository = ?', repository),
    history: tables.history(repository, undefined, 1000).map((row) => ({ ...row, place: 0 })),
    referrers: [
      ...tables.referrers(repository, digestOf('s'), { after: 0, artifactType: undefined }),
    ].map(({ descriptor }) => descriptor),
  };
}

async function busy(kept: Kept, rounds: number): Promise<void> {
  for (let n = 0; n < rounds; n += 1) {
    const digest = await kept.image('team/app', 'moves', `layer ${n}`);
    await kept.image('team/app', `v${n}`, `layer ${n}`);
    if (n % 3 === 0) await kept.storage.removeManifest('team/app', `v${n}`, 'bob');
    if (n % 5 === 4) await kept.storage.removeManifest('team/app', digest, 'bob');
    kept.storage.pulled('team/app', digest);
  }
  const config = { mediaType: 'a/b', digest: await kept.blob('team/app', '{}'), size: 2 };
  for (const text of ['1', '2']) {
    const subject = { mediaType: 'a/b', digest: digestOf('s'), size: 1 };
    const annotations = { text };
    await kept.manifest('team/app', undefined, { config, layers: [], subject, annotations });
  }
}

test('every change of a tag is remembered with who made it, also when the tables are lost', async () => {
  await using kept = new Kept();
  const first = await kept.image('app', 'v1', 'one');
  const second = await kept.image('app', 'v1', 'two');
  await kept.storage.removeManifest('app', 'v1', 'bob');
  await kept.image('app', 'v1', 'one');
  await kept.storage.removeManifest('app', first);
  const expected = [
    'v1 delete null null',
    `v1 push alice ${first}`,
    'v1 delete bob null',
    `v1 push alice ${second}`,
    `v1 push alice ${first}`,
  ];
  assert.deepEqual(past(kept, 'app', 'v1'), expected);
  await kept.reopen(() => rmSync(kept.parts.paths.database));
  assert.deepEqual(past(kept, 'app', 'v1'), expected);
});

test('a tag that is pushed again as it is has not changed, but is as young as its last push', async () => {
  await using kept = new Kept();
  const digest = await kept.image('app', 'v1');
  kept.ahead = HOUR;
  await kept.image('app', 'v1');
  const before = kept.parts.tables.tagRow('app', 'v1');
  assert.ok((before?.at ?? 0) > Date.now() + HOUR / 2);
  assert.deepEqual(past(kept, 'app'), [`v1 push alice ${digest}`]);
  await compactJournal(kept.parts, 'app');
  await kept.reopen(() => rmSync(kept.parts.paths.database));
  assert.deepEqual(kept.parts.tables.tagRow('app', 'v1'), before);
  assert.deepEqual(past(kept, 'app'), [`v1 push alice ${digest}`]);
});

test('rollBack() makes a tag mean what it meant, by digest or by steps, also after it was removed', async () => {
  await using kept = new Kept();
  const place = { repository: 'app', tag: 'v1' };
  const first = await kept.image('app', 'v1', 'one');
  const second = await kept.image('app', 'v1', 'two');
  const fine = { by: 'root', isFixed: false };
  assert.deepEqual(await rollBack(kept.parts, place, 1, fine), { before: second, now: first });
  assert.equal(kept.tag('app', 'v1'), first);
  await rollBack(kept.parts, place, second, fine);
  await kept.storage.removeManifest('app', 'v1');
  assert.deepEqual(await rollBack(kept.parts, place, 1, fine), { before: undefined, now: second });
  await kept.reopen(() => rmSync(kept.parts.paths.database));
  assert.equal(kept.tag('app', 'v1'), second);
  assert.equal(past(kept, 'app', 'v1')[0], `v1 rollback root ${second}`);
  await assert.rejects(rollBack(kept.parts, place, first, { isFixed: true }), /is immutable/);
  await assert.rejects(rollBack(kept.parts, place, 99, fine), /only 5 earlier changes are known/);
  await assert.rejects(rollBack(kept.parts, place, 1, fine), /1 changes ago app:v1 meant nothing/);
  await kept.storage.removeManifest('app', first);
  await assert.rejects(rollBack(kept.parts, place, first, fine), /does not have .* any more/);
  assert.throws(() => rollBackTarget('0'), /neither a digest nor a number/);
});

test('of a tag that changes all the time the last changes are remembered', async () => {
  await using kept = new Kept();
  for (let n = 0; n < HISTORY_LIMIT + 5; n += 1) await kept.image('app', 'v1', `layer ${n % 3}`);
  assert.equal(past(kept, 'app', 'v1').length, HISTORY_LIMIT);
  const journal = kept.parts.paths.journal('app');
  const { size } = statSync(journal);
  await compactJournal(kept.parts, 'app');
  assert.ok(statSync(journal).size < size);
});

test('compactJournal() keeps what is there and what is remembered, whatever is lost', async () => {
  await using kept = new Kept();
  await busy(kept, 30);
  await kept.reopen();
  const before = seen(kept, 'team/app');
  await compactJournal(kept.parts, 'team/app');
  assert.deepEqual(seen(kept, 'team/app'), before);
  for (const lose of [() => undefined, () => rmSync(kept.parts.paths.database)]) {
    await kept.reopen(lose);
    assert.deepEqual(seen(kept, 'team/app'), before);
  }
  await kept.image('team/app', 'later');
  await kept.reopen();
  assert.ok(kept.tag('team/app', 'later'));
});

test('tables that know the journal before it was written anew are made again from the new one', async () => {
  await using kept = new Kept();
  await busy(kept, 6);
  await kept.reopen();
  const before = seen(kept, 'team/app');
  const { tables, paths } = kept.parts;
  const row = tables.repository('team/app');
  await compactJournal(kept.parts, 'team/app');
  const { size } = statSync(paths.journal('team/app'));
  tables.setJournal('team/app', row?.journal ?? '', size);
  tables.change(() => tables.removeManifest('team/app', kept.tag('team/app', 'moves') ?? ''));
  await kept.reopen();
  assert.deepEqual(seen(kept, 'team/app'), before);
});

test('compactJournals() writes long journals anew, once, and forgets what is older than 90 days', async () => {
  await using kept = new Kept();
  await busy(kept, 10);
  assert.equal(await compactJournals(kept.parts), 0);
  kept.ahead = 91 * 24 * HOUR;
  assert.equal(await compactJournals(kept.parts, { least: 1000 }), 1);
  assert.equal(await compactJournals(kept.parts, { least: 1000 }), 0);
  const tags = kept.storage.tags('team/app', { after: undefined, limit: 100 });
  assert.deepEqual(new Set(past(kept, 'team/app').map((one) => one.split(' ')[0])), new Set(tags));
});
