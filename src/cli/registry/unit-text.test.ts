import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { socketText, unitText } from './unit-text.ts';

const ANALYZE = '/usr/bin/systemd-analyze';

test('unitText() quotes paths for systemd', () => {
  const text = unitText({ program: '/opt/my stave', config: '/etc/50%.yaml', user: 'registry' });
  assert.match(text, /^ExecStart="\/opt\/my stave" registry serve --config \/etc\/50%%\.yaml$/m);
  assert.match(text, /^User=registry$/m);
  assert.doesNotMatch(text, /DynamicUser/);
});

test('socketText() takes ports and addresses only', () => {
  assert.match(socketText('127.0.0.1:5000'), /^ListenStream=127\.0\.0\.1:5000$/m);
  for (const bad of ['x', '70000', '1\n2', '/run/x'])
    assert.throws(() => socketText(bad), /--socket/);
});

const skip = existsSync(ANALYZE) ? false : 'needs systemd-analyze';
test('systemd takes the units', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'stave-unit-'));
  try {
    const service = join(folder, 'stave-registry.service');
    const socket = join(folder, 'stave-registry.socket');
    writeFileSync(
      service,
      unitText({ program: '/bin/true', config: '/etc/r.yaml', user: undefined }),
    );
    writeFileSync(socket, socketText('5000'));
    const said = execFileSync(ANALYZE, ['verify', '--man=no', service, socket], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    assert.equal(said, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
