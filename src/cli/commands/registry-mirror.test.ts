import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { putPlain } from '../../../test/support/mirror-house.ts';
import { TestRegistry } from '../../../test/support/test-registry.ts';
import { Kept } from '../../registry-server/maintenance/testing.ts';
import { type CliResult, runCli } from '../testing/run-cli.ts';

function run(kept: Kept, ...args: readonly string[]): Promise<CliResult> {
  return runCli(['registry', ...args, '--data', kept.root], { cwd: kept.root });
}

test('registry sync has a line for each tag, and ends with 1 when something failed', async () => {
  await using upstream = await TestRegistry.open();
  await using kept = new Kept();
  await kept.close();
  putPlain(upstream, 'app', 'v1', { size: 1000 });
  const jobs = [{ upstream: upstream.host, repositories: ['app'], to: 'copies' }];
  writeFileSync(join(kept.root, 'sync.yaml'), JSON.stringify({ sync: jobs }));
  const from = `copies/app:v1 from ${upstream.host}/app`;
  const sync = ['sync', '--config', 'sync.yaml', '--once'];
  assert.equal((await run(kept, ...sync, '--dry-run')).stdout, `would copy ${from}\n`);
  const first = await run(kept, ...sync);
  assert.deepEqual([first.stdout, first.code], [`copied ${from} (1kB)\n`, 0]);
  assert.equal((await run(kept, ...sync)).stdout, `unchanged ${from}\n`);
  const rows = (await run(kept, ...sync, '--format', 'json')).stdout;
  assert.equal((JSON.parse(rows) as { outcome: string }).outcome, 'unchanged');
  upstream.manifests.clear();
  const failed = await run(kept, ...sync);
  assert.equal(failed.code, 1);
  assert.equal(failed.stdout, `failed copies/app from ${upstream.host}/app: it is not there\n`);
});

test('registry sync says what it lacks', async () => {
  await using kept = new Kept();
  await kept.close();
  writeFileSync(join(kept.root, 'none.yaml'), 'mirrors: []');
  for (const [args, message] of [
    [['sync'], /--config is required/],
    [['sync', '--config', 'none.yaml'], /no jobs under "sync" in none.yaml/],
    [['sync', '--config', 'gone.yaml'], /cannot read gone.yaml/],
  ] as const) {
    assert.match((await run(kept, ...args)).stderr, message);
  }
});

test('registry serve refuses mirrors that make no sense', async () => {
  await using kept = new Kept();
  await kept.close();
  for (const [args, message] of [
    [['--mirror', 'docker.io'], /"docker.io" is not PREFIX=UPSTREAM/],
    [['--mirror', 'hub=a b'], /"a b" is no registry/],
    [['--mirror', 'hub=docker.io', '--mirror', 'hub=quay.io'], /two mirrors.*below hub\//],
    [['--mirror-ttl', '5m'], /--mirror-ttl needs --mirror/],
    [['--mirror', 'hub=docker.io', '--read-only'], /cannot be read-only/],
  ] as const) {
    const { stderr } = await run(kept, 'serve', '--addr', '127.0.0.1:0', ...args);
    assert.match(stderr, message);
  }
});
