import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { InvalidInputError } from '../../base/errors.ts';
import { commitDate } from './commit-date.ts';

const GIT = '/usr/bin/git';
const skip = existsSync(GIT) ? false : 'needs git (package git)';
const START = 1_600_000_000;
const TEXT =
  'a long message that all commits share, so that a pack keeps only differences\n'.repeat(30);

function repository(t: TestContext): { folder: string; git: (...args: string[]) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'commit-date-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const git = (...args: string[]): string =>
    execFileSync(GIT, ['-C', folder, ...args], {
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
    });
  git('init', '-q', '-b', 'main');
  return { folder, git };
}

function commits(folder: string, count: number): void {
  const lines = Array.from({ length: count }, (_, index) => {
    const date = `${START + index} +0200`;
    const message = `${index}\n${TEXT}`;
    return `commit refs/heads/main\ncommitter a <a@b> ${date}\ndata ${message.length}\n${message}\n`;
  });
  execFileSync(GIT, ['-C', folder, 'fast-import', '--quiet'], { input: lines.join('') });
}

test('commitDate() reads loose commits and packed ones, differences too', { skip }, (t) => {
  const { folder, git } = repository(t);
  commits(folder, 40);
  git('gc', '-q', '--aggressive');
  const [pack = ''] = git('count-objects', '-v').match(/packs: \d+/) ?? [];
  assert.equal(pack, 'packs: 1');
  const idx = execFileSync('sh', ['-c', 'ls .git/objects/pack/*.idx'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const listed = git('verify-pack', '-v', idx.trim());
  assert.match(
    listed,
    /^[0-9a-f]{40} commit \d+ \d+ \d+ [1-9]\d* [0-9a-f]{40}$/m,
    'has differences',
  );
  const ids = git('rev-list', '--reverse', 'main').trim().split('\n');
  for (const [index, id] of ids.entries()) {
    writeFileSync(join(folder, '.git/HEAD'), `${id}\n`);
    assert.equal(commitDate(folder), START + index);
  }
  writeFileSync(join(folder, '.git/HEAD'), 'ref: refs/heads/main\n');
  assert.equal(commitDate(folder), START + 39, 'a packed ref');
});

test('commitDate() finds the checkout above a folder, and work trees beside one', { skip }, (t) => {
  const { folder, git } = repository(t);
  commits(folder, 2);
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  assert.equal(commitDate(join(folder, 'deep/er')), START + 1);
  git('worktree', 'add', '-q', join(folder, 'beside'), 'main~1');
  assert.equal(commitDate(join(folder, 'beside')), START);
});

test('commitDate() says nothing where there is no commit', { skip }, (t) => {
  const { folder } = repository(t);
  assert.equal(commitDate(folder), undefined);
  rmSync(join(folder, '.git'), { recursive: true });
  assert.equal(commitDate(folder), undefined);
});

test('commitDate() refuses a repository that it cannot read', { skip }, (t) => {
  const { folder } = repository(t);
  const head = join(folder, '.git/HEAD');
  for (const text of ['ref: refs/../../../etc/passwd\n', 'nonsense\n', `${'0'.repeat(40)}\n`]) {
    writeFileSync(head, text);
    assert.throws(() => commitDate(folder), InvalidInputError, text);
  }
  const id = 'ab'.repeat(20);
  mkdirSync(join(folder, '.git/objects/ab'));
  appendFileSync(join(folder, '.git/objects/ab', id.slice(2)), 'no zlib');
  writeFileSync(head, `${id}\n`);
  assert.throws(() => commitDate(folder), InvalidInputError);
});
