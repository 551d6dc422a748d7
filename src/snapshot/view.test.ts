import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { DiffId } from '../oci/digest.ts';
import { makeNode } from '../sys/node.ts';
import { setXattr } from '../sys/xattr.ts';
import { OPAQUE, YES } from './attributes.ts';
import { stackView } from './view.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root for whiteouts';
const dir = mkdtempSync(join(tmpdir(), 'stave-view-'));
after(() => rmSync(dir, { recursive: true, force: true }));

let count = 0;
/** A layer made by `fill` in its directory. */
function layer(fill: (at: (path: string) => string) => void): { diffId: DiffId; fs: string } {
  const name = `layer${count++}`;
  const fs = join(dir, name);
  mkdirSync(fs);
  fill((path) => join(fs, path));
  return { diffId: name as DiffId, fs };
}

const base = layer((at) => {
  mkdirSync(at('etc/sub'), { recursive: true });
  mkdirSync(at('usr/bin'), { recursive: true });
  writeFileSync(at('etc/passwd'), 'base');
  writeFileSync(at('etc/gone'), 'base');
  writeFileSync(at('etc/sub/old'), 'base');
  writeFileSync(at('usr/bin/sh'), 'shell');
  symlinkSync('usr/bin', at('bin'));
  symlinkSync('/etc', at('usr/absolute'));
  symlinkSync('../../../../../etc/passwd', at('usr/climb'));
  symlinkSync('b', at('a'));
  symlinkSync('a', at('b'));
  symlinkSync('/not/there', at('dangling'));
});

test('find() sees the topmost file, and what only a lower layer has', () => {
  const top = layer((at) => {
    mkdirSync(at('etc'));
    writeFileSync(at('etc/passwd'), 'top!');
    chmodSync(at('etc'), 0o700);
  });
  const view = stackView([base, top]);
  assert.equal(view.read('/etc/passwd', 100)?.toString(), 'top!');
  assert.equal(view.find('/etc/passwd')?.layer, top.diffId);
  assert.equal(view.read('/etc/sub/old', 100)?.toString(), 'base');
  assert.equal(Number(view.find('/etc')?.stat.mode ?? 0n) & 0o777, 0o700);
});

test('find() follows links inside the image only', () => {
  const view = stackView([base]);
  assert.equal(view.find('/bin/sh')?.path.toString(), '/usr/bin/sh');
  assert.equal(view.find('bin/../../../bin/sh')?.path.toString(), '/usr/bin/sh');
  assert.equal(view.find('/usr/absolute/passwd')?.path.toString(), '/etc/passwd');
  assert.equal(view.find('/usr/climb')?.path.toString(), '/etc/passwd');
  assert.equal(view.find('/usr/climb', { followLast: false })?.kind, 'symlink');
  assert.equal(view.find('/usr/absolute/', { followLast: false })?.path.toString(), '/etc');
  assert.equal(view.find('/dangling'), undefined);
  assert.equal(view.find('/etc/passwd/x'), undefined);
  assert.throws(() => view.find('/a'), { code: 'INVALID_INPUT' });
});

test('find() and list() obey whiteouts and opaque directories', { skip }, () => {
  const middle = layer((at) => {
    mkdirSync(at('etc/sub'), { recursive: true });
    makeNode(at('etc/gone'), 'char', 0, 0, 0);
    setXattr(at('etc/sub'), OPAQUE, YES);
    writeFileSync(at('etc/sub/new'), 'new');
    makeNode(at('usr'), 'char', 0, 0, 0);
  });
  const top = layer((at) => {
    mkdirSync(at('etc/sub'), { recursive: true });
    mkdirSync(at('usr'));
    writeFileSync(at('etc/sub/newer'), 'newer');
  });
  const view = stackView([base, middle, top]);
  const names = (path: string): string[] =>
    view.list(view.find(path)!).map((entry) => entry.path.toString());
  assert.equal(view.find('/etc/gone'), undefined);
  assert.equal(view.find('/etc/sub/old'), undefined);
  assert.deepEqual(names('/etc'), ['/etc/passwd', '/etc/sub']);
  assert.deepEqual(names('/etc/sub'), ['/etc/sub/new', '/etc/sub/newer']);
  assert.deepEqual(names('/usr'), []);
  assert.deepEqual(names('/'), ['/a', '/b', '/bin', '/dangling', '/etc', '/usr']);
});

