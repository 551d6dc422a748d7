import assert from 'node:assert/strict';
import {
  createReadStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { registryHouse, type RegistryHouse } from '../../../test/support/registry-house.ts';
import { putIndex, putRemote, remoteParts } from '../../../test/support/remote-image.ts';
import { digestOf, TestRegistry } from '../../../test/support/test-registry.ts';
import { needsRoot } from '../../../test/scratch-images.ts';
import { tarOf } from '../../../test/tar-of.ts';
import type { ProgressEvent } from '../../base/progress.ts';
import { MediaType } from '../../oci/media-types.ts';
import type { Copied, CopySource, CopyTarget } from '../copy-types.ts';

const skip = needsRoot;
const AMD64 = { os: 'linux', architecture: 'amd64' };

/** An index of three platforms, one of them not Linux, and an attestation. */
function putAll(registry: TestRegistry): { index: string; amd64: string } {
  const own = putRemote(registry, 'app', 'own');
  const other = putRemote(registry, 'app', 'other', { architecture: 's390x' });
  const claim = putRemote(registry, 'app', 'claim', { architecture: 'unknown' });
  const index = putIndex(registry, 'app', 'v1', [
    { ...own, platform: AMD64 },
    { ...other, platform: { os: 'linux', architecture: 's390x' } },
    {
      ...claim,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': own.digest,
      },
    },
  ]);
  return { index, amd64: own.digest };
}

interface House extends RegistryHouse {
  /** A folder of its own. */
  readonly folder: string;
  readonly index: string;
  readonly amd64: string;
  copy(from: CopySource, to: CopyTarget, more?: object): Promise<Copied>;
  readonly events: ProgressEvent[];
}

async function house(): Promise<House> {
  const made = await registryHouse();
  const folder = mkdtempSync(`${tmpdir()}/stave-copy-`);
  const events: ProgressEvent[] = [];
  const close = made[Symbol.asyncDispose].bind(made);
  return {
    ...made,
    ...putAll(made.registry),
    folder,
    events,
    copy: (from, to, more = {}) =>
      made.scratch.images.copy(
        { from, to, ...more },
        { progress: (event) => void events.push(event) },
      ),
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
      await close();
    },
  };
}

function archive(path: string, form: 'docker' | 'oci', name?: string): CopyTarget {
  return {
    kind: 'archive',
    form,
    name,
    async write(bytes) {
      const pieces: Buffer[] = [];
      await bytes.pour((piece) => void pieces.push(Buffer.from(piece)));
      writeFileSync(path, Buffer.concat(pieces));
    },
  };
}

test(
  'copy() takes an index with all it holds from place to place, byte for byte',
  { skip },
  async () => {
    await using at = await house();
    const { registry, folder, index } = at;
    const layout: CopySource & CopyTarget = {
      kind: 'layout',
      path: join(folder, 'layout'),
      tag: 'v1',
    };
    const dir: CopySource & CopyTarget = { kind: 'dir', path: join(folder, 'dir') };
    const file = join(folder, 'a.tar');
    const stops: readonly (readonly [CopySource, CopyTarget])[] = [
      [{ kind: 'registry', name: `${registry.host}/app:v1` }, layout],
      [layout, dir],
      [dir, archive(file, 'oci', 'v1')],
      [
        { kind: 'archive', form: 'oci', from: file },
        { kind: 'store', name: 'here:v1' },
      ],
      [{ kind: 'store', name: 'here:v1' }, archive(file, 'docker')],
      [
        { kind: 'archive', form: 'docker', from: file, name: 'here:v1' },
        { kind: 'registry', name: `${registry.host}/back:v2` },
      ],
    ];
    for (const [from, to] of stops) {
      assert.equal(
        (await at.copy(from, to, { all: true })).digest,
        index,
        `${from.kind} ${to.kind}`,
      );
    }
    const [before, after] = ['app/v1', 'back/v2'].map((name) => registry.manifests.get(name)?.data);
    assert.ok(before && after?.equals(before));
    // Three manifests and the index, each under its digest.
    const arrived = [...registry.manifests.keys()].filter((name) =>
      name.startsWith('back/sha256:'),
    );
    assert.equal(arrived.length, 4);
    const { warnings } = { warnings: at.events.filter(({ type }) => type === 'warning') };
    assert.deepEqual(warnings, []);
  },
);

test(
  'copy() takes one platform where one is asked for, or where a place holds one',
  { skip },
  async () => {
    await using at = await house();
    const from: CopySource = { kind: 'registry', name: `${at.registry.host}/app:v1` };
    const dir: CopyTarget & CopySource = { kind: 'dir', path: join(at.folder, 'dir') };
    assert.equal((await at.copy(from, dir, { platform: AMD64 })).digest, at.amd64);
    assert.equal((await at.copy(dir, { kind: 'store', name: 'one' })).digest, at.amd64);
    const all: CopyTarget = { kind: 'dir', path: join(at.folder, 'all') };
    await at.copy(from, all);
    const [loaded] = await at.scratch.images.load({ directory: all.path });
    assert.equal(loaded?.id, at.index);
    if (process.arch !== 'x64') return;
    const file = join(at.folder, 'a.tar');
    assert.equal((await at.copy(from, archive(file, 'docker'))).digest, at.amd64);
    const arm64 = { os: 'linux', architecture: 'arm64' };
    await assert.rejects(at.copy(from, archive(file, 'docker'), { platform: arm64 }), {
      message: 'no matching manifest for linux/arm64 in the manifest list entries',
      hint: 'There are: linux/amd64, linux/s390x.',
    });
  },
);

