import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { Bytes } from '../../src/base/bytes.ts';
import { needsRoot, type ScratchImages, scratchImages } from '../scratch-images.ts';
import { inPieces, tarOf } from '../tar-of.ts';

/** Another reader and writer of archives is the judge of ours. */
const SKOPEO = '/usr/bin/skopeo';
const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
const skip =
  needsRoot ||
  (!existsSync(SKOPEO) && 'skopeo is not installed') ||
  (BUSYBOX === undefined && 'busybox is not installed');

interface Inspected {
  readonly Name: string;
  readonly Digest: string;
  readonly Layers: readonly string[];
  readonly Env: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>> | null;
}

function skopeo(...args: string[]): string {
  const flags = ['--insecure-policy', '--tmpdir', tmpdir()];
  return execFileSync(SKOPEO, [...flags, ...args], { encoding: 'utf8' });
}

/** A scratch directory, gone with the scope. */
function directory(): { readonly path: string } & Disposable {
  const path = mkdtempSync(`${tmpdir()}/stave-skopeo-`);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

async function write(path: string, bytes: Bytes): Promise<void> {
  const file = await open(path, 'w');
  try {
    for await (const chunk of bytes) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

/** A real program as a root file system, under the name `base:1`. */
async function importBusybox(scratch: ScratchImages): Promise<string> {
  const tar = tarOf([
    { name: 'bin', type: 'directory', mode: 0o755 },
    { name: 'bin/busybox', data: readFileSync(BUSYBOX ?? ''), mode: 0o755 },
    { name: 'bin/sh', type: 'symlink', link: 'busybox' },
    { name: 'bin/ls', type: 'hardlink', link: 'bin/busybox' },
  ]);
  return scratch.images.import(inPieces(tar, 1 << 18), { name: 'base:1', changes: ['A=b'] });
}

test(
  'skopeo reads what save() wrote, as a Docker archive and as an OCI one',
  { skip },
  async () => {
    using scratch = scratchImages();
    using files = directory();
    const id = await importBusybox(scratch);
    const { manifest, layers } = await scratch.images.inspect('base:1');
    await write(`${files.path}/a.tar`, await scratch.images.save(['base:1']));

    const docker = JSON.parse(skopeo('inspect', `docker-archive:${files.path}/a.tar`)) as Inspected;
    assert.deepEqual(docker.Layers, layers);
    assert.deepEqual(docker.Env, ['A=b']);

    const oci = JSON.parse(skopeo('inspect', `oci-archive:${files.path}/a.tar`)) as Inspected;
    assert.equal(oci.Digest, manifest.digest);

    skopeo('copy', `docker-archive:${files.path}/a.tar:base:1`, `oci:${files.path}/layout:x`);
    const config = skopeo('inspect', '--config', '--raw', `oci:${files.path}/layout:x`);
    // It writes times in its own way, so only these parts can be compared.
    const { rootfs, os } = JSON.parse(config) as { rootfs: object; os: string };
    assert.deepEqual([rootfs, os], [(await scratch.images.inspect(id)).config.rootfs, 'linux']);
  },
);

for (const [form, target, names] of [
  ['a Docker archive', (path: string) => `docker-archive:${path}:base:2`, ['base:2']],
  ['an OCI archive', (path: string) => `oci-archive:${path}:base:2`, ['base:2']],
  ['an OCI archive without a name', (path: string) => `oci-archive:${path}`, []],
] as const) {
  test(
    `load() takes ${form} of skopeo, and saving it again gives the same image`,
    { skip },
    async () => {
      using first = scratchImages();
      using second = scratchImages();
      using files = directory();
      await importBusybox(first);
      const before = await first.images.inspect('base:1');
      await write(`${files.path}/a.tar`, await first.images.save(['base:1']));
      skopeo('copy', `docker-archive:${files.path}/a.tar`, target(`${files.path}/b.tar`));

      const [loaded] = await second.images.load(createReadStream(`${files.path}/b.tar`));

      assert.deepEqual(loaded?.names, names);
      const after = await second.images.inspect(loaded?.id ?? '');
      assert.deepEqual(after.layers, before.layers);
      assert.equal(after.size, before.size);
      assert.deepEqual(after.config.config?.Env, ['A=b']);

      // What was loaded keeps its manifest, byte for byte, also in the next archive.
      await write(`${files.path}/c.tar`, await second.images.save([after.id]));
      const again = JSON.parse(skopeo('inspect', `oci-archive:${files.path}/c.tar`)) as Inspected;
      assert.equal(again.Digest, after.manifest.digest);
      using third = scratchImages();
      const [same] = await third.images.load(createReadStream(`${files.path}/c.tar`));
      assert.equal(same?.id, after.id);
      assert.equal((await third.images.inspect(after.id)).manifest.digest, after.manifest.digest);
    },
  );
}

test('load() takes the directory of an OCI layout', { skip }, async () => {
  using first = scratchImages();
  using second = scratchImages();
  using files = directory();
  const id = await importBusybox(first);
  await write(`${files.path}/a.tar`, await first.images.save(['base:1']));
  skopeo('copy', `docker-archive:${files.path}/a.tar`, `oci:${files.path}/layout:base:4`);
  const [loaded] = await second.images.load({ directory: `${files.path}/layout` });
  assert.deepEqual(loaded?.names, ['base:4']);
  assert.deepEqual(
    (await second.images.inspect('base:4')).layers,
    (await first.images.inspect(id)).layers,
  );
  await assert.rejects(second.images.load({ directory: files.path }), {
    code: 'INVALID_ARCHIVE',
    message: /neither index\.json nor manifest\.json/,
  });
});

test('load() takes a layer that skopeo compressed and keeps its blob', { skip }, async () => {
  using first = scratchImages();
  using second = scratchImages();
  using files = directory();
  await importBusybox(first);
  await write(`${files.path}/a.tar`, await first.images.save(['base:1']));
  skopeo(
    'copy',
    '--dest-compress-format',
    'zstd',
    `docker-archive:${files.path}/a.tar`,
    `oci-archive:${files.path}/b.tar:base:3`,
  );
  await second.images.load(createReadStream(`${files.path}/b.tar`));
  const { manifest } = await second.images.inspect('base:3');
  const raw = second.store.blobs.readSync(manifest.digest).toString();
  const { layers } = JSON.parse(raw) as { layers: { digest: never; mediaType: string }[] };
  assert.match(layers[0]?.mediaType ?? '', /tar\+(?:zstd|gzip)$/);
  assert.ok(await second.store.blobs.stat(layers[0]?.digest as never));
});
