import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { serveGit, withoutGit } from '../../../test/support/git-server.ts';
import { serveHttp } from '../../../test/support/http-server.ts';
import { bench, RUN } from '../testing/bench.ts';

const git = { skip: withoutGit };
const names = (listing: readonly string[]): string[] =>
  listing.map((line) => line.split(' ').slice(3).join(' '));

test('ADD of a repository copies its tree with plain modes, and no .git', git, async (t) => {
  await using house = await serveGit();
  house.commit('r', { a: '1', 'd/run.sh': '2' });
  house.git('r', 'update-index', '--chmod=+x', 'd/run.sh');
  house.git('r', 'commit', '-q', '-m', 'x');
  const { build, listing } = bench(t);
  const { config } = await build(`FROM scratch\nADD ${house.url}/r.git /src\n`);
  assert.deepEqual(listing(config), [
    '0755 0:0 directory src',
    '0644 0:0 file src/a',
    '0755 0:0 directory src/d',
    '0755 0:0 file src/d/run.sh',
  ]);
});

test('ADD of a repository takes branches, tags, refs, commits and directories', git, async (t) => {
  await using house = await serveGit();
  const first = house.commit('r', { one: '1', 'sub/deep/x': '1' });
  house.git('r', 'tag', '-a', '-m', 'x', 'v1');
  house.git('r', 'branch', 'old');
  house.commit('r', { two: '2' });
  house.git('r', 'update-ref', 'refs/pull/7/head', first);
  const { build, listing } = bench(t);
  const both = ['one', 'sub', 'sub/deep', 'sub/deep/x', 'two'];
  const old = both.slice(0, -1);
  for (const [end, expected] of [
    ['', both],
    ['#main', both],
    ['#old', old],
    ['#v1', old],
    [`#${first}`, old],
    ['#refs/tags/v1', old],
    ['#pull/7/head', old],
    ['#:sub', ['deep', 'deep/x']],
    ['#old:sub/deep', ['x']],
    ['?branch=old&subdir=sub', ['deep', 'deep/x']],
    ['?tag=v1', old],
    ['?ref=refs/heads/old', old],
    [`?commit=${first}`, old],
    [`?tag=v1&checksum=${first.slice(0, 7)}`, old],
    [`?branch=main&commit=${first}&fetch-by-commit=true`, old],
    ['#old:../../sub/./deep/', ['x']],
  ] as const) {
    const { config } = await build(`FROM scratch\nADD ${house.url}/r.git${end} /\n`);
    assert.deepEqual(names(listing(config)), expected, end);
  }
});

test('ADD of a commit that was fetched before asks nobody', git, async (t) => {
  await using house = await serveGit();
  const commit = house.commit('r', { a: '1' });
  const { build } = bench(t);
  await build(`FROM scratch\nADD ${house.url}/r.git#${commit} /a\n`);
  const asked = house.asked.length;
  const { cached } = await build(`FROM scratch\nADD ${house.url}/r.git#${commit} /a\n`);
  await build(`FROM scratch\nADD ${house.url}/r.git#${commit} /elsewhere\n`);
  assert.deepEqual([cached, house.asked.length], [1, asked]);
});

test('ADD of a repository is keyed by the commit, wherever it comes from', git, async (t) => {
  await using house = await serveGit();
  house.commit('r', { a: '1' });
  const { build } = bench(t);
  await build(`FROM scratch\nADD ${house.url}/r.git /a\n`);
  house.git('r', 'clone', '-q', '--bare', '.', '../mirror.git');
  assert.equal((await build(`FROM scratch\nADD ${house.url}/mirror.git#main /a\n`)).cached, 1);
  house.commit('r', { a: '2' });
  assert.equal((await build(`FROM scratch\nADD ${house.url}/r.git /a\n`)).cached, 0);
});