test('copy() reads an archive that is compressed or comes through a pipe', { skip }, async () => {
  await using at = await house();
  const file = join(at.folder, 'a.tar');
  const from: CopySource = { kind: 'registry', name: `${at.registry.host}/app:v1` };
  await at.copy(from, archive(file, 'oci', 'team/app:v1'));
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)));
  const to = (tag: string): CopyTarget => ({
    kind: 'registry',
    name: `${at.registry.host}/to:${tag}`,
  });
  for (const [tag, source] of [
    ['file', `${file}.gz`],
    ['pipe', createReadStream(file)],
    ['packed', createReadStream(`${file}.gz`)],
  ] as const) {
    const archived: CopySource = {
      kind: 'archive',
      form: 'oci',
      from: source,
      name: 'team/app:v1',
    };
    assert.equal((await at.copy(archived, to(tag))).digest, at.index);
  }
  assert.deepEqual(
    readdirSync(`${at.scratch.root}/tmp`).filter((one) => !one.startsWith('.')),
    [],
  );
});

test(
  'copy() of an archive from before layouts compresses its layers for a registry',
  { skip },
  async () => {
    await using at = await house();
    const layer = tarOf([{ name: 'file', data: Buffer.alloc(200_000, 'x') }]);
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [digestOf(layer), digestOf(layer)] },
    });
    const manifest = JSON.stringify([
      { Config: 'c.json', RepoTags: ['old:1'], Layers: ['one/layer.tar', 'two/layer.tar'] },
    ]);
    const file = join(at.folder, 'old.tar');
    writeFileSync(
      file,
      tarOf([
        { name: 'one/layer.tar', data: layer },
        { name: 'two/layer.tar', type: 'symlink', link: '../one/layer.tar' },
        { name: 'c.json', data: config },
        { name: 'manifest.json', data: manifest },
      ]),
    );
    const from: CopySource = { kind: 'archive', form: 'docker', from: file };
    await at.copy(from, { kind: 'registry', name: `${at.registry.host}/old:1` });
    const pushed = JSON.parse(at.registry.manifests.get('old/1')!.data.toString()) as {
      layers: { mediaType: string; size: number }[];
    };
    assert.deepEqual(
      pushed.layers.map(({ mediaType, size }) => [mediaType.split('+')[1], size < layer.length]),
      [
        ['gzip', true],
        ['gzip', true],
      ],
    );
    await at.copy(from, { kind: 'store', name: 'old' });
    const [image] = await at.scratch.images.list({ all: true });
    assert.deepEqual(image?.tags, ['old:latest']);
  },
);

test(
  'copy() changes the documents of an index when it is asked to, and says so',
  { skip },
  async () => {
    await using at = await house();
    const from: CopySource = { kind: 'registry', name: `${at.registry.host}/app:v1` };
    const docker: CopySource & CopyTarget = { kind: 'dir', path: join(at.folder, 'docker') };
    const turned = await at.copy(from, docker, { format: 'docker' });
    assert.equal(turned.mediaType, 'application/vnd.docker.distribution.manifest.list.v2+json');
    assert.notEqual(turned.digest, at.index);
    const told = at.events.flatMap((event) => (event.type === 'warning' ? event.message : []));
    assert.deepEqual(told, [
      `in the format docker the digest is ${turned.digest}; it was ${at.index}`,
    ]);
    const index = JSON.parse(readFileSync(join(docker.path, 'manifest.json'), 'utf8')) as {
      manifests: { digest: string; mediaType: string; annotations?: Record<string, string> }[];
    };
    const [own, , claim] = index.manifests;
    assert.equal(own?.mediaType, 'application/vnd.docker.distribution.manifest.v2+json');
    assert.equal(claim?.annotations?.['vnd.docker.reference.digest'], own.digest);
    // What is in that format already stays byte for byte.
    const again = join(at.folder, 'again');
    const same = await at.copy(
      docker,
      { kind: 'layout', path: again, tag: 'x' },
      { format: 'docker' },
    );
    assert.equal(same.digest, turned.digest);
  },
);

