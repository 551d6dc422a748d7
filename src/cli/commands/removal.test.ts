import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { ImagePruneRequest } from '../../engine/prune-types.ts';
import { fakeEngine } from '../testing/fake-engine.ts';
import { runCli } from '../testing/run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'stave-prune-'));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(
  join(folder, 'config.json'),
  '{"pruneFilters":["label=keep=no","label!=precious","until=1h","nonsense"]}',
);

async function asked(...args: string[]): Promise<ImagePruneRequest | undefined> {
  const fake = fakeEngine();
  const ran = await runCli(['image', 'prune', '-f', ...args], {
    engine: fake.engine,
    env: { DOCKER_CONFIG: folder },
  });
  assert.equal(ran.stderr, '');
  return fake.asked.imagePrunes[0];
}

async function shown(...args: string[]): Promise<string> {
  const { stdout, stderr } = await runCli(args, { engine: fakeEngine().engine });
  return stdout + stderr;
}

test('image prune obeys pruneFilters of config.json', async () => {
  const { filter } = (await asked()) ?? {};
  assert.deepEqual([filter?.label, filter?.labelNot], [['keep=no'], ['precious']]);
  assert.ok(filter?.until);
});

test('a label that is typed wins over the contrary in config.json', async () => {
  const { filter } = (await asked('--filter', 'label=precious')) ?? {};
  assert.deepEqual([filter?.label, filter?.labelNot], [['precious', 'keep=no'], undefined]);
});

test('image prune hands its limits on', async () => {
  const { keepLast, maxTotal, unusedSince } =
    (await asked('--keep-last', '3', '--max-total', '2g', '--unused-for', '2w')) ?? {};
  assert.deepEqual([keepLast, maxTotal], [3, 2 * 1024 ** 3]);
  assert.ok(unusedSince instanceof Date);
});

for (const [args, message] of [
  [['--keep-last', '-1'], /--keep-last must not be negative: -1/],
  [['--unused-for', 'long'], /invalid duration "long"/],
  [['--unused-for', '9999999999d'], /invalid duration "9999999999d"/],
  [['--unused-for', '300000000000h'], /invalid duration "300000000000h"/],
  [['--format', 'json'], /--format is for plans\nHint: Add --plan/],
] as const) {
  test(`image prune ${args.join(' ')} is refused`, async () => {
    assert.match(await shown('image', 'prune', '-f', ...args), message);
  });
}

test('image prune asks with its limits in words', async () => {
  assert.equal(
    await shown('image', 'prune', '--keep-last', '2', '--max-total', '1g'),
    'WARNING! This will remove all images without at least one container associated to them.\n' +
      '  - the newest 2 of each repository stay\n' +
      '  - no more go than it takes to get down to 1.074GB\n\n' +
      'Are you sure you want to continue? [y/N] ',
  );
});

test('image prune --plan --format json tells everything on one line', async () => {
  const plan = JSON.parse(await shown('image', 'prune', '--plan', '--format', 'json')) as {
    readonly Going: readonly { readonly Why: string }[];
    readonly Reclaimable: number;
  };
  assert.deepEqual([plan.Going[0]?.Why, plan.Reclaimable], ['dangling', 1_982_256]);
});

test('system prune says what it filters by, as Docker does', async () => {
  assert.equal(
    await shown('system', 'prune', '-a', '--volumes', '--filter', 'label=x', '--filter', 'label=y'),
    'WARNING! This will remove:\n' +
      '  - all stopped containers\n' +
      '  - all networks not used by at least one container\n' +
      '  - all anonymous volumes not used by at least one container\n' +
      '  - all images without at least one container associated to them\n' +
      '  - all build cache\n' +
      '\n  Items to be pruned will be filtered with:\n  - label=x\n  - label=y\n' +
      '\nAre you sure you want to continue? [y/N] ',
  );
  assert.match(
    await shown('system', 'prune', '--volumes', '--filter', 'until=24h'),
    /The "until" filter is not supported with "--volumes"/,
  );
  assert.match(await shown('system', 'prune', '-f', '--filter', 'dangling=true'), /invalid filter/);
});

test('builder prune asks on one line, as Docker does', async () => {
  assert.equal(
    await shown('builder', 'prune'),
    'WARNING! This will remove all dangling build cache. Are you sure you want to continue? [y/N] ',
  );
});

test('system df -v takes a form', async () => {
  assert.match(
    await shown('system', 'df', '-v', '--format', 'json'),
    /^\{"Images":\[\],"Containers":\[\],"Volumes":\[\],"BuildCache":\[\{"CacheType":"regular","CreatedAt":"2026-11-21 07:02:00 /,
  );
  assert.equal(
    await shown('system', 'df', '-v', '--format', '{{range .BuildCache}}{{.ID}} {{end}}'),
    'eocscwcjorfo4h714zysf996m i7cgchx0bh9y5bmipgsyzhmw5 kq2d1p0bh9y5bmipgsyzhmw50 \n',
  );
  assert.match(
    await shown('system', 'df', '-v', '--format', '{{.Nope}}'),
    /can't evaluate field Nope in type \*formatter\.diskUsageContext/,
  );
});

test('system df --why shows what holds the space', async () => {
  assert.equal(
    await shown('system', 'df', '--why', '--format', '{{.Size}} {{.HeldBy}}: {{.FreedBy}}'),
    '1.984MB image app:v1, image base:1, container web: stave rm web && stave rmi app:v1 base:1\n' +
      '1kB build cache: stave builder prune -a --filter id=kq2d1p0bh9y5bmipgsyzhmw50\n',
  );
});

test('image exists answers by its exit code alone', async () => {
  const { engine } = fakeEngine();
  for (const [name, code] of [
    ['app:v1', 0],
    ['nosuch:1', 1],
  ] as const) {
    const ran = await runCli(['image', 'exists', name], { engine });
    assert.deepEqual([ran.code, ran.stdout, ran.stderr], [code, '', '']);
  }
});

test('untag goes on after a name that is not there', async () => {
  const ran = await runCli(['untag', 'nosuch:1', 'app:v1'], { engine: fakeEngine().engine });
  assert.deepEqual([ran.code, ran.stdout], [1, 'Untagged: app:v1\n']);
  assert.match(ran.stderr, /^Error: No such image: nosuch:1/);
});
