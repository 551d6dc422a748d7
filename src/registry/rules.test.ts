import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { putRemote, remoteParts } from '../../test/support/remote-image.ts';
import { fail, TestRegistry, type TestRegistryOptions } from '../../test/support/test-registry.ts';
import { collect } from '../base/bytes.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseReference } from '../oci/reference.ts';
import { openConnections } from './connection.ts';
import { putReferrer } from './referrers.ts';
import { openRepository, type Repository } from './repository.ts';
import { readRules } from './rules.ts';
import type { RegistrySettings } from './settings.ts';

/** Settings of a machine that holds these files. */
function machine(t: TestContext, files: Readonly<Record<string, string>>): RegistrySettings {
  const etc = mkdtempSync(join(tmpdir(), 'stave-etc-'));
  t.after(() => rmSync(etc, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(etc, name)), { recursive: true });
    writeFileSync(join(etc, name), content);
  }
  return { etc, environment: { HOME: '/nonexistent' }, pause: 1, stall: 1000 };
}

/** Where a name leads, in short. */
function routes(settings: RegistrySettings, name: string): string[] {
  const { mirrors, origin } = readRules(settings).route(parseReference(name));
  return [...mirrors, origin].map(({ registry, path, by, scheme, ns }) =>
    `${scheme ?? ''} ${registry} ${path} ${by} ${ns ?? ''}`.trim(),
  );
}

test('registries.conf moves names, blocks them, and names mirrors; the longest prefix counts', (t) => {
  const settings = machine(t, {
    'containers/registries.conf': `
[[registry]]
prefix = "docker.io"
location = "hub.local:5000/cache"
[[registry.mirror]]
location = "m1.local/hub"
[[registry.mirror]]
location = "m2.local"
pull-from-mirror = "digest-only"
insecure = true
[[registry]]
location = "docker.io/secret"
blocked = true
[[registry]]
prefix = "*.example.com"
location = "inner.local/example"
`,
    'containers/registries.conf.d/10.conf':
      '[[registry]]\nlocation = "lab:5000"\ninsecure = true\n',
  });
  assert.deepEqual(routes(settings, 'alpine'), [
    'm1.local /v2/hub/library/alpine/ all',
    'm2.local /v2/library/alpine/ digest',
    'hub.local:5000 /v2/cache/library/alpine/ all',
  ]);
  assert.deepEqual(routes(settings, 'reg.example.com/a/b'), ['inner.local /v2/example/a/b/ all']);
  assert.deepEqual(routes(settings, 'reg.example.com:5000/a'), ['inner.local /v2/example/a/ all']);
  assert.deepEqual(routes(settings, 'example.com/a'), ['example.com /v2/a/ all']);
  assert.throws(() => routes(settings, 'secret/x'), {
    message: 'registry docker.io/secret is blocked in registries.conf',
  });
  assert.deepEqual(readRules(settings).insecure, ['m2.local', 'lab:5000']);
});

test('registries.conf may keep all mirrors of a registry to digests', (t) => {
  const settings = machine(t, {
    'containers/registries.conf': `
[[registry]]
location = "reg.a"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m1"
[[registry]]
location = "reg.b"
[[registry.mirror]]
location = "m2"
pull-from-mirror = "tag-only"
`,
  });
  assert.deepEqual(routes(settings, 'reg.a/x'), ['m1 /v2/x/ digest', 'reg.a /v2/x/ all']);
  assert.deepEqual(routes(settings, 'reg.b/x'), ['m2 /v2/x/ tag', 'reg.b /v2/x/ all']);
});

test('names without a host are those of Docker Hub, whatever registries.conf searches', (t) => {
  const settings = machine(t, {
    'containers/registries.conf': `unqualified-search-registries = ["quay.io"]
short-name-mode = "enforcing"
[aliases]
"alpine" = "quay.io/libpod/alpine"
`,
  });
  assert.deepEqual(routes(settings, 'alpine'), ['docker.io /v2/library/alpine/ all']);
});

test('daemon.json names mirrors of Docker Hub, and hosts that may be insecure', (t) => {
  const settings = machine(t, {
    'docker/daemon.json': '{"registry-mirrors":["http://m:5000"],"insecure-registries":["lab.a"]}',
  });
  assert.deepEqual(routes(settings, 'a/b'), [
    'http: m:5000 /v2/a/b/ all docker.io',
    'docker.io /v2/a/b/ all',
  ]);
  assert.deepEqual(routes(settings, 'lab.a/b'), ['lab.a /v2/b/ all']);
  assert.deepEqual(readRules(settings).insecure, ['lab.a']);
});

