import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../testing/run-cli.ts';

interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdout: string;
}

/** Bake files with what `docker buildx bake --print` 0.29.1 says of them. */
const RECORDED = JSON.parse(
  readFileSync(new URL('testing/prints.json', import.meta.url), 'utf8'),
) as readonly Case[];

for (const { name, files, args, env, stdout } of RECORDED) {
  test(`bake --print says what buildx says: ${name}`, async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'bake-print-'));
    try {
      mkdirSync(join(cwd, 'sub'));
      for (const [file, text] of Object.entries(files)) writeFileSync(join(cwd, file), text);
      const ran = await runCli(['bake', '--print', ...args], {
        cwd,
        env: { HOME: '/root', ...env },
      });
      assert.equal(ran.stdout, stdout, ran.stderr);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });
}
