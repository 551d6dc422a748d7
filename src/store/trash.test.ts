import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { Trash } from './trash.ts';

interface Scratch extends Disposable {
  readonly path: string;
  readonly bin: string;
  readonly trash: Trash;
}

function scratch(): Scratch {
  const path = mkdtempSync(`${tmpdir()}/stave-trash-`);
  const bin = `${path}/trash`;
  mkdirSync(bin);
  return {
    path,
    bin,
    trash: new Trash(bin),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

function emptied(trash: Trash): number {
  const removal = trash.empty();
  for (;;) {
    const step = removal.next();
    if (step.done === true) return step.value;
  }
}

test('take() moves things out of sight and empty() removes them', () => {
  using at = scratch();
  mkdirSync(`${at.path}/tree/sub`, { recursive: true });
  writeFileSync(`${at.path}/tree/sub/file`, Buffer.alloc(100_000));
  at.trash.take(`${at.path}/tree`);
  assert.ok(!existsSync(`${at.path}/tree`));

  const bytes = emptied(at.trash);

  assert.ok(bytes >= 100_000 && bytes < 200_000, `${bytes} bytes`);
  assert.deepEqual(readdirSync(at.bin), []);
});

test('take() of what is not there does nothing', () => {
  using at = scratch();
  assert.equal(at.trash.take(`${at.path}/nothing`), undefined);
});

test('drop() removes only what it is given', () => {
  using at = scratch();
  mkdirSync(`${at.bin}/other`);
  mkdirSync(`${at.path}/tree`);
  at.trash.drop(at.trash.take(`${at.path}/tree`) ?? '');
  assert.deepEqual(readdirSync(at.bin), ['other']);
});

test('empty() does not follow links', () => {
  using at = scratch();
  mkdirSync(`${at.path}/outside`);
  writeFileSync(`${at.path}/outside/precious`, '');
  mkdirSync(`${at.bin}/tree`);
  symlinkSync(`${at.path}/outside`, `${at.bin}/tree/link`);
  emptied(at.trash);
  assert.deepEqual(readdirSync(`${at.path}/outside`), ['precious']);
  assert.deepEqual(readdirSync(at.bin), []);
});

test('empty() does not count a file that has another name', () => {
  using at = scratch();
  writeFileSync(`${at.path}/kept`, Buffer.alloc(1_000_000));
  linkSync(`${at.path}/kept`, `${at.bin}/gone`);
  assert.equal(emptied(at.trash), 0);
});

test('empty() removes names that are no text, and directories that nobody may enter', () => {
  using at = scratch();
  mkdirSync(`${at.bin}/tree/closed`, { recursive: true });
  const name = Buffer.concat([Buffer.from(`${at.bin}/tree/closed/`), Buffer.from([0xff, 0xfe])]);
  writeFileSync(name, '');
  execFileSync('/bin/chmod', ['000', `${at.bin}/tree/closed`]);
  emptied(at.trash);
  assert.deepEqual(readdirSync(at.bin), []);
});

test('empty() removes directories with more entries than it reads at once', () => {
  using at = scratch();
  mkdirSync(`${at.bin}/tree`);
  for (let n = 0; n < 5000; n += 1) writeFileSync(`${at.bin}/tree/${n}`, '');
  emptied(at.trash);
  assert.deepEqual(readdirSync(at.bin), []);
});

test('empty() removes trees that are deeper than any path may be long', () => {
  using at = scratch();
  const script = `cd ${at.bin}; i=0; while [ $i -lt 120 ]; do mkdir ${'d'.repeat(100)}; cd ${'d'.repeat(100)}; i=$((i+1)); done; : >end`;
  execFileSync('/bin/sh', ['-c', script]);
  emptied(at.trash);
  assert.deepEqual(readdirSync(at.bin), []);
});

test('empty() leaves alone what has a mount point in it', (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root, to mount');
  using at = scratch();
  mkdirSync(`${at.path}/outside`);
  writeFileSync(`${at.path}/outside/precious`, '');
  mkdirSync(`${at.bin}/tree/a b`, { recursive: true });
  mkdirSync(`${at.bin}/plain`);
  execFileSync('/bin/mount', ['--bind', `${at.path}/outside`, `${at.bin}/tree/a b`]);
  try {
    emptied(at.trash);
    assert.deepEqual(readdirSync(`${at.path}/outside`), ['precious']);
    assert.deepEqual(readdirSync(at.bin), ['tree']);
  } finally {
    execFileSync('/bin/umount', [`${at.bin}/tree/a b`]);
  }
  emptied(at.trash);
  assert.deepEqual(readdirSync(at.bin), []);
});
