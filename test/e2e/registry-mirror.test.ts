import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { putPlain } from '../support/mirror-house.ts';
import { send } from '../support/served-registry.ts';
import { TestRegistry } from '../support/test-registry.ts';
import { program, skip } from './house.ts';

test('registry serve reads through with credentials, and copies by a job', { skip }, async () => {
  await using upstream = await TestRegistry.open({ auth: 'token' });
  const folder = mkdtempSync(join(tmpdir(), 'stave-mirror-'));
  const { manifest, layer, content } = putPlain(upstream, 'team/app', 'v1');
  const auth = Buffer.from('alice:s3cret').toString('base64');
  const config = { auths: { [upstream.host]: { auth } } };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const job = {
    upstream: upstream.host,
    'auth-file': 'config.json',
    repositories: ['team/app'],
    to: 'copies',
  };
  writeFileSync(join(folder, 'mirrors.yaml'), JSON.stringify({ sync: [job] }));
  const args =
    `registry serve --addr 127.0.0.1:0 --data data --mirror hub=${upstream.host} ` +
    '--mirror-auth config.json --mirrors mirrors.yaml';
  const child = spawn(program, args.split(' '), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const url = said.toString().trim().replace('listening on ', '');
    const found = await send(url, 'GET', '/v2/hub/team/app/manifests/v1');
    assert.equal(found.headers['docker-content-digest'], manifest);
    const blob = await send(url, 'GET', `/v2/hub/team/app/blobs/${layer}`);
    assert.deepEqual(blob.body, content);
    const copied = (): Promise<{ status: number }> =>
      send(url, 'GET', '/v2/copies/team/app/manifests/v1');
    while ((await copied()).status !== 200) await pause(20);
  } finally {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }
});
