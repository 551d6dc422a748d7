import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipped } from '../../test/support/compressed.ts';
import { serveGit, withoutGit } from '../../test/support/git-server.ts';
import { serveHttp } from '../../test/support/http-server.ts';
import { openEngine } from './open-engine.ts';
import { house, tarOf, type House } from '../../test/support/context-house.ts';

const root = process.getuid?.() === 0 ? {} : { skip: 'layers keep owners, which needs root' };
const git = { skip: withoutGit };
const plain = (files: readonly string[]): string[] => files.map((line) => line.split(' ')[2] ?? '');

/** Builds a text without a context of its own. */
function builder({ build }: House) {
  return (text: string, contexts: Record<string, string>, target?: string) =>
    build({
      context: undefined,
      dockerfile: { text },
      contexts,
      ...(target !== undefined && { target }),
    });
}

test('a named directory has an ignore file of its own', root, async (t) => {
  const home = house(t);
  home.write('dir/a', '1');
  home.write('dir/b', '2');
  home.write('dir/.dockerignore', 'b\n');
  const { files } = await builder(home)('FROM scratch\nCOPY --from=src . /\n', {
    SRC: home.path('dir'),
  });
  assert.deepEqual(plain(files), ['.dockerignore', 'a']);
});

test('a named context that is not there is named when it fails', root, async (t) => {
  const home = house(t);
  home.write('file', '');
  const ask = builder(home);
  const text = 'FROM scratch\nCOPY --from=src . /\n';
  await assert.rejects(ask(text, { src: home.path('no') }), {
    message: `failed to build: failed to get build context src: path "${home.path('no')}" not found`,
  });
  await assert.rejects(ask(text, { src: home.path('file') }), /context src: .* is not a directory/);
  await assert.rejects(ask(text, { src: 'target:x' }), /invalid context src: .*bake files only/);
  await assert.rejects(
    ask(text, { src: 'ftp://x/' }),
    /invalid context src: .*nothing is known of ftp:/,
  );
  await assert.rejects(ask(text, { src: 'http://127.0.0.1:1/' }), /connection refused/);
  assert.deepEqual(home.litter(), []);
});

test('a named context stands in for a stage, which is not built', root, async (t) => {
  const home = house(t);
  home.write('dir/x', '1');
  const ask = builder(home);
  const contexts = { base: home.path('dir') };
  const text = [
    'FROM nowhere.example/nothing AS base',
    'RUN exit 1',
    'FROM base AS child',
    'COPY <<f /y',
    'f',
    'FROM scratch AS byname',
    'COPY --from=base /x /named',
    'FROM scratch AS byindex',
    'COPY --from=0 /x /counted',
    '',
  ].join('\n');
  assert.equal((await ask(text, contexts, 'child')).layers, 2);
  assert.deepEqual(plain((await ask(text, contexts, 'byname')).files), ['named']);
  assert.deepEqual(plain((await ask(text, contexts, 'byindex')).files), ['counted']);
  assert.deepEqual(plain((await ask(text, contexts, 'base')).files), ['x']);
});

test('a named context stands in for an image, under any of its names', root, async (t) => {
  const home = house(t);
  home.write('dir/x', '1');
  const ask = builder(home);
  for (const [name, from] of [
    ['alpine', 'alpine'],
    ['alpine', 'alpine:latest'],
    ['alpine:latest', 'alpine'],
    ['docker.io/library/alpine', 'alpine'],
    ['alpine', 'docker.io/library/alpine:latest'],
    ['alpine:3', 'alpine:3'],
  ] as const) {
    const { files } = await ask(`FROM ${from}\n`, { [name]: home.path('dir') });
    assert.deepEqual(plain(files), ['x'], `${name} for ${from}`);
  }
  await assert.rejects(ask('FROM alpine:3\n', { alpine: home.path('dir') }), /alpine:3/);
});

test('a named context for one platform comes before the one for all', root, async (t) => {
  const home = house(t);
  home.write('all/a', '1');
  home.write('arm/b', '1');
  const contexts = { src: home.path('all'), 'src::linux/arm64': home.path('arm') };
  const request = { context: undefined, contexts, dockerfile: { text: 'FROM src\n' } };
  const arm = { os: 'linux', architecture: 'arm64' };
  assert.deepEqual(plain((await home.build({ ...request, platform: arm })).files), ['b']);
  const amd = { os: 'linux', architecture: 'amd64' };
  assert.deepEqual(plain((await home.build({ ...request, platform: amd })).files), ['a']);
});