test('copy() into a layout keeps its other images and writes no blob twice', { skip }, async () => {
  await using at = await house();
  const from: CopySource = { kind: 'registry', name: `${at.registry.host}/app:v1` };
  const path = join(at.folder, 'layout');
  await at.copy(from, { kind: 'layout', path, tag: 'v1' });
  const { large } = remoteParts();
  const blob = join(path, 'blobs', digestOf(large).replace(':', '/'));
  writeFileSync(blob, Buffer.alloc(large.length));
  const before = at.registry.count(/^GET .*\/blobs\//);
  await at.copy(from, { kind: 'layout', path, tag: 'v2' });
  // The damaged one came anew, and nothing else.
  assert.equal(at.registry.count(/^GET .*\/blobs\//), before + 1);
  assert.ok(readFileSync(blob).equals(large));
  for (const tag of ['v1', 'v2']) {
    const to: CopyTarget = { kind: 'registry', name: `${at.registry.host}/from:${tag}` };
    assert.equal((await at.copy({ kind: 'layout', path, tag }, to)).digest, at.index);
  }
  await assert.rejects(at.copy({ kind: 'layout', path, tag: 'v3' }, { kind: 'store', name: 'x' }), {
    message: `${path} holds no image v3`,
    hint: 'There are: v1, v2.',
  });
});

test('copy() that fails leaves nothing where it was to go', { skip }, async () => {
  await using at = await house();
  const { large } = remoteParts();
  at.registry.blobs.set(digestOf(large), Buffer.alloc(large.length));
  const from: CopySource = { kind: 'registry', name: `${at.registry.host}/app:v1` };
  const paths = { layout: join(at.folder, 'layout'), dir: join(at.folder, 'dir') };
  await assert.rejects(at.copy(from, { kind: 'layout', path: paths.layout }), /sha256/);
  await assert.rejects(at.copy(from, { kind: 'dir', path: paths.dir }), /sha256/);
  await assert.rejects(at.copy(from, { kind: 'store', name: 'x' }), /sha256/);
  assert.deepEqual(readdirSync(at.folder), []);
  assert.deepEqual(await at.scratch.images.list({ all: true }), []);
});

test('copy() within one registry moves no blob', async () => {
  await using at = await house();
  const { host } = at.registry;
  await at.copy(
    { kind: 'registry', name: `${host}/app:v1` },
    { kind: 'registry', name: `${host}/b:v1` },
  );
  assert.equal(at.registry.count(/^GET .*blobs/), 0);
  assert.ok(at.registry.manifests.has('b/v1'));
});

test('copy() under another digest than asked for writes nothing', async () => {
  await using at = await house();
  const { host } = at.registry;
  const name = `${host}/other@sha256:${'0'.repeat(64)}`;
  const copied = at.copy({ kind: 'registry', name: `${host}/app:v1` }, { kind: 'registry', name });
  await assert.rejects(copied, {
    message: `${host}/app:v1 is ${at.index}, not sha256:${'0'.repeat(64)}`,
  });
  assert.equal(at.registry.count(/^(?:POST|PUT)/), 0);
});

test('copy() shows each registry the credentials that were typed for it', async () => {
  await using at = await house();
  await using closed = await TestRegistry.open({ auth: 'token' });
  const to = (password: string): CopyTarget => ({
    kind: 'registry',
    name: `${closed.host}/app:v1`,
    credentials: { username: 'alice', password },
  });
  const from: CopySource = { kind: 'registry', name: `${at.registry.host}/app:v1` };
  await assert.rejects(at.copy(from, to('wrong'), { tries: 1 }));
  assert.equal((await at.copy(from, to('s3cret'))).digest, at.index);
});

test('copy() takes along what refers to an image and its parts, when it is asked to', async () => {
  await using at = await house();
  await using other = await TestRegistry.open();
  const { registry } = at;
  const from: CopySource = { kind: 'registry', name: `${registry.host}/app:v1` };
  const to: CopyTarget = { kind: 'registry', name: `${other.host}/to:v1` };
  const claim = (about: string, tag: string): string => {
    const config = registry.add('app', Buffer.from('{}'), MediaType.ociEmpty);
    const subject = { mediaType: MediaType.ociManifest, digest: about, size: 1 };
    const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [] };
    const whole = { ...manifest, artifactType: 'text/x', subject, annotations: { tag } };
    return registry.tag('app', tag, whole, MediaType.ociManifest);
  };
  const list = (about: string, referrer: string): void => {
    const entry = { mediaType: MediaType.ociManifest, digest: referrer, size: sizeOf(referrer) };
    const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [entry] };
    registry.tag('app', about.replace(':', '-'), index, MediaType.ociIndex);
  };
  const sizeOf = (digest: string): number => registry.manifests.get(`app/${digest}`)!.data.length;
  const ofPart = claim(at.amd64, 'a');
  list(at.amd64, ofPart);
  const ofClaim = claim(ofPart, 'b');
  list(ofPart, ofClaim);
  const signature = `${at.index.replace(':', '-')}.sig`;
  const signed = claim(at.index, signature);

  await at.copy(from, to);
  assert.equal(other.manifests.has(`to/${ofPart}`), false);
  await at.copy(from, to, { referrers: true });
  for (const digest of [ofPart, ofClaim, signed]) assert.ok(other.manifests.has(`to/${digest}`));
  assert.ok(other.manifests.has(`to/${signature}`));
  // Where the registry does not keep track, the list is under the tag that stands in for it.
  assert.ok(other.manifests.has(`to/${at.amd64.replace(':', '-')}`));
  await assert.rejects(at.copy(from, { kind: 'store', name: 'x' }, { referrers: true }), {
    message: 'referrers can be copied from one registry to another only',
  });
});
