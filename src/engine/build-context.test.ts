import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { bzip2, gzipped, xz, zstd } from '../../test/support/compressed.ts';
import { serveGit, withoutGit } from '../../test/support/git-server.ts';
import { serveHttp } from '../../test/support/http-server.ts';
import { once } from '../base/bytes.ts';
import { house, tarOf, type Member } from '../../test/support/context-house.ts';

const root = process.getuid?.() === 0 ? {} : { skip: 'layers keep owners, which needs root' };
const git = { skip: withoutGit };

const TREE: readonly Member[] = [
  { path: 'Dockerfile', text: 'FROM scratch\nCOPY . /\n' },
  { path: 'sub/Other', text: 'FROM scratch\nCOPY sub/x /y\n' },
  { path: 'sub/x', text: '1', mode: 0o4750 },
  { path: '.dockerignore', text: 'sub\n' },
];

for (const [what, compress] of Object.entries({
  plain: (data: Buffer) => data,
  gzipped,
  bzip2,
  xz,
  zstd,
})) {
  test(`an archive on standard input is the context: ${what}`, root, async (t) => {
    const { build } = house(t);
    const data = compress(tarOf(TREE));
    const { files } = await build({ context: { tar: once(data) } });
    // Its ignore file does not count, and everything is root's.
    assert.deepEqual(files, [
      '-rw-r--r-- 0/0 .dockerignore',
      '-rw-r--r-- 0/0 Dockerfile',
      'drwxr-xr-x 0/0 sub/',
      '-rw-r--r-- 0/0 sub/Other',
      '-rwsr-x--- 0/0 sub/x',
    ]);
    const other = await build({ context: { tar: once(data) }, dockerfile: { path: 'sub/Other' } });
    assert.deepEqual(other.files, ['-rwsr-x--- 0/0 y']);
  });
}

test('archives of GNU tar, in its own and in the PAX format, are contexts', root, async (t) => {
  const { build, write, path } = house(t);
  write('c/Dockerfile', 'FROM scratch\nCOPY a /\n');
  write('c/a', 'x');
  for (const format of ['gnu', 'pax', 'v7', 'ustar']) {
    const data = execFileSync('tar', [`--format=${format}`, '-C', path('c'), '-cf', '-', '.']);
    assert.deepEqual((await build({ context: { tar: once(data) } })).files.length, 1, format);
  }
});

for (const [what, members, message] of [
  ['without a Dockerfile', [{ path: 'a' }], /open Dockerfile: no such file or directory/],
  [
    'whose Dockerfile is a link out of it',
    [{ path: 'Dockerfile', link: '/etc/passwd' }],
    /open Dockerfile: no such file or directory/,
  ],
  [
    'with a name that climbs out',
    [{ path: '../x' }, ...TREE],
    /the build context holds .*"\.\.\/x"/,
  ],
  [
    'that reads a file of the host through a link',
    [
      { path: 'Dockerfile', text: 'FROM scratch\nCOPY l /\n' },
      { path: 'l', link: '../../../../etc/passwd' },
    ],
    /"\/l": not found/,
  ],
] as const satisfies readonly (readonly [string, readonly Member[], RegExp])[]) {
  test(`a context ${what} is refused and leaves nothing`, root, async (t) => {
    const { build, litter } = house(t);
    await assert.rejects(build({ context: { tar: once(tarOf(members)) } }), { message });
    assert.deepEqual(litter(), []);
  });
}

test('a damaged archive on standard input is refused and leaves nothing', root, async (t) => {
  const { build, litter } = house(t);
  const data = gzipped(tarOf(TREE));
  for (const broken of [data.subarray(0, 80), Buffer.from('\x1f\x8b\x08 not really', 'latin1')]) {
    await assert.rejects(
      build({ context: { tar: once(broken) } }),
      (error: Error) => 'code' in error,
    );
    assert.deepEqual(litter(), []);
  }
});

test('a URL leads to an archive or to a Dockerfile', root, async (t) => {
  await using web = await serveHttp((request, response) => {
    response.setHeader('last-modified', 'Wed, 21 Oct 2015 07:28:00 GMT');
    if (request.url === '/c.tgz') response.end(gzipped(tarOf(TREE)));
    else if (request.url === '/D') response.end('FROM scratch\nCOPY <<a /\nx\na\n');
    else if (request.url === '/C') response.end('FROM scratch\nCOPY a /\n');
    else response.writeHead(500).end();
  });
  const { build, litter } = house(t);
  const context = { url: `${web.url}/c.tgz` };
  assert.equal((await build({ context })).files.length, 5);
  assert.equal((await build({ context, dockerfile: { path: 'sub/Other' } })).files.length, 1);
  const text = 'FROM scratch\nCOPY sub /\n';
  assert.equal((await build({ context, dockerfile: { text } })).files.length, 2);
  assert.deepEqual((await build({ context: { url: `${web.url}/D` } })).files, ['-rw-r--r-- 0/0 a']);
  const { created } = await build({ context, sourceDateEpoch: 'context' });
  assert.equal(created, '2015-10-21T07:28:00Z');
  await assert.rejects(build({ context: { url: `${web.url}/C` } }), /this build has no context/);
  await assert.rejects(build({ context: { url: `${web.url}/x` } }), /answered 500/);
  assert.deepEqual(litter(), []);
});

test('a repository is a context, with the time of its commit', git, async (t) => {
  await using web = await serveGit();
  web.commit('r', {
    Dockerfile: 'FROM scratch\nCOPY . /\n',
    '.dockerignore': 'a\n',
    a: '1',
    'sub/Dockerfile': 'FROM scratch\nCOPY b /\n',
    'sub/b': '2',
  });
  const { build, litter } = house(t);
  const url = `${web.url}/r.git`;
  const { files } = await build({ context: { url } });
  assert.ok(files.includes('-rw-r--r-- 0/0 a') && !files.some((name) => name.includes('.git/')));
  assert.deepEqual((await build({ context: { url: `${url}#main:sub` } })).files, [
    '-rw-r--r-- 0/0 b',
  ]);
  const dated = await build({ context: { url }, sourceDateEpoch: 'context' });
  assert.equal(dated.created, '2001-09-09T01:46:40Z');
  const kept = await build({ context: { url }, args: { BUILDKIT_CONTEXT_KEEP_GIT_DIR: '1' } });
  assert.ok(kept.files.includes('-rw-r--r-- 0/0 .git/HEAD'));
  await assert.rejects(build({ context: { url: `${url}#no` } }), /no branch, tag or ref "no"/);
  assert.deepEqual(litter(), []);
});
