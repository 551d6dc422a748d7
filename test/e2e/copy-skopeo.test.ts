import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Copied, CopySource, CopyTarget } from '../../src/engine/copy-types.ts';
import { needsRoot } from '../scratch-images.ts';
import { registryHouse, type RegistryHouse } from '../support/registry-house.ts';
import { putIndex, putRemote } from '../support/remote-image.ts';
import { digestOf } from '../support/test-registry.ts';

/** Another reader and writer of all these places is the judge of ours. */
const SKOPEO = '/usr/bin/skopeo';
const skip = needsRoot || (!existsSync(SKOPEO) && 'skopeo is not installed');

interface House extends RegistryHouse {
  readonly folder: string;
  readonly index: string;
  readonly amd64: string;
  /** The digest of the root that skopeo finds in a place. */
  raw(place: string): string;
  skopeo(...args: string[]): void;
  copy(from: CopySource, to: CopyTarget, more?: object): Promise<Copied>;
}

/** An index of two platforms in a registry that skopeo can reach. */
async function house(): Promise<House> {
  const made = await registryHouse();
  const { registry } = made;
  const folder = mkdtempSync(`${tmpdir()}/stave-copy-skopeo-`);
  const own = putRemote(registry, 'app', 'own');
  const other = putRemote(registry, 'app', 'other', { architecture: 's390x' });
  const index = putIndex(registry, 'app', 'v1', [
    { ...own, platform: { os: 'linux', architecture: 'amd64' } },
    { ...other, platform: { os: 'linux', architecture: 's390x' } },
  ]);
  const call = (args: readonly string[]): Buffer =>
    execFileSync(SKOPEO, ['--insecure-policy', '--tmpdir', folder, ...args]);
  const close = made[Symbol.asyncDispose].bind(made);
  return {
    ...made,
    folder,
    index,
    amd64: own.digest,
    raw: (place) => digestOf(call(['inspect', '--raw', place])),
    skopeo: (...args) => void call(args),
    copy: (from, to, more = {}) => made.scratch.images.copy({ from, to, ...more }),
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
      await close();
    },
  };
}

function archive(path: string, form: 'docker' | 'oci', name: string): CopyTarget {
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

test('skopeo reads what copy() wrote, in each form', { skip }, async () => {
  await using at = await house();
  const { folder, index, amd64 } = at;
  const from: CopySource = { kind: 'registry', name: `${at.registry.host}/app:v1` };
  const path = (name: string): string => join(folder, name);
  await at.copy(from, { kind: 'layout', path: path('layout'), tag: 'v1' });
  await at.copy(from, { kind: 'dir', path: path('dir') });
  await at.copy(from, archive(path('oci.tar'), 'oci', 'v1'));
  await at.copy(from, archive(path('docker.tar'), 'docker', 'team/app:v1'));
  assert.equal(at.raw(`oci:${path('layout')}:v1`), index);
  assert.equal(at.raw(`dir:${path('dir')}`), index);
  assert.equal(at.raw(`oci-archive:${path('oci.tar')}:v1`), index);
  for (const [at_, place] of [
    ['a', `oci:${path('layout')}:v1`],
    ['b', `oci-archive:${path('oci.tar')}:v1`],
    ['c', `dir:${path('dir')}`],
  ]) {
    at.skopeo('copy', '-q', '--all', '--preserve-digests', place!, `dir:${path(at_!)}`);
    assert.equal(digestOf(readFileSync(path(`${at_}/manifest.json`))), index);
  }
  // Its own form of an archive has no manifest to keep: the config says what image it is.
  at.skopeo('copy', '-q', `docker-archive:${path('docker.tar')}:team/app:v1`, `dir:${path('d')}`);
  const id = (name: string): string =>
    (JSON.parse(readFileSync(path(name), 'utf8')) as { config: { digest: string } }).config.digest;
  await at.copy(
    from,
    { kind: 'dir', path: path('e') },
    { platform: { os: 'linux', architecture: 'amd64' } },
  );
  assert.equal(digestOf(readFileSync(path('e/manifest.json'))), amd64);
  assert.equal(id('d/manifest.json'), id('e/manifest.json'));
});

test('copy() reads what skopeo wrote, in each form', { skip }, async () => {
  await using at = await house();
  const { folder, index, amd64 } = at;
  const source: CopySource = { kind: 'registry', name: `${at.registry.host}/app:v1` };
  const first = join(folder, 'first');
  await at.copy(source, { kind: 'layout', path: first, tag: 'v1' });
  const path = (name: string): string => join(folder, name);
  for (const to of ['oci:%/layout:team/app:v1', 'dir:%/dir', 'oci-archive:%/oci.tar:v1']) {
    at.skopeo('copy', '-q', '--all', `oci:${first}:v1`, to.replace('%', folder));
  }
  const one = ['--override-os', 'linux', '--override-arch', 'amd64'];
  at.skopeo(
    'copy',
    ...one,
    '-q',
    `oci:${first}:v1`,
    `docker-archive:${path('docker.tar')}:team/app:v1`,
  );
  const places: readonly CopySource[] = [
    { kind: 'layout', path: path('layout'), tag: 'team/app:v1' },
    { kind: 'layout', path: path('layout') },
    { kind: 'dir', path: path('dir') },
    { kind: 'archive', form: 'oci', from: path('oci.tar'), name: 'v1' },
  ];
  for (const [count, from] of places.entries()) {
    const to: CopyTarget = { kind: 'registry', name: `${at.registry.host}/to:${count}` };
    assert.equal((await at.copy(from, to)).digest, index, JSON.stringify(from));
  }
  const archived: CopySource = { kind: 'archive', form: 'docker', from: path('docker.tar') };
  await at.copy(archived, { kind: 'store', name: 'theirs' });
  const { id } = await at.scratch.images.inspect('theirs');
  const manifest = at.registry.manifests.get(`app/${amd64}`)!.data.toString();
  assert.equal(id, (JSON.parse(manifest) as { config: { digest: string } }).config.digest);
});