test('hosts.toml names hosts that may be pulled from', (t) => {
  const settings = machine(t, {
    'containerd/certs.d/reg_5000_/hosts.toml': `server = "https://reg:5000"
[host."https://m/v2/proxy"]
capabilities = ["pull", "resolve"]
override_path = true
skip_verify = true
[host."https://push.only"]
capabilities = ["push"]
[host."http://by.digest"]
capabilities = ["pull"]
`,
  });
  assert.deepEqual(routes(settings, 'reg:5000/a'), [
    'https: m /v2/proxy/a/ all reg:5000',
    'http: by.digest /v2/a/ digest reg:5000',
    'reg:5000 /v2/a/ all',
  ]);
});

interface Pair extends AsyncDisposable {
  readonly origin: TestRegistry;
  readonly mirror: TestRegistry;
  readonly repository: Repository;
}

/** A registry with an image, and a mirror of it. */
async function pair(t: TestContext, options: TestRegistryOptions = {}): Promise<Pair> {
  const origin = await TestRegistry.open();
  const mirror = await TestRegistry.open(options);
  putRemote(origin, 'app', 'v1');
  putRemote(mirror, 'cache/app', 'v1');
  const settings = machine(t, {
    'containers/registries.conf': `[[registry]]
location = "${origin.host}"
[[registry.mirror]]
location = "${mirror.host}/cache"
`,
  });
  const connections = openConnections(settings);
  return {
    origin,
    mirror,
    repository: openRepository(connections, parseReference(`${origin.host}/app:v1`)),
    async [Symbol.asyncDispose]() {
      connections[Symbol.dispose]();
      await Promise.all([origin, mirror].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

const { large } = remoteParts();
const NODE = { mediaType: MediaType.ociLayerGzip, digest: digestOf(large), size: large.length };

test('a mirror is asked in place of the registry', async (t) => {
  await using at = await pair(t);
  await at.repository.getManifest(undefined);
  assert.ok((await collect(at.repository.getBlob(NODE))).equals(large));
  assert.deepEqual(at.origin.log, []);
});

test('the registry is asked when the mirror has it not, fails, or stops in the middle', async (t) => {
  await using at = await pair(t, {
    fault: ({ response, kind }) => {
      if (kind === 'manifest') {
        fail(response, 500, 'UNKNOWN', 'trouble');
        return true;
      }
      if (kind !== 'blob') return false;
      response.setHeader('content-length', large.length);
      response.write(large.subarray(0, 400_000), () => response.destroy());
      return true;
    },
  });
  const warnings: string[] = [];
  const progress = (event: { type: string; code?: string }): void =>
    void (event.type === 'warning' && warnings.push(event.code ?? ''));
  await at.repository.getManifest(undefined, { progress });
  assert.ok((await collect(at.repository.getBlob(NODE, { progress }))).equals(large));
  assert.deepEqual(warnings, ['MirrorFailed', 'MirrorFailed']);
  assert.ok(at.origin.sent < large.length, 'the beginning came from the mirror');
});

test('a mirror is not shown credentials of the registry', async (t) => {
  const seen: unknown[] = [];
  await using at = await pair(t, {
    auth: 'basic',
    fault: ({ request }) => {
      seen.push(request.headers.authorization);
      return false;
    },
  });
  await at.repository.getManifest(undefined);
  assert.ok(seen.length > 0 && seen.every((one) => one === undefined));
  assert.equal(at.origin.count(/manifests/), 1);
});

test('who refers to a manifest is asked of the registry where the mirror knows of nobody', async (t) => {
  await using at = await pair(t);
  const { descriptor } = await at.repository.getManifest(undefined);
  using connections = openConnections({ environment: { HOME: '/none' } });
  const put = async (name: string, artifactType: string): Promise<void> => {
    const repository = openRepository(connections, parseReference(name), { push: true });
    await putReferrer(repository, descriptor, { artifactType, layers: [] });
  };
  const types = async (): Promise<unknown[]> =>
    (await at.repository.referrers(descriptor.digest)).map(({ artifactType }) => artifactType);
  await put(`${at.origin.host}/app`, 'x/origin');
  assert.deepEqual(await types(), ['x/origin']);
  await put(`${at.mirror.host}/cache/app`, 'x/mirror');
  assert.deepEqual(await types(), ['x/mirror']);
});
