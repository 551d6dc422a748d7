import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readAll } from '../../test/support/tar-blocks.ts';
import { StaveError } from '../base/errors.ts';
import { LayerStream } from './layer-stream.ts';
import type { TarEntry } from './tar-entry.ts';

const runs = { numRuns: 150 };
const SECOND = 1_000_000_000n;
const SLASH = 0x2f;

/** Bytes of a name: anything but NUL; a component is as long as Linux allows. */
const component = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === SLASH ? 0x61 : byte))));
const plainName = fc.stringMatching(/^[a-z0-9._-]{1,60}$/).map((text) => Buffer.from(text));
const path = fc
  .array(fc.oneof({ weight: 4, arbitrary: plainName }, component), { minLength: 1, maxLength: 8 })
  .map((parts) =>
    Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [Buffer.of(SLASH), part]))),
  );
const id = fc.oneof(fc.nat(65_535), fc.integer({ min: 0, max: 2 ** 32 - 2 }));
const time = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 32n }),
  fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }),
);
const xattrs = fc
  .array(
    fc.tuple(fc.string({ minLength: 1, unit: 'grapheme' }), fc.uint8Array({ maxLength: 300 })),
    {
      maxLength: 4,
    },
  )
  .map((pairs) => new Map(pairs.filter(([name]) => !name.includes('\0') && name.isWellFormed())));
const device = fc
  .tuple(fc.integer({ min: 0, max: 4095 }), fc.integer({ min: 0, max: 1_048_575 }))
  .map(([major, minor]) => ({ major, minor }));

const entry: fc.Arbitrary<{ entry: TarEntry; content: Buffer }> = fc
  .record({
    path,
    kind: fc.constantFrom(
      'file',
      'file',
      'directory',
      'symlink',
      'hardlink',
      'char',
      'block',
      'fifo',
    ),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: id,
    gid: id,
    seconds: time,
    xattrs,
    target: path,
    device,
    content: fc.uint8Array({ maxLength: 2000 }),
  })
  .map(({ kind, seconds, target, device, content, ...rest }) => ({
    entry: {
      ...rest,
      type: kind,
      size: kind === 'file' ? content.length : 0,
      mtime: seconds * SECOND,
      ...((kind === 'symlink' || kind === 'hardlink') && { linkTarget: target }),
      ...((kind === 'char' || kind === 'block') && { device }),
    },
    content: Buffer.from(kind === 'file' ? content : []),
  }));
const layer = fc.array(entry, { maxLength: 12 });

/** Writes a layer, contents in pieces of `piece` bytes. */
function write(entries: readonly { entry: TarEntry; content: Buffer }[], piece = 2000): Buffer {
  const chunks: Uint8Array[] = [];
  const stream = new LayerStream({ output: (chunk) => chunks.push(Uint8Array.from(chunk)) });
  for (const { entry, content } of entries) {
    stream.entry(entry);
    for (let at = 0; at < content.length; at += piece)
      stream.content(content.subarray(at, at + piece));
  }
  stream.finish();
  return Buffer.concat(chunks);
}

/** Comparable, whatever kind of byte array its parts are. */
const comparable = (found: readonly { entry: TarEntry; content: Buffer }[]): unknown =>
  found.map(({ entry, content }) => ({
    ...entry,
    path: Buffer.from(entry.path).toString('hex'),
    linkTarget: entry.linkTarget && Buffer.from(entry.linkTarget).toString('hex'),
    xattrs: [...entry.xattrs]
      .map(([name, value]) => `${name} ${Buffer.from(value).toString('hex')}`)
      .toSorted((a, b) => (a < b ? -1 : 1)),
    content: content.toString('hex'),
  }));

test('readTar() reads what LayerStream wrote', async () => {
  await fc.assert(
    fc.asyncProperty(layer, async (entries) => {
      assert.deepEqual(comparable(await readAll(write(entries))), comparable(entries));
    }),
    runs,
  );
});

test('LayerStream writes the same bytes again from what readTar() read', async () => {
  await fc.assert(
    fc.asyncProperty(layer, fc.integer({ min: 1, max: 600 }), async (entries, piece) => {
      const tar = write(entries);
      assert.ok(write(entries, piece).equals(tar));
      assert.ok(write(await readAll(tar)).equals(tar));
    }),
    runs,
  );
});

test('readTar() finds the same wherever chunks end', async () => {
  await fc.assert(
    fc.asyncProperty(layer, fc.integer({ min: 1, max: 2000 }), async (entries, chunk) => {
      assert.deepEqual(comparable(await readAll(write(entries), { chunk })), comparable(entries));
    }),
    runs,
  );
});

test('readTar() reads damaged archives or refuses them in its own words', async () => {
  const limits = { unpackedBytes: 2 ** 22 };
  const damage = fc.array(fc.record({ at: fc.nat(), value: fc.nat(255), repair: fc.boolean() }), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(layer, damage, fc.nat(), async (entries, changes, cut) => {
      const tar = write(entries);
      for (const { at, value, repair } of changes) {
        tar[at % tar.length] = value;
        if (repair) repairChecksums(tar);
      }
      await readOrRefuse(cut % 3 === 0 ? tar.subarray(0, cut % tar.length) : tar, limits);
    }),
    runs,
  );
});

test('readTar() reads noise behind good checksums or refuses it in its own words', async () => {
  const block = fc
    .tuple(
      fc.uint8Array({ minLength: 512, maxLength: 512 }),
      fc.constantFrom('0', 'x', 'g', 'L', 'K', 'S', '5', '1', '2', '3', 'V'),
      fc.constantFrom('ustar\x0000', 'ustar  \0', '\0'),
      fc.integer({ min: 0, max: 3000 }),
    )
    .map(([bytes, flag, magic, size]) => {
      const out = Buffer.from(bytes);
      out.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
      out.write(flag, 156, 'latin1');
      out.write(magic, 257, 'latin1');
      for (const at of [100, 108, 116]) if (bytes[at]! < 200) out.write('0000001\0', at, 'latin1');
      if (bytes[0]! < 200) out.write('00000000001\0', 136, 'latin1');
      return out;
    });
  await fc.assert(
    fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 20 }), async (blocks) => {
      const archive = Buffer.concat(blocks);
      repairChecksums(archive);
      await readOrRefuse(archive, { unpackedBytes: 2 ** 22 });
    }),
    runs,
  );
});

async function readOrRefuse(archive: Buffer, limits: { unpackedBytes: number }): Promise<void> {
  try {
    await readAll(archive, { limits, chunk: 4096 });
  } catch (error) {
    if (!(error instanceof StaveError)) throw error;
    assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f]/);
    assert.ok(error.message.length < 600, error.message);
  }
}

/** Gives every block that has a magic number a right checksum, so that damage gets past it. */
function repairChecksums(archive: Buffer): void {
  for (let at = 0; at + 512 <= archive.length; at += 512) {
    const block = archive.subarray(at, at + 512);
    if (block.every((byte) => byte === 0)) continue;
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
}
