import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { collect } from '../../src/base/bytes.ts';
import { compressed } from '../../src/layer/compression.ts';
import { docker, layout, text, CONFIG } from '../hostile/documents.ts';
import { archiveOf, imageOf } from '../hostile/layers.ts';
import { base256, END, header, pax } from '../support/tar-blocks.ts';
import { tarOf } from '../tar-of.ts';
import { House, skip } from './house.ts';

/** What a refusal may take, in KiB: the program itself needs a good third of it. */
const MEMORY_LIMIT = 300 * 1024;

interface Measured {
  readonly code: number | null;
  readonly stderr: string;
  /** The most that it ever had, in KiB. */
  readonly peak: number;
}

/** Runs the real program on an archive and looks at its memory until it ends. */
async function load(house: House, archive: string): Promise<Measured> {
  const [program = '', ...args] = house.command(['load', '-i', archive]);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  let peak = 0;
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const look = (): void => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'latin1');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, 5);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(timer);
  return { code, stderr, peak };
}

const DIFF = `sha256:${'1'.repeat(64)}`;
/** A megabyte that unpacks to a thousand. */
function bomb(compress: (data: Buffer) => Buffer): Buffer {
  const piece = compress(Buffer.alloc(16 * 1024 * 1024));
  const head = compress(header({ name: 'zeros', size: 1_200_000_000 }));
  return archiveOf([Buffer.concat([head, ...Array.from({ length: 72 }, () => piece)])], [DIFF]);
}

async function* longNames(): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < 5_000; at += 1) {
    yield Buffer.concat([
      pax([['path', `${'d/'.repeat(1999)}${String(at).padStart(4, '0')}`]]),
      header({ name: 'x' }),
    ]);
  }
  yield END;
}

const heavy: readonly (readonly [string, RegExp, () => Buffer | Promise<Buffer>])[] = [
  ['a bomb in gzip', /times its size/, () => bomb(gzipSync)],
  ['a bomb in zstd', /times its size/, () => bomb(zstdCompressSync)],
  ['gigabytes of names', /name of 4002 bytes/, () => collect(compressed(longNames(), 'gzip'))],
  [
    'a hundred thousand chained headers',
    /more than 100 headers/,
    () =>
      imageOf(Buffer.concat([...Array.from({ length: 100_000 }, () => pax([['path', 'x']])), END])),
  ],
  [
    'a file of 10^12 bytes',
    /refused archive/,
    () => imageOf(Buffer.concat([header({ size: base256(10n ** 12n, 12) }), END])),
  ],
  [
    'a layer of 10^12 bytes',
    /"size" of layer 1/,
    () =>
      layout({
        manifest: {
          layers: [
            { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: DIFF, size: 10 ** 12 },
          ],
        },
      }),
  ],
  [
    'documents of 60 MB',
    /config says|unpacks|bytes together|not in the archive|layers/,
    () =>
      tarOf([
        ...Array.from({ length: 15 }, (_, at) => ({
          name: `${at}.json`,
          data: text({ ...CONFIG, x: Array.from({ length: 900_000 }, () => [1]) }),
        })),
        {
          name: 'manifest.json',
          data: text(
            Array.from({ length: 15 }, (_, at) => ({ Config: `${at}.json`, Layers: ['nosuch'] })),
          ),
        },
      ]),
  ],
  [
    'a manifest.json of two thousand images of one large config',
    /has \d+ layers, but/,
    () =>
      docker({
        config: { ...CONFIG, x: 'x'.repeat(4_000_000) },
        manifest: Array.from({ length: 2_000 }, (_, at) => ({
          Config: 'config.json',
          Layers: Array.from({ length: 1 + (at % 20) }, () => 'layer.tar'),
          RepoTags: [`x:${at}`],
        })),
      }),
  ],
];

test('what asks for much is refused with little memory, and leaves nothing', { skip }, async () => {
  using house = new House();
  house.must(['images']);
  for (const [what, message, make] of heavy) {
    const archive = join(house.directory, 'archive');
    writeFileSync(archive, await make());
    const { code, stderr, peak } = await load(house, archive);
    assert.match(stderr, /^Error: [^\n]+\n(?:Hint: [^\n]+\n)?$/, what);
    assert.match(stderr, message, what);
    assert.equal(code, 1, what);
    assert.ok(peak < MEMORY_LIMIT, `${what}: ${peak} KiB`);
    assert.deepEqual(house.litter(), [], what);
    assert.equal(house.must(['images', '-q']), '', what);
  }
});
