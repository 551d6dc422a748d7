import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fakeEngine } from './testing/fake-engine.ts';
import { runCli, type CliResult } from './testing/run-cli.ts';

const home = mkdtempSync(join(tmpdir(), 'stave-settings-'));
after(() => rmSync(home, { recursive: true, force: true }));
mkdirSync(join(home, '.docker'));

/** `images` with the arguments, where config.json has this text. */
function images(text: string, ...args: readonly string[]): Promise<CliResult> {
  writeFileSync(join(home, '.docker', 'config.json'), text);
  const env = { HOME: home };
  return runCli(['images', ...args], { engine: fakeEngine().engine, env });
}

test('images takes its format from config.json, unless --format or -q says another', async () => {
  const config = '{"imagesFormat": "{{.Repository}}!"}';
  assert.equal((await images(config, 'base')).stdout, 'base!\n');
  assert.equal((await images(config, '-q', 'base')).stdout, '3a64e2a9c884\n');
  assert.equal((await images(config, '--format', '{{.Tag}}', 'base')).stdout, '1\n');
});

test('images warns of a config.json that cannot be read, and goes on', async () => {
  const { stdout, stderr, code } = await images('{bad', '-q', 'base');
  const path = join(home, '.docker', 'config.json');
  assert.deepEqual(
    { stdout, stderr, code },
    {
      stdout: '3a64e2a9c884\n',
      stderr: `WARNING: Error parsing config file (${path}): ${path} is not valid JSON\n`,
      code: 0,
    },
  );
});

for (const config of ['', '{}', '{"imagesFormat": 3}', '{"imagesFormat": ""}']) {
  test(`images shows its table where config.json is ${JSON.stringify(config)}`, async () => {
    const { stdout, stderr } = await images(config, 'base');
    assert.match(stdout, /^REPOSITORY .*\nbase  /);
    assert.equal(stderr, '');
  });
}
