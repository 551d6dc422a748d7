import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTmpfs } from './tmpfs.ts';
import { parseVolume } from './volumes.ts';

test('parseVolume() tells paths, names and anonymous volumes apart', () => {
  assert.deepEqual(parseVolume('/a/b:/c'), {
    source: { kind: 'path', path: '/a/b', create: true },
    target: '/c',
    readonly: false,
    filled: true,
    mode: '',
  });
  assert.deepEqual(parseVolume('data:/c/../d/:ro,nocopy'), {
    source: { kind: 'named', name: 'data' },
    target: '/d',
    readonly: true,
    filled: false,
    mode: 'ro,nocopy',
  });
  assert.deepEqual(parseVolume('/only').source, { kind: 'anonymous' });
});

test('parseVolume() refuses what is not a volume', () => {
  const message = (text: string): string => {
    try {
      parseVolume(text);
      return 'accepted';
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(message('/a:/b:zz'), 'invalid mode: zz');
  assert.equal(message('/a:/b:ro:x'), "invalid volume specification: '/a:/b:ro:x'");
  assert.equal(message(':/b'), "invalid volume specification: ':/b'");
  assert.equal(message('/a:/'), "invalid volume specification: '/a:/': destination can't be '/'");
  assert.match(message('a b:/c'), /^create a b: "a b" includes invalid characters/);
});

test('parseTmpfs() reads size, mode and flags', () => {
  assert.deepEqual(parseTmpfs('/t'), { target: '/t', options: ['noexec', 'nosuid', 'nodev'] });
  assert.deepEqual(parseTmpfs('/t:size=1m,mode=700,exec,ro'), {
    target: '/t',
    size: 1024 * 1024,
    mode: 0o700,
    options: ['nosuid', 'nodev', 'exec', 'ro'],
  });
  assert.throws(() => parseTmpfs('/t:loud'), { message: 'invalid tmpfs option "loud"' });
});
