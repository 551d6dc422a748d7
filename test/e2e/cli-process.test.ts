import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'stave-process-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command line in a process of its own, through a shell that may add to it. */
function shell(script: string): { stdout: string; stderr: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(
    '/bin/bash',
    ['-c', `stave() { "$NODE" "$BIN" "$@"; }; ${script}`],
    {
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        XDG_CACHE_HOME: folder,
        NODE: process.execPath,
        BIN: join(import.meta.dirname, '../../src/cli/bin.ts'),
        FOLDER: folder,
      },
    },
  );
  return { stdout, stderr, status };
}

test('stave version says the version and makes no store', () => {
  const { stdout, stderr, status } = shell('stave --root "$FOLDER/store" version');
  assert.match(stdout, /^stave:\n Version: +\d+\.\d+\.\d+\n/);
  assert.deepEqual([stderr, status, existsSync(join(folder, 'store'))], ['', 0, false]);
});

test('stave ends quietly when nobody reads its output', () => {
  const { stdout, stderr } = shell('for i in 1 2 3; do stave --help; done | head -c 10');
  assert.deepEqual([stdout, stderr], ['Container ', '']);
});

test('stave says that its output could not be written, where that can be said', () => {
  const full = 'Error: no space left on device while writing standard output\n';
  assert.ok(shell('stave version > /dev/full').stderr.startsWith(full));
  assert.deepEqual(
    ['version > /dev/full', 'version > /dev/full 2>&1', 'nope 2> /dev/full'].map(
      (line) => shell(`stave ${line}`).status,
    ),
    [1, 1, 1],
  );
});

test('stave exits with the code of its error', () => {
  const { stdout, stderr, status } = shell('stave run --nope x');
  assert.deepEqual([stdout, status], ['', 125]);
  assert.equal(
    stderr,
    "Error: unknown flag: --nope\n\nRun 'stave run --help' for more information\n",
  );
});

test('stave reads a Dockerfile from a pipe and from a file alike', () => {
  const { stdout } = shell(
    'printf "FROM scratch\\nLABEL a=b\\n" >"$FOLDER/D"; ' +
      'stave debug dockerfile <"$FOLDER/D"; cat "$FOLDER/D" | stave debug dockerfile -; ' +
      'stave debug dockerfile "$FOLDER/D"',
  );
  const tree = '(from "scratch")\n(label "a" "b" "=")\n';
  assert.equal(stdout, tree.repeat(3));
});

test('what stave keeps of its own code is writable for its user only', () => {
  shell('stave version');
  const cache = process.getuid?.() === 0 ? '/var/cache' : folder;
  const { mode, uid } = statSync(join(cache, 'stave', `node-${process.versions.node}`));
  assert.deepEqual([mode & 0o777, uid], [0o700, process.getuid?.()]);
});
