import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { storePaths } from '../../store/paths.ts';
import { bootService } from './boot-service.ts';
import { crontabLine, unitText } from './unit.ts';

const directory = mkdtempSync(join(tmpdir(), 'stave-boot-'));
after(() => rmSync(directory, { recursive: true }));

test('unitText() quotes what systemd would read otherwise', () => {
  const text = unitText({ argv: ['/bin/x', '50% "$HOME" \\'], environment: { A: 'b c' } }, false);
  assert.match(text, /^ExecStart="\/bin\/x" "50%% \\"\$\$HOME\\" \\\\"$/m);
  assert.match(text, /^Environment="A=b c"$/m);
  assert.match(text, /^WantedBy=multi-user\.target$/m);
  assert.match(unitText({ argv: ['x'], environment: {} }, true), /^WantedBy=default\.target$/m);
});

test('crontabLine() quotes what the shell and cron would read otherwise', () => {
  assert.equal(
    crontabLine({ argv: ['/bin/x', "it's", '50%'], environment: {} }),
    `@reboot /bin/x 'it'\\''s' 50\\%`,
  );
});

test('bootService() writes and enables a unit, and takes it away again', async () => {
  const units = join(directory, 'units');
  const log = join(directory, 'log');
  const program = join(directory, 'systemctl');
  // Says yes to everything, and what it was asked.
  writeFileSync(program, `#!/bin/sh\necho "$*" >>${log}\n`);
  chmodSync(program, 0o755);
  const paths = storePaths(join(directory, 'store'));
  const manager = { units, program, forUser: true, environment: {} };
  const service = bootService({ paths, id: '0123456789ab' }, { configHome: directory }, manager);
  const unit = join(units, 'stave-01234567.service');
  assert.equal((await service.status()).enabled, false);
  const { enabled, needsLingering } = await service.enable();
  assert.deepEqual({ enabled, needsLingering }, { enabled: true, needsLingering: true });
  assert.match(readFileSync(unit, 'utf8'), /"start" "--restart-policy" "always,unless-stopped"\n/);
  assert.equal((await service.disable()).enabled, false);
  assert.equal(existsSync(unit), false);
  assert.equal(
    readFileSync(log, 'utf8'),
    [
      '--user daemon-reload',
      '--user enable stave-01234567.service',
      '--user is-enabled stave-01234567.service',
      '--user disable stave-01234567.service',
      '--user daemon-reload',
      '',
    ].join('\n'),
  );
});
