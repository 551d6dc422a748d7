import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { busyboxRoot, cannotRun } from '../support/busybox-root.ts';

const ROUNDS = Number(process.env['STAVE_KILLS'] ?? 6);
const program = join(import.meta.dirname, '../../src/cli/bin.ts');
const skip = cannotRun;
let directory: string;
let root: string;

before(() => {
  if (skip !== false) return;
  directory = mkdtempSync(`${tmpdir()}/stave-commit-kill-`);
  root = join(directory, 'store');
  const base = busyboxRoot(join(directory, 'base'));
  mkdirSync(join(base, 'data'));
  for (let at = 0; at < 500; at += 1) writeFileSync(join(base, 'data', `file${at}`), `${at}`);
  const tar = spawnSync('tar', ['-C', base, '-c', '.'], { maxBuffer: 1 << 28 }).stdout;
  call(['import', '-c', 'ENV PATH=/bin', '-', 'base:1'], tar);
});
after(() => {
  if (skip === false) rmSync(directory, { recursive: true, force: true });
});

function call(args: readonly string[], input?: Buffer): string {
  const argv = [program, '--root', root, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', input });
  assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** Kills a command after at most `most` milliseconds. */
async function killed(args: readonly string[], most: number): Promise<void> {
  const argv = [program, '--root', root, ...args];
  const child = spawn(process.execPath, argv, { stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), randomInt(most));
  await new Promise((resolve) => void child.once('close', resolve));
  clearTimeout(timer);
}

function took(args: readonly string[]): number {
  const started = performance.now();
  call(args);
  return Math.ceil(performance.now() - started);
}

test(`commit survives ${ROUNDS} kills at any moment`, { skip }, async () => {
  const script = 'for i in $(cat /list); do cp /bin/busybox /made$i; done; rm -r /data';
  const list = Array.from({ length: 40 }, (_, at) => at).join(' ');
  const run = ['run', '--network', 'none', '--name', 'changed', 'base:1', 'sh', '-c'];
  call([...run, `echo ${list} > /list; ${script}`]);
  const whole = took(['commit', 'changed', 'first']);
  call(['rmi', 'first']);
  for (let round = 0; round < ROUNDS; round += 1) {
    await killed(['commit', 'changed', 'second'], whole);
    call(['system', 'check']);
  }
  call(['commit', 'changed', 'second']);
  call(['system', 'check']);
  const look = ['run', '--rm', '--network', 'none', 'second', 'sh', '-c'];
  assert.equal(
    call([...look, 'ls / | grep -c made; ls -d /data 2>/dev/null || echo gone']),
    '40\ngone',
  );
});

test(`volumes survive ${ROUNDS} kills at any moment`, { skip }, async () => {
  const run = ['run', '--rm', '--network', 'none', '-v', 'data:/data', '-v', '/anon', 'base:1'];
  const whole = took([...run, 'true']);
  for (let round = 0; round < ROUNDS; round += 1) {
    call(['volume', 'rm', '-f', 'data']);
    await killed([...run, 'true'], whole);
    // All or nothing of what the image has there, and then it is filled.
    assert.equal(call([...run, 'sh', '-c', 'ls /data | wc -l']), '500');
    await killed(['volume', 'rm', 'data'], whole);
  }
  call(['container', 'prune', '-f']);
  call(['volume', 'prune', '-a', '-f']);
  assert.deepEqual(readdirSync(join(root, 'volumes')), []);
  assert.deepEqual(readdirSync(join(root, 'containers')), []);
  assert.equal(call(['volume', 'ls', '-q']), '');
});
