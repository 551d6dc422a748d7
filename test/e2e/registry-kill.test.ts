import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MediaType } from '../../src/oci/media-types.ts';
import { openStore } from '../../src/store/open-store.ts';
import { needsRoot } from '../scratch-images.ts';
import { digestOf, TestRegistry } from '../support/test-registry.ts';
import { tarOf } from '../tar-of.ts';

const ROUNDS = Math.min(50, Number(process.env['STAVE_KILLS'] ?? 3));
const MB = 1_000_000;
/** Sizes of the layers: what is lost on the way when a process dies does not depend on them. */
const LAYERS = ROUNDS > 10 ? [150 * MB, 80 * MB, 50 * MB] : [36 * MB, 4 * MB, 2 * MB];
const program = join(import.meta.dirname, '../../src/cli/bin.ts');

/** Puts an image of incompressible layers into a registry; returns its size. */
function putImage(registry: TestRegistry, repository: string): number {
  const tars = LAYERS.map((size) => tarOf([{ name: 'data', data: randomBytes(size) }]));
  const diffIds = tars.map(digestOf);
  const config = {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: registry.add(repository, Buffer.from(JSON.stringify(config)), MediaType.ociConfig),
    layers: tars.map((tar) => registry.add(repository, tar, MediaType.ociLayer)),
  };
  registry.tag(repository, 'v1', manifest, MediaType.ociManifest);
  return tars.reduce((sum, tar) => sum + tar.length, 0);
}

/** Runs the program until it ends, or until `isTime` says that it is to be killed. */
async function run(
  root: string,
  args: readonly string[],
  isTime: () => boolean = () => false,
): Promise<{ code: number | null; said: string }> {
  const command = [program, '--root', root, ...args];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const timer = setInterval(() => isTime() && child.kill('SIGKILL'), 5);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(timer);
  return { code, said };
}

test(
  `a pull that is killed ${ROUNDS} times ends well, and hardly a byte comes twice`,
  { skip: needsRoot },
  async () => {
    await using registry = await TestRegistry.open();
    const directory = mkdtempSync(`${tmpdir()}/stave-pull-kill-`);
    try {
      const size = putImage(registry, 'app');
      // Some 6 MB/s for each connection.
      registry.pace = 60_000;
      const root = join(directory, 'store');
      const args = ['pull', '-q', `${registry.host}/app:v1`];
      let killed = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const most = Math.max(1, Math.floor(((size - registry.sent) / (ROUNDS - round)) * 1.5));
        const end = registry.sent + randomInt(most);
        const { code } = await run(root, args, () => registry.sent >= end);
        if (code === null) killed += 1;
        using store = openStore(root);
        const images = store.read((tables) => tables.images.list());
        assert.deepEqual(images, code === 0 ? images : []);
        assert.deepEqual((await store.check({ quick: true })).problems, []);
      }
      registry.pace = undefined;
      const { code, said } = await run(root, args);
      assert.equal(code, 0, said);
      assert.ok(killed > 0, 'it was over before it could be killed');
      assert.ok(registry.sent <= size * 1.1, `${registry.sent} of ${size} bytes`);
      using store = openStore(root);
      assert.equal(store.read((tables) => tables.images.list()).length, 1);
      assert.deepEqual((await store.check()).problems, []);
      assert.deepEqual(readdirSync(join(root, 'ingest')), []);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

test(
  `a push that is killed ${ROUNDS} times ends well, and no blob goes twice`,
  { skip: needsRoot },
  async () => {
    await using registry = await TestRegistry.open();
    const directory = mkdtempSync(`${tmpdir()}/stave-push-kill-`);
    try {
      putImage(registry, 'app');
      const root = join(directory, 'store');
      const [from, to] = [`${registry.host}/app:v1`, `${registry.host}/copy:v1`];
      assert.equal((await run(root, ['pull', '-q', from])).code, 0);
      assert.equal((await run(root, ['tag', from, to])).code, 0);
      // No way round: what the other repository has is not given away.
      const parts = [...registry.links];
      registry.links.clear();
      const uploaded = (): number => registry.count(/^PUT .*\/uploads\//);
      for (let round = 0; round < ROUNDS; round += 1) {
        let wait = randomInt(150);
        const before = registry.log.length;
        // Some time after the first upload has begun.
        const isTime = (): boolean =>
          registry.log.slice(before).some((line) => line.startsWith('PUT ')) && (wait -= 5) < 0;
        await run(root, ['push', '-q', to], isTime);
        if (registry.manifests.has('copy/v1')) assert.equal(registry.links.size, parts.length);
      }
      const before = { uploads: uploaded(), has: registry.links.size };
      const { code, said } = await run(root, ['push', '-q', to]);
      assert.equal(code, 0, said);
      // What came last may have been taken after its sender died.
      assert.ok(uploaded() - before.uploads <= parts.length - before.has);
      assert.ok(registry.manifests.has('copy/v1'));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
