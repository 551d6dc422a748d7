import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { collect, once } from '../../base/bytes.ts';
import { contextSources, namedContextsOf, proxiesOf } from './contexts.ts';

const folder = mkdtempSync(join(tmpdir(), 'contexts-'));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
mkdirSync(join(folder, 'github.com/a/b'), { recursive: true });
writeFileSync(join(folder, 'github.com/a/b/Dockerfile'), 'FROM scratch\n');

type Sources = Awaited<ReturnType<typeof contextSources>>;

function typed(where: string, file?: string, stdin: Uint8Array | string = ''): Promise<Sources> {
  const bytes = (): AsyncGenerator<Uint8Array, void> => once(Buffer.from(stdin as string));
  return contextSources({ where, file, cwd: folder, stdin: { bytes } });
}

test('contextSources() takes URLs and repositories as they are written', async () => {
  for (const url of [
    'https://x/y.git#main:sub',
    'http://x/y.tar.gz',
    'git://x/y',
    'ssh://git@x/y.git',
    'git@x.org:y/z.git',
  ]) {
    assert.deepEqual(await typed(url), { context: { url } });
  }
});

test('contextSources() reads github.com as the repository there, unless it is a directory', async () => {
  assert.deepEqual(await typed('github.com/c/d#v1:x'), {
    context: { url: 'https://github.com/c/d.git#v1:x' },
  });
  assert.deepEqual(await typed('github.com/c/d.git'), {
    context: { url: 'https://github.com/c/d.git' },
  });
  assert.equal((await typed('github.com/a/b')).context, join(folder, 'github.com/a/b'));
});

test('contextSources() keeps the name of a Dockerfile for a context that is yet to come', async () => {
  assert.deepEqual((await typed('https://x/y.git', 'sub/D')).dockerfile, { path: 'sub/D' });
});

test('contextSources() takes a Dockerfile from standard input beside any context', async () => {
  const text = 'FROM x\n';
  assert.deepEqual(await typed('.', '-', text), { context: folder, dockerfile: { text } });
  assert.deepEqual((await typed('git@x:y', '-', text)).dockerfile, { text });
});

for (const [what, start] of [
  ['gzip', gzipSync('x')],
  ['bzip2', Buffer.from('BZh91AY')],
  ['xz', Buffer.from('\xfd7zXZ\0', 'latin1')],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['an empty tar', Buffer.alloc(1024)],
] as const) {
  test(`contextSources() takes ${what} on standard input for a context`, async () => {
    const { context, dockerfile } = await typed('-', 'D', start);
    assert.ok(typeof context === 'object' && 'tar' in context);
    assert.deepEqual(await collect(context.tar), start);
    assert.deepEqual(dockerfile, { path: 'D' });
  });
}

test('contextSources() takes all else on standard input for a Dockerfile', async () => {
  const text = `FROM x\n# ${'ustar'.repeat(500)}\n`;
  assert.deepEqual(await typed('-', undefined, text), {
    context: undefined,
    dockerfile: { text },
  });
  await assert.rejects(typed('-', 'D', text), /ambiguous Dockerfile source/);
  await assert.rejects(typed('-', '-', text), { code: 'USAGE' });
  await assert.rejects(typed('-', undefined, 'x'.repeat(5 << 20)), /is no Dockerfile/);
});

test('namedContextsOf() makes directories absolute and leaves the others', () => {
  assert.deepEqual(
    namedContextsOf(
      ['A=sub', 'b=docker-image://x', 'c=oci-layout://lay:v1', 'd=github.com/x/y', 'e=target:z'],
      '/w',
    ),
    {
      A: '/w/sub',
      b: 'docker-image://x',
      c: 'oci-layout:///w/lay:v1',
      d: 'https://github.com/x/y.git',
      e: 'target:z',
    },
  );
  assert.throws(() => namedContextsOf(['x'], '/'), /invalid context value: x, expected key=value/);
});

test('proxiesOf() takes the variables that name proxies, and says nothing without any', () => {
  assert.deepEqual(proxiesOf({ http_proxy: 'a', NO_PROXY: 'b', HTTPS_PROXY: '', X: 'c' }), {
    proxies: { http_proxy: 'a', NO_PROXY: 'b' },
  });
  assert.deepEqual(proxiesOf({}), {});
});
