import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec, skip, top } from './house.ts';

test('the packed tarball, installed without scripts, runs', { skip }, () => {
  const work = mkdtempSync(join(tmpdir(), 'stave-package-'));
  try {
    // The build is there already.
    const packed = exec(
      ['npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', work],
      {
        cwd: top,
      },
    );
    assert.equal(packed.code, 0, packed.stderr);
    const place = join(work, 'place');
    mkdirSync(place);
    const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    const installed = exec(['npm', 'install', ...flags, join(work, packed.stdout.trim())], {
      cwd: place,
    });
    assert.equal(installed.code, 0, installed.stderr);

    const env = { ...process.env, STAVE_ROOT: join(work, 'store') };
    const stave = (...args: string[]): string => {
      const ran = exec([join(place, 'node_modules/.bin/stave'), ...args], { env, cwd: work });
      assert.equal(ran.code, 0, `stave ${args.join(' ')}: ${ran.stderr}`);
      return ran.stdout;
    };
    assert.match(stave('version'), /0\.1\.0/);
    writeFileSync(join(work, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    stave('build', '-q', '-t', 'packed', '.');
    assert.equal(stave('images', '--format', '{{.Repository}}'), 'packed\n');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