test('find() obeys an opaque root', { skip }, () => {
  const only = layer((at) => {
    setXattr(at('.'), OPAQUE, YES);
    writeFileSync(at('x'), '');
  });
  const view = stackView([base, only]);
  assert.deepEqual(
    view.list(view.find('/')!).map((entry) => entry.path.toString()),
    ['/x'],
  );
});

test('a file hides a directory below it, and a directory a file', () => {
  const file = layer((at) => writeFileSync(at('etc'), 'file'));
  assert.equal(stackView([base, file]).find('/etc/passwd'), undefined);
  const directory = layer((at) => mkdirSync(at('etc')));
  const view = stackView([base, file, directory]);
  assert.deepEqual(view.list(view.find('/etc')!), []);
});

test('list() keeps names that are not text, sorted by bytes', () => {
  const odd = layer((at) => {
    for (const byte of [0xff, 0x41, 0xc3]) {
      writeFileSync(Buffer.concat([Buffer.from(at('')), Buffer.from([0x2f, byte])]), '');
    }
  });
  const view = stackView([odd]);
  const list = view.list(view.find('/')!);
  assert.deepEqual(
    list.map((entry) => [...entry.path]),
    [
      [0x2f, 0x41],
      [0x2f, 0xc3],
      [0x2f, 0xff],
    ],
  );
  assert.equal(view.find(Buffer.from([0x2f, 0xff]))?.kind, 'file');
});

test('read() bounds size and refuses what is no file', () => {
  const view = stackView([base]);
  assert.equal(view.read('/nothing', 10), undefined);
  assert.throws(() => view.read('/etc', 10), { code: 'INVALID_INPUT' });
  assert.throws(() => view.read('/etc/passwd', 3), { code: 'INVALID_INPUT' });
});

test('find() takes names that cannot exist for missing, and refuses NULs', () => {
  const view = stackView([base]);
  assert.equal(view.find(`/${'x'.repeat(300)}`), undefined);
  assert.throws(() => view.find('/etc\0/x'), { code: 'INVALID_INPUT' });
});

test('place() resolves parents and lists the missing ones', () => {
  const view = stackView([base]);
  const place = (path: string): unknown => {
    const { path: at, missing, existing } = view.place(path);
    return [at.toString(), missing.map(String), existing?.kind];
  };
  assert.deepEqual(place('/bin/new'), ['/usr/bin/new', [], undefined]);
  assert.deepEqual(place('/usr/absolute/x/y/z'), ['/etc/x/y/z', ['/etc/x', '/etc/x/y'], undefined]);
  assert.deepEqual(place('/dangling/x'), ['/not/there/x', ['/not', '/not/there'], undefined]);
  assert.deepEqual(place('/dangling'), ['/dangling', [], 'symlink']);
  assert.deepEqual(place('/q/../../etc/passwd'), ['/etc/passwd', [], 'file']);
  assert.deepEqual(place('/'), ['/', [], 'directory']);
  assert.throws(() => place('/etc/passwd/x'), { code: 'INVALID_INPUT' });
});

test('a view of no layers is an empty root', () => {
  const view = stackView([]);
  assert.equal(view.find('/'), undefined);
  assert.equal(view.find('/etc'), undefined);
  assert.deepEqual(view.place('/a/b').missing.map(String), ['/a']);
  assert.equal(view.place('/').path.toString(), '/');
});

test('read() gives nothing of what a link that was put in the way would show', () => {
  const own = layer((at) => {
    mkdirSync(at('dir'));
    writeFileSync(at('dir/name'), 'within');
  });
  const outside = mkdtempSync(join(dir, 'outside-'));
  writeFileSync(join(outside, 'name'), 'secret');
  const view = stackView([own]);
  assert.equal(view.read('/dir/name', 100)?.toString(), 'within');
  renameSync(join(own.fs, 'dir'), join(own.fs, 'moved'));
  symlinkSync(outside, join(own.fs, 'dir'));
  assert.equal(view.read('/dir/name', 100), undefined);
});
