import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { capture } from './testing/run-cli.ts';
import { formatOf } from './user-config.ts';

function ask(t: TestContext, config: string | undefined): { format?: string; said: string } {
  const folder = mkdtempSync('/tmp/stave-config-');
  t.after(() => rmSync(folder, { recursive: true }));
  if (config !== undefined) writeFileSync(join(folder, 'config.json'), config);
  const stderr = capture();
  const format = formatOf('imagesFormat', {
    env: { DOCKER_CONFIG: folder },
    stderr: stderr.output,
  });
  return { ...(format !== undefined && { format }), said: stderr.text().replaceAll(folder, 'X') };
}

test('formatOf() is what config.json asks for', (t) => {
  assert.deepEqual(ask(t, '{"imagesFormat":"{{.ID}}!","psFormat":"x"}'), {
    format: '{{.ID}}!',
    said: '',
  });
});

for (const config of [
  undefined,
  '',
  '{}',
  '[]',
  'null',
  '{"imagesFormat":7}',
  '{"imagesFormat":""}',
]) {
  test(`formatOf() is nothing for ${config === undefined ? 'no file' : JSON.stringify(config)}`, (t) => {
    assert.deepEqual(ask(t, config), { said: '' });
  });
}

test('formatOf() goes on with a warning where the file is broken', (t) => {
  const { format, said } = ask(t, '{broken');
  assert.equal(format, undefined);
  assert.match(said, /^WARNING: Error parsing config file \(X\/config\.json\): .+\n$/);
});
