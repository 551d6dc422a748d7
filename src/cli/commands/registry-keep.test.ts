import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Kept } from '../../registry-server/maintenance/testing.ts';
import { type CliResult, runCli } from '../testing/run-cli.ts';

const LONG_AGO = new Date('2026-10-01T12:00:00Z');

/** Runs a command on a registry that nobody serves. */
async function run(kept: Kept, ...args: readonly string[]): Promise<CliResult> {
  await kept.close();
  return runCli(['registry', ...args, '--data', kept.root], {
    env: { USER: 'eve' },
    cwd: kept.root,
  });
}

test('registry gc says what goes and why, and how much is won', async () => {
  await using kept = new Kept();
  const manifest = await kept.image('team/app', 'v1');
  const loose = await kept.blob('team/app', 'x'.repeat(2000));
  utimesSync(kept.parts.paths.pool(loose), LONG_AGO, LONG_AGO);
  const since = LONG_AGO.toISOString();
  const dry = await run(kept, 'gc', '--dry-run');
  assert.equal(
    dry.stdout,
    [
      `would remove blob team/app@${loose} (2kB): unreferenced since ${since}`,
      `would remove content ${loose} (2kB): in no repository, of use until ${since}`,
      '2 things would be removed: 2kB',
      '',
    ].join('\n'),
  );
  const all = await run(kept, 'gc', '--all', '--format', 'json');
  const rows = all.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; reason: string });
  assert.equal(rows.length, 5);
  assert.equal(rows.find(({ name }) => name === manifest)?.reason, 'the manifest of v1');
  const after = await run(kept, 'gc');
  assert.equal(after.stdout, '0 things removed: 0B\n');
});

test('registry retain names each tag and its reason', async () => {
  await using kept = new Kept();
  await kept.image('app', 'old');
  kept.ahead = 1000;
  await kept.image('app', 'new', 'other');
  writeFileSync(
    join(kept.root, 'rules.yaml'),
    'retention:\n  - repositories: ["*"]\n    keep-newest: 1\n',
  );
  const dry = await run(kept, 'retain', '--rules', 'rules.yaml', '--dry-run', '--all');
  assert.equal(
    dry.stdout,
    'kept app:new: keep-newest 1\nwould remove app:old: no part of its rule keeps it\n1 thing would be removed\n',
  );
  writeFileSync(join(kept.root, 'wrong.yaml'), 'retention:\n  - repositorys: ["*"]\n');
  const wrong = await run(kept, 'retain', '--rules', 'wrong.yaml');
  assert.match(wrong.stderr, /wrong.yaml: unknown key "repositorys" in rule 1 of "retention"/);
  writeFileSync(join(kept.root, 'noise.yaml'), 'a: [');
  const noise = await run(kept, 'retain', '--rules', 'noise.yaml');
  assert.match(noise.stderr, /noise.yaml: .* at line 1/);
});

test('registry log shows a tag with the numbers that registry rollback takes', async () => {
  await using kept = new Kept();
  const first = await kept.image('app', 'v1', 'one');
  const second = await kept.image('app', 'v1', 'two');
  const back = await run(kept, 'rollback', 'app:v1', '1');
  assert.equal(back.stdout, `app:v1 means ${first}, before ${second}\n`);
  const { stdout } = await run(kept, 'log', 'app:v1');
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  assert.deepEqual(
    rows.map(([n, , ...rest]) => [n, ...rest]),
    [
      ['BACK', 'TAG', 'WHAT', 'WHO', 'DIGEST'],
      ['0', 'v1', 'rollback', 'eve', first],
      ['1', 'v1', 'push', 'alice', second],
      ['2', 'v1', 'push', 'alice', first],
    ],
  );
  const json = await run(kept, 'log', 'app', '--format', 'json', '-n', '1');
  const { what, who } = JSON.parse(json.stdout) as { what: string; who: string };
  assert.deepEqual([what, who], ['rollback', 'eve']);
  for (const [args, message] of [
    [['log', 'Team/App'], /'Team\/App' is not the name of a repository/],
    [['log', 'none'], /there is no repository none/],
    [['rollback', 'app', '1'], /'app' has no tag/],
    [['rollback', 'app:v1', 'x'], /x is neither a digest nor a number/],
    [['log', 'app', '--url', 'http://localhost:5000'], /--data and --url exclude each other/],
  ] as const) {
    assert.match((await run(kept, ...args)).stderr, message);
  }
});

test('registry fsck ends with 1 while something is wrong', async () => {
  await using kept = new Kept();
  const blob = await kept.blob('app', 'precious');
  writeFileSync(kept.parts.paths.pool(blob), 'precioUs');
  const found = await run(kept, 'fsck');
  assert.equal(found.code, 1);
  assert.match(found.stdout, /: the bytes do not have the digest of the name; /);
  assert.match(found.stdout, /\n1 repository, 0 manifests, 1 content of 8B: 2 problems, 2 left\n$/);
  assert.equal((await run(kept, 'fsck', '--repair')).code, 0);
  assert.equal((await run(kept, 'fsck')).code, 0);
});
