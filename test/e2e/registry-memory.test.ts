import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { MediaType } from '../../src/oci/media-types.ts';
import { digestOf, TestRegistry } from '../support/test-registry.ts';
import { tarOf } from '../tar-of.ts';
import { skip } from './house.ts';

const STREAMS = 64;
const library = join(import.meta.dirname, '../../dist/index.js');

/** Pulls all images at once, and prints what it took at most. */
const PROGRAM = `
  import { readFileSync } from 'node:fs';
  const [root, host] = process.argv.slice(1);
  const { openEngine } = await import(${JSON.stringify(library)});
  const engine = await openEngine({ root });
  const names = Array.from({ length: ${STREAMS} }, (_, at) => host + '/app' + at + ':v1');
  await Promise.all(names.map((name) => engine.images.pull({ name })));
  console.log(/VmHWM:\\s*(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  process.exit(0);
`;

test(`${STREAMS} layers at once take less than 200 MB`, { skip }, async () => {
  await using registry = await TestRegistry.open();
  for (let at = 0; at < STREAMS; at += 1) {
    const entries = Array.from({ length: 20 }, (_, file) => ({
      name: `${at}-${file}`,
      data: randomBytes(100_000),
    }));
    const tar = tarOf(entries);
    const rootfs = { type: 'layers', diff_ids: [digestOf(tar)] };
    const config = { os: 'linux', architecture: 'amd64', rootfs };
    const manifest = {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: registry.add(`app${at}`, Buffer.from(JSON.stringify(config)), MediaType.ociConfig),
      layers: [registry.add(`app${at}`, gzipSync(tar, { level: 1 }), MediaType.ociLayerGzip)],
    };
    registry.tag(`app${at}`, 'v1', manifest, MediaType.ociManifest);
  }
  // So slowly that all of them are under way together.
  registry.pace = 30_000;
  const directory = mkdtempSync(`${tmpdir()}/stave-memory-`);
  try {
    const args = ['--input-type=module', '-e', PROGRAM, join(directory, 'store'), registry.host];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [said, wrong] = await Promise.all([text(child.stdout), text(child.stderr)]);
    assert.equal(wrong, '');
    const megabytes = Number(said) / 1024;
    assert.ok(megabytes > 0 && megabytes < 200, `${megabytes} MB`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
