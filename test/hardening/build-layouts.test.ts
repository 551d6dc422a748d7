import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { test, type TestContext } from 'node:test';
import { house, type House } from '../support/context-house.ts';

const root = process.getuid?.() === 0 ? {} : { skip: 'layers keep owners, which needs root' };

/** A layout that a build has written, at `layout` of a house. */
async function layout(t: TestContext): Promise<House> {
  const home = house(t);
  home.write('c/f', 'content of a layer');
  await home.build({
    context: home.path('c'),
    dockerfile: { text: 'FROM scratch\nCOPY f /f\n' },
    outputs: [
      { type: 'image', store: true },
      { type: 'oci', to: { directory: home.path('layout') } },
    ],
  });
  return home;
}

/** Reads a file of the image in the layout, whose layer therefore has to come. */
function use({ build, path }: House, place = path('layout')): Promise<unknown> {
  return build({
    context: undefined,
    dockerfile: { text: 'FROM scratch\nCOPY --from=other /f /g\n' },
    contexts: { other: `oci-layout://${place}` },
  });
}

const REPLACEMENTS: Readonly<Record<string, (path: string) => void>> = {
  'a pipe': (path) => execFileSync('mkfifo', [path]),
  'a link to a device': (path) => symlinkSync('/dev/zero', path),
  'a link to a file of the machine': (path) => symlinkSync('/etc/passwd', path),
  'a folder': (path) => mkdirSync(path),
  'a terabyte of nothing': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
  },
  'deep JSON': (path) => writeFileSync(path, '['.repeat(1_000_000)),
  'another document': (path) => writeFileSync(path, '{"schemaVersion":2,"manifests":[]}'),
  'digests that climb': (path) =>
    writeFileSync(
      path,
      '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:../../../../../etc/passwd","size":10}]}',
    ),
  'a size of 10^12': (path) =>
    writeFileSync(
      path,
      `{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:${'a'.repeat(64)}","size":1000000000000}]}`,
    ),
};

for (const [what, replace] of Object.entries(REPLACEMENTS)) {
  test(`a layout with ${what} in it is refused in one line`, root, async (t) => {
    const home = await layout(t);
    const blobs = readdirSync(home.path('layout/blobs/sha256'));
    for (const name of ['index.json', ...blobs.map((blob) => `blobs/sha256/${blob}`)]) {
      const path = home.path(`layout/${name}`);
      renameSync(path, home.path('aside'));
      replace(path);
      // A store that knows nothing of the layer.
      rmSync(home.path('store'), { recursive: true });
      await assert.rejects(use(home), (error: Error & { code?: string }) => {
        assert.ok(error.code !== undefined, `${name}: ${error.stack}`);
        assert.doesNotMatch(error.message, /\n|root:/);
        return true;
      });
      assert.deepEqual(home.litter(), [], name);
      rmSync(path, { recursive: true });
      renameSync(home.path('aside'), path);
    }
    await use(home);
  });
}

test('credentials of a URL are in nothing that a build writes', root, async (t) => {
  const { serveHttp } = await import('../support/http-server.ts');
  const home = house(t);
  const token = 'hunter2-4711';
  await using server = await serveHttp((request, response) => {
    if (!request.headers.authorization) response.writeHead(401).end();
    else response.end('FROM scratch\nLABEL a=1\n');
  });
  const url = server.url.replace('http://', `http://user:${token}@`);
  await home.build({
    context: { url: `${url}/Dockerfile` },
    dockerfile: { text: `FROM scratch\nADD ${url}/f /f\n` },
    outputs: [
      { type: 'image', store: true },
      { type: 'oci', to: { path: home.path('out.oci') } },
    ],
    provenance: { mode: 'max', version: 'v1' },
  });
  for (const file of [home.path('out.oci'), home.path('out.tar')]) {
    assert.equal(readFileSync(file).includes(token), false, file);
  }
  const found = execFileSync('sh', ['-c', 'grep -rl "$0" "$1" || true', token, home.path('store')]);
  assert.equal(found.toString(), '');
});