test('ADD of a repository brings its submodules, or not', git, async (t) => {
  await using house = await serveGit();
  house.commit('inner', { z: '3' });
  house.commit('lib', { y: '2' });
  for (const [outer, inner, path] of [
    ['lib', 'inner', 'deep/in'],
    ['r', 'lib', 'lib'],
  ] as const) {
    house.git(outer, 'status');
    house.git(
      outer,
      '-c',
      'protocol.file.allow=always',
      'submodule',
      'add',
      '-q',
      '--',
      `${house.root}/${inner}.git`,
      path,
    );
    house.git(
      outer,
      'config',
      '-f',
      '.gitmodules',
      `submodule.${path}.url`,
      outer === 'r' ? `../${inner}.git` : `${house.url}/${inner}.git`,
    );
    house.commit(outer, {});
  }
  const { build, listing } = bench(t);
  const { config } = await build(`FROM scratch\nADD ${house.url}/r.git /\n`);
  assert.deepEqual(names(listing(config)), [
    '.gitmodules',
    'lib',
    'lib/.gitmodules',
    'lib/deep',
    'lib/deep/in',
    'lib/deep/in/z',
    'lib/y',
  ]);
  const without = await build(`FROM scratch\nADD ${house.url}/r.git?submodules=false /\n`);
  assert.deepEqual(names(listing(without.config)), ['.gitmodules', 'lib']);
});

test('ADD refuses a submodule on this machine', git, async (t) => {
  await using house = await serveGit();
  house.commit('lib', { y: '2' });
  house.git('r', 'status');
  house.git(
    'r',
    '-c',
    'protocol.file.allow=always',
    'submodule',
    'add',
    '-q',
    '--',
    `${house.root}/lib.git`,
    'lib',
  );
  const { build, scratch } = bench(t);
  for (const url of [`${house.root}/lib.git`, 'file:///etc', 'ext::sh -c id', '--upload-pack=x']) {
    house.git('r', 'config', '-f', '.gitmodules', 'submodule.lib.url', url);
    house.commit('r', {});
    await assert.rejects(
      build(`FROM scratch\nADD ${house.url}/r.git /\n`),
      /no repository on a network/,
    );
  }
  assert.deepEqual(scratch(), []);
});

test('ADD --keep-git-dir gives a .git that knows nothing of this machine', git, async (t) => {
  await using house = await serveGit(`Basic ${Buffer.from('u:word').toString('base64')}`);
  house.commit('r', { a: '1' });
  house.git('r', 'tag', 'v1');
  const { build, layer, store } = bench(t);
  const url = `${house.url.replace('//', '//u:word@')}/r.git`;
  const { config, events } = await build(`FROM scratch\nADD --keep-git-dir=true ${url}#v1 /\n`);
  const found = names(layer(config).map(({ path }) => `- - - ${Buffer.from(path).toString()}`));
  assert.ok(found.includes('.git/HEAD') && found.includes('.git/config'));
  assert.ok(!found.some((name) => name.startsWith('.git/hooks') || name.includes('FETCH_HEAD')));
  const text = layer(config)
    .filter(({ type }) => type === 'file')
    .map(({ path }) => readLayer(store.paths.layerFs(config.rootfs.diff_ids[0] as never), path))
    .join('\n');
  assert.match(text, new RegExp(`url = ${house.url}/r.git`));
  assert.doesNotMatch(
    text,
    new RegExp(`word|${Buffer.from('u:word').toString('base64')}|${store.paths.root}`),
  );
  const kept = store.read(({ cache, sources }) => [cache.list(), sources.list()]);
  assert.doesNotMatch(JSON.stringify([config, events, kept]), /word/);
});

test('ADD signs in at a repository with a secret', git, async (t) => {
  const header = `Basic ${Buffer.from('x-access-token:tok').toString('base64')}`;
  await using house = await serveGit(header);
  house.commit('r', { a: '1' });
  const { build } = bench(t);
  const dockerfile = `FROM scratch\nADD ${house.url}/r.git /\n`;
  await assert.rejects(build(dockerfile), { hint: /GIT_AUTH_TOKEN/ });
  for (const [name, value] of [
    ['GIT_AUTH_TOKEN', 'tok'],
    [`GIT_AUTH_TOKEN.${new URL(house.url).host}`, 'tok'],
    ['GIT_AUTH_HEADER', header],
  ] as const) {
    await build(dockerfile, { run: { ...RUN, secrets: new Map([[name, Buffer.from(value)]]) } });
  }
});

