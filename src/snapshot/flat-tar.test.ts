import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { collect, once } from '../base/bytes.ts';
import { readTar } from '../layer/tar-reader.ts';
import type { DiffId } from '../oci/digest.ts';
import { makeNode } from '../sys/node.ts';
import { setXattr } from '../sys/xattr.ts';
import { OPAQUE, YES } from './attributes.ts';
import { pourFlatTar } from './flat-tar.ts';
import type { StackView } from './stack-view.ts';
import { stackView } from './view.ts';

const skip = process.getuid?.() === 0 ? false : 'devices need root';

/** Two empty layers, gone with the scope. */
function layers(): Disposable & { below: string; above: string } {
  const path = mkdtempSync(join(tmpdir(), 'stave-flat-'));
  const [below, above] = [join(path, 'below'), join(path, 'above')];
  mkdirSync(below);
  mkdirSync(above);
  return { below, above, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

async function flat(
  stack: readonly string[],
  extra: readonly string[] = [],
): Promise<{ readonly text: string[]; readonly bytes: Buffer }> {
  const view = stackView(stack.map((fs) => ({ fs, diffId: fs as DiffId })));
  const pieces: Buffer[] = [];
  await pourFlatTar(view, extra, (piece) => void pieces.push(Buffer.from(piece)));
  const bytes = Buffer.concat(pieces);
  const text: string[] = [];
  for await (const { entry, body } of readTar(once(bytes))) {
    const link = entry.linkTarget ? ` -> ${Buffer.from(entry.linkTarget).toString()}` : '';
    const content = entry.type === 'file' ? ` ${(await collect(body)).toString()}` : '';
    text.push(`${entry.type} ${Buffer.from(entry.path).toString('latin1')}${link}${content}`);
  }
  return { text, bytes };
}

test('pourFlatTar() shows what is left of the layers, as one', { skip }, async () => {
  using made = layers();
  const { below, above } = made;
  mkdirSync(join(below, 'dir'));
  writeFileSync(join(below, 'dir/hidden'), 'x');
  writeFileSync(join(below, 'gone'), 'x');
  writeFileSync(join(below, 'kept'), 'kept');
  mkdirSync(join(above, 'dir'));
  setXattr(Buffer.from(join(above, 'dir')), OPAQUE, YES);
  writeFileSync(join(above, 'dir/new'), 'new');
  makeNode(Buffer.from(join(above, 'gone')), 'char', 0, 0, 0);
  const { text } = await flat([below, above], ['.mark']);
  assert.deepEqual(text, ['file .mark ', 'directory dir', 'file dir/new new', 'file kept kept']);
});

test('pourFlatTar() keeps links, devices, attributes and odd names', { skip }, async () => {
  using made = layers();
  const { below } = made;
  writeFileSync(join(below, 'a'), 'linked');
  linkSync(join(below, 'a'), join(below, 'b'));
  symlinkSync('/else/where', join(below, 'c'));
  makeNode(Buffer.from(join(below, 'd')), 'block', 0o600, 7, 3);
  makeNode(Buffer.from(join(below, 'e')), 'fifo', 0o600);
  writeFileSync(Buffer.concat([Buffer.from(`${below}/f`), Buffer.from([0xff, 0x0a])]), 'odd');
  chownSync(join(below, 'a'), 7, 8);
  chmodSync(join(below, 'a'), 0o4711);
  const { text, bytes } = await flat([below], ['a']);
  assert.deepEqual(text, [
    'file a linked',
    'hardlink b -> a',
    'symlink c -> /else/where',
    'block d',
    'fifo e',
    'file f\xff\n odd',
  ]);
  for await (const { entry } of readTar(once(bytes))) {
    if (entry.type !== 'file' || entry.path[0] !== 0x61) continue;
    assert.deepEqual([entry.uid, entry.gid, entry.mode], [7, 8, 0o4711]);
  }
});

test('pourFlatTar() leaves out what a link that was put in the way would show', async () => {
  using made = layers();
  const { below } = made;
  mkdirSync(join(below, 'dir'));
  writeFileSync(join(below, 'dir/name'), 'within!');
  mkdirSync(join(made.above, 'elsewhere'));
  writeFileSync(join(made.above, 'elsewhere/name'), 'outside');
  const real = stackView([{ fs: below, diffId: 'below' as DiffId }]);
  const view: StackView = {
    find: (...call) => real.find(...call),
    read: (...call) => real.read(...call),
    readlink: (entry) => real.readlink(entry),
    place: (path) => real.place(path),
    list(directory) {
      const entries = real.list(directory);
      if (!directory.path.equals(Buffer.from('/dir'))) return entries;
      // What a process in the container may do between two system calls of ours.
      renameSync(join(below, 'dir'), join(below, 'moved'));
      symlinkSync(join(made.above, 'elsewhere'), join(below, 'dir'));
      return entries;
    },
  };
  const pieces: Buffer[] = [];
  await pourFlatTar(view, [], (piece) => void pieces.push(Buffer.from(piece)));
  assert.doesNotMatch(Buffer.concat(pieces).toString('latin1'), /outside/);
});

test('pourFlatTar() of nothing is an empty archive', async () => {
  using made = layers();
  const { text, bytes } = await flat([made.below]);
  assert.deepEqual([text, bytes.length], [[], 1024]);
});