test('a URL can be a named context: an archive, or a file that keeps its name', root, async (t) => {
  await using web = await serveHttp((request, response) => {
    if (request.url === '/c.tgz') response.end(gzipped(tarOf([{ path: 'in/a', text: 'x' }])));
    else response.end('text');
  });
  const home = house(t);
  const ask = builder(home);
  const text = 'FROM scratch\nCOPY --from=src . /\n';
  const archive = await ask(text, { src: `${web.url}/c.tgz` });
  assert.deepEqual(archive.files, ['drwxr-xr-x 0/0 in/', '-rw-r--r-- 0/0 in/a']);
  assert.equal((await ask(text, { src: `${web.url}/c.tgz` })).cached, 1);
  const file = await ask(text, { src: `${web.url}/a/file.txt` });
  assert.deepEqual(file.files, ['-rw------- 0/0 file.txt']);
  assert.deepEqual(home.litter(), []);
});

test('a repository can be a named context', git, async (t) => {
  await using web = await serveGit();
  web.commit('r', { 'sub/a': '1', b: '2' });
  const home = house(t);
  const ask = builder(home);
  const src = `${web.url}/r.git#main:sub`;
  assert.deepEqual(plain((await ask('FROM src\n', { src })).files), ['a']);
  const copied = await ask('FROM scratch\nCOPY --from=src a /c\n', { src });
  assert.deepEqual(plain(copied.files), ['c']);
});

/** Saves an image of two layers as a layout in a directory. */
async function layout(home: House): Promise<string> {
  const text = 'FROM scratch\nENV A=b\nCOPY <<a /\nx\na\nCOPY <<b /\ny\nb\n';
  const { id } = await home.build({ context: undefined, dockerfile: { text } });
  await using engine = await openEngine({ root: home.path('store') });
  await engine.images.tag(id, 'app:v1');
  const chunks: Uint8Array[] = [];
  for await (const chunk of await engine.images.save(['app:v1'])) chunks.push(chunk);
  writeFileSync(home.path('layout.tar'), Buffer.concat(chunks));
  mkdirSync(home.path('layout'));
  execFileSync('tar', ['-xf', home.path('layout.tar'), '-C', home.path('layout')]);
  return home.path('layout');
}

test(
  'an image of a layout can be a base, by tag, by digest or because it is the only one',
  root,
  async (t) => {
    const made = await layout(house(t));
    const index = JSON.parse(readFileSync(`${made}/index.json`, 'utf8')) as {
      manifests: [{ digest: string }];
    };
    const { digest } = index.manifests[0];
    const home = house(t);
    const ask = builder(home);
    for (const end of ['', ':v1', `@${digest}`]) {
      const child = await ask('FROM app\nCOPY <<c /$A\nz\nc\n', {
        app: `oci-layout://${made}${end}`,
      });
      assert.deepEqual([child.layers, plain(child.files)], [3, ['b']]);
    }
    const copied = await ask('FROM scratch\nCOPY --from=app /b /copied\n', {
      app: `oci-layout://${made}`,
    });
    assert.deepEqual(plain(copied.files), ['copied']);
  },
);

test('a layout that cannot be a base is refused and leaves nothing', root, async (t) => {
  const made = await layout(house(t));
  const home = house(t);
  const ask = builder(home);
  const from = (place: string): Promise<unknown> =>
    ask('FROM app\nCOPY --from=app /a /c\n', { app: `oci-layout://${place}` });
  await assert.rejects(from(home.path('no')), /there is no such directory/);
  await assert.rejects(from(`${made}:v2`), /no image with the tag v2/);
  await assert.rejects(from(`${made}@sha256:${'0'.repeat(64)}`), /does not list sha256:0+/);
  await assert.rejects(ask(`FROM oci-layout://${made}\n`, {}));
  for (const name of ['index.json', 'oci-layout']) assert.ok(existsSync(`${made}/${name}`));
  const { manifests } = JSON.parse(readFileSync(`${made}/index.json`, 'utf8')) as {
    manifests: [{ digest: string }];
  };
  const blob = `${made}/blobs/${manifests[0].digest.replace(':', '/')}`;
  const { layers } = JSON.parse(readFileSync(blob, 'utf8')) as { layers: [{ digest: string }] };
  rmSync(`${made}/blobs/${layers[0].digest.replace(':', '/')}`);
  await assert.rejects(from(made), /is missing in it/);
  writeFileSync(blob, readFileSync(blob, 'utf8').replace('schemaVersion', 'schemaVersioN'));
  await assert.rejects(from(made), /in it is damaged/);
  assert.deepEqual(home.litter(), []);
});