test('ADD reads a repository that lies behind a plain file server', git, async (t) => {
  await using house = await serveGit();
  const first = house.commit('r', { a: '1' });
  house.commit('r', { a: 'two' });
  house.git('r', 'update-server-info');
  await using plain = await serveHttp((request, response) => {
    const file = `${house.root}/r.git/.git${new URL(request.url ?? '/', 'http://x').pathname.replace('/r.git', '')}`;
    if (!existsSync(file)) response.writeHead(404).end();
    else response.end(readFileSync(file));
  });
  const { build, layer } = bench(t);
  for (const [end, size] of [
    [`#${first}`, 1],
    ['', 3],
  ] as const) {
    const { config } = await build(`FROM scratch\nADD ${plain.url}/r.git${end} /\n`);
    assert.equal(layer(config).at(-1)?.size, size);
  }
});

test('a build that is refused leaves no repository behind', git, async (t) => {
  await using house = await serveGit();
  house.commit('r', { a: '1' });
  const { build, store, scratch } = bench(t);
  for (const [end, message] of [
    ['r.git#nope', /has no branch, tag or ref "nope"/],
    ['r.git#abcdef0', /has no branch, tag or ref "abcdef0"/],
    [`r.git#${'0'.repeat(39)}1`, /has no commit 0+1|not our ref/],
    ['none.git', /cannot read .*none\.git: .*not found/],
    ['r.git#:no', /r\.git#:no.*not found/],
    ['r.git?tag=a&branch=b', /exclude each other/],
    ['r.git?submodule=1', /unknown query "submodule" \(did you mean submodules\?\)/],
    ['r.git#--upload-pack=touch', /is no name of a branch/],
    ['r.git?commit=zz', /is no commit/],
    ['r.git?ref=main&checksum=0000000', /leads to the commit [0-9a-f]{40}, expected 0000000/],
  ] as const) {
    await assert.rejects(build(`FROM scratch\nADD ${house.url}/${end} /\n`), (error: Error) => {
      assert.match(error.message, message);
      assert.equal(error.message.split('\n').length, 1);
      return true;
    });
    assert.deepEqual(scratch(), []);
  }
  const kept = existsSync(store.paths.git) ? readdirSync(store.paths.git) : [];
  // What was fetched for a directory that is not there is good for the next build.
  assert.equal(kept.length, 1);
});

test('a directory of a repository is looked up inside of it', git, async (t) => {
  await using house = await serveGit();
  house.commit('r', { 'sub/a': '1' });
  symlinkSync('sub', `${house.root}/r.git/link`);
  symlinkSync('../../../../../../etc', `${house.root}/r.git/out`);
  symlinkSync('/etc', `${house.root}/r.git/abs`);
  house.commit('r', {});
  const { build, listing } = bench(t);
  const { config } = await build(`FROM scratch\nADD ${house.url}/r.git#:link /\n`);
  assert.deepEqual(names(listing(config)), ['a']);
  for (const name of ['out', 'abs']) {
    await assert.rejects(build(`FROM scratch\nADD ${house.url}/r.git#:${name} /\n`), /not found/);
  }
});

test('ADD gives files the time of the commit on request', git, async (t) => {
  await using house = await serveGit();
  house.commit('r', { a: '1' });
  const { build, layer } = bench(t);
  const { config } = await build(`FROM scratch\nADD ${house.url}/r.git?mtime=commit /d/\n`);
  assert.equal(layer(config).at(-1)?.mtime, 1_000_000_000n * 1_000_000_000n);
});

function readLayer(fs: string, path: Uint8Array): string {
  return readFileSync(Buffer.concat([Buffer.from(`${fs}/`), path]), 'latin1');
}
