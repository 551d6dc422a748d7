import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { archiveFile } from './files.ts';

const folder = mkdtempSync(join(tmpdir(), 'stave-files-'));
after(() => rmSync(folder, { recursive: true }));

const content = Buffer.alloc(2_000_000, 'abcdefghij');
const path = join(folder, 'file');
writeFileSync(path, content);

test('archiveFile() gives the whole file', async () => {
  const pieces: Buffer[] = [];
  for await (const piece of archiveFile(path, 'file')) pieces.push(Buffer.from(piece));
  assert.ok(Buffer.concat(pieces).equals(content));
});

test('archiveFile() leaves out what is skipped, and no more than there is', async () => {
  const bytes = archiveFile(path, 'file');
  const pieces: Buffer[] = [];
  for await (const piece of bytes) {
    pieces.push(Buffer.from(piece));
    if (pieces.length > 1) continue;
    assert.equal(bytes.skip(content.length - piece.length + 1), false);
    assert.equal(bytes.skip(1_000_003), true);
  }
  const first = pieces[0]!.length;
  const wanted = Buffer.concat([content.subarray(0, first), content.subarray(first + 1_000_003)]);
  assert.ok(Buffer.concat(pieces).equals(wanted));
});

test('archiveFile() reads pipes, in which nothing can be skipped', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const writer = spawn('sh', ['-c', 'echo one > "$0"', pipe], { stdio: 'ignore' });
  const bytes = archiveFile(pipe, 'pipe');
  assert.equal(bytes.skip(1), false);
  const pieces: string[] = [];
  for await (const piece of bytes) pieces.push(Buffer.from(piece).toString());
  assert.equal(pieces.join(''), 'one\n');
  await once(writer, 'close');
});

test('archiveFile() says in known words what it cannot read', async () => {
  assert.throws(() => archiveFile(join(folder, 'nosuch'), 'nosuch'), {
    message: 'open nosuch: no such file or directory',
  });
  const iterator = archiveFile(folder, 'folder')[Symbol.asyncIterator]();
  await assert.rejects(Promise.resolve(iterator.next()), {
    message: 'read folder: is a directory',
  });
});
