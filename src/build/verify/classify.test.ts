import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { classifyContent, fetchesThings, sameButRandom } from './classify.ts';

function kind(a: string | Buffer, b: string | Buffer, fetches = false): string {
  return classifyContent(Buffer.from(a), Buffer.from(b), fetches).kind;
}

test('classifyContent() sees dates in whatever way they are written', () => {
  for (const [a, b] of [
    ['Sat Nov 21 14:01:21 UTC 2026', 'Sun Nov 22 09:00:02 UTC 2026'],
    ['built 2026-11-21T14:01:21Z here', 'built 2026-11-21T14:01:22.5Z here'],
    ['Date: Sat, 21 Nov 2026 14:01:21 +0000', 'Date: Sun, 22 Nov 2026 14:01:21 +0000'],
    ['1795269681', '1795269682'],
    ['{"at":1795269681123}', '{"at":1795269682456}'],
    ['21/Nov/2026:14:01:21', '22/Nov/2026:14:01:21'],
    ['done in 1.25s', 'done in 1.5s'],
    ['[14:01:21] start', '[14:01:22] start'],
  ] as const) {
    assert.equal(kind(a, b), 'time', a);
  }
});

test('classifyContent() sees times in headers', () => {
  const gzip = (time: number): Buffer => {
    const bytes = gzipSync('text');
    bytes.writeUInt32LE(time, 4);
    return bytes;
  };
  assert.equal(kind(gzip(1_700_000_000), gzip(1_700_000_001)), 'time');
  const pyc = (time: number): Buffer => {
    const bytes = Buffer.alloc(64, 7);
    bytes.set([0xcb, 0x0d, 0x0d, 0x0a]);
    bytes.writeUInt32LE(time, 8);
    return bytes;
  };
  assert.equal(kind(pyc(1_700_000_000), pyc(1_700_900_000)), 'time');
  const binary = (time: number): Buffer => {
    const bytes = Buffer.alloc(64);
    bytes.writeUInt32BE(time, 20);
    return bytes;
  };
  assert.equal(kind(binary(1_700_000_000), binary(1_700_900_000)), 'time');
});

test('classifyContent() sees lines in another order', () => {
  assert.equal(kind('b\na\nc\n', 'a\nb\nc\n'), 'order');
  assert.equal(kind('{a, b, c}', '{c, b, a}'), 'order');
});

test('classifyContent() sees what was made up', () => {
  assert.equal(kind('id=5f3759df1b', 'id=0badc0ffee'), 'randomness');
  assert.equal(
    kind('63a9f0ea-7bb9-4050-b96b-649e85481845', '0fb1c1f6-7e3f-4e1f-8a94-6d27a9f4e3d4'),
    'randomness',
  );
  assert.equal(kind('pid 71', 'pid 94'), 'randomness');
  const noise = (): Buffer => Buffer.concat([Buffer.from('\0head'), randomBytes(256)]);
  assert.equal(kind(noise(), noise()), 'randomness');
});

test('classifyContent() blames the network where a step fetches things', () => {
  assert.equal(kind('release a', 'release b', true), 'network');
  assert.equal(kind('release a', 'release b'), 'content');
  assert.equal(kind('Sat Nov 21 14:01:21 UTC 2026', 'Sun Nov 22 14:01:21 UTC 2026', true), 'time');
});

test('fetchesThings() knows programs that do, not words that look like them', () => {
  for (const text of [
    'RUN apt-get update',
    'RUN pip install x',
    'RUN git clone y',
    'RUN a && curl z',
  ]) {
    assert.ok(fetchesThings(text), text);
  }
  for (const text of [
    'RUN make',
    'RUN echo captive',
    'COPY npm-shrinkwrap.json /',
    'RUN git status',
  ]) {
    assert.ok(!fetchesThings(text), text);
  }
});

test('sameButRandom() pairs names that one program makes up', () => {
  assert.ok(sameButRandom('tmp.Ab3dE9', 'tmp.zzYq0x'));
  assert.ok(sameButRandom('tmp.abcdef', 'tmp.uvwxyz'));
  assert.ok(sameButRandom('cache-8f3a', 'cache-91bc'));
  assert.ok(!sameButRandom('notes.txt', 'readme.md'));
});
