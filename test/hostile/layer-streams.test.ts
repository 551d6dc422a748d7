import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { gzipSync, zstdCompressSync, constants } from 'node:zlib';
import { digestOf } from '../../src/oci/digest.ts';
import { memberTar } from '../support/member-tar.ts';
import { END, entry, header } from '../support/tar-blocks.ts';
import { hostileCases, type HostileCase } from './house.ts';
import { archiveOf, directory, file } from './layers.ts';

/** More than is held in memory, and no zeros, which compress to nothing. */
const BODY = Array.from({ length: 20_000 }, (_, at) => (at * 2654435761).toString(36)).join('');
const TAR = memberTar(directory('d'), file('d/f', BODY));
const SMALL = memberTar(file('s', 'small'));
const DIFF = digestOf(TAR);
const gz = gzipSync(TAR);
const zst = zstdCompressSync(TAR);
const by = (program: string, data: Buffer, ...options: readonly string[]): Buffer =>
  spawnSync(`/usr/bin/${program}`, ['-c', ...options], { input: data, maxBuffer: 1 << 28 }).stdout;

/** A layer file as it is in an archive, and what its config says that it unpacks to. */
const takes = (what: string, data: Buffer, tar = TAR): HostileCase => ({
  what,
  archive: () => archiveOf([data], [digestOf(tar)]),
  accepted: async ({ names, engine, ids }) => {
    assert.equal((await names()).length, 1);
    const { layers } = await engine.images.inspect(ids[0] ?? '');
    assert.deepEqual(layers, [digestOf(tar)]);
  },
});
const refuses = (
  what: string,
  refused: RegExp,
  data: () => Buffer,
  diff: string = DIFF,
): HostileCase => ({
  what,
  refused,
  archive: () => archiveOf([data()], [diff]),
});
const skippable = (size: number): Buffer => {
  const frame = Buffer.alloc(8 + size, 7);
  frame.writeUInt32LE(0x184d2a53, 0);
  frame.writeUInt32LE(size, 4);
  return frame;
};
const changed = (data: Buffer, at: number, bits = 0xff): Buffer => {
  const copy = Buffer.from(data);
  const place = at < 0 ? copy.length + at : at;
  copy[place] = (copy[place] ?? 0) ^ bits;
  return copy;
};
/** Zeros in a tar: nothing when it is compressed. */
const ZEROS = Buffer.concat([
  header({ name: 'zeros', size: 32_000_000 }),
  Buffer.alloc(32_000_000),
  END,
]);

hostileCases('streams', [
  takes('a layer as it is', TAR),
  takes('a layer in gzip', gz),
  takes('a layer in zstd', zst),
  takes('a layer in bzip2', by('bzip2', TAR)),
  takes('a layer in xz', by('xz', TAR)),
  takes('a small layer in bzip2', by('bzip2', SMALL), SMALL),
  takes('a small layer in xz', by('xz', SMALL), SMALL),
  takes('a small layer in gzip', gzipSync(SMALL), SMALL),
  takes('gzip of level 0', gzipSync(TAR, { level: 0 })),
  takes(
    'a layer in three gzip members',
    Buffer.concat([gzipSync(TAR.subarray(0, 1000)), gzipSync(''), gzipSync(TAR.subarray(1000))]),
  ),
  takes('gzip with zeros behind it', Buffer.concat([gz, Buffer.alloc(4096)])),
  takes(
    'a layer in two zstd frames, with others between that are to be skipped',
    Buffer.concat([
      skippable(3),
      zstdCompressSync(TAR.subarray(0, 1000)),
      skippable(5000),
      zstdCompressSync(TAR.subarray(1000)),
      skippable(0),
    ]),
  ),
  takes(
    'a layer in two xz streams with padding',
    Buffer.concat([by('xz', TAR.subarray(0, 1000)), Buffer.alloc(8), by('xz', TAR.subarray(1000))]),
  ),
  takes(
    'a layer in two bzip2 streams',
    Buffer.concat([by('bzip2', TAR.subarray(0, 1000)), by('bzip2', TAR.subarray(1000))]),
  ),
  takes('a layer without entries', END, END),
  takes('a layer without entries, in gzip', gzipSync(END), END),
  refuses('gzip that is cut off', /ends too early/, () => gz.subarray(0, -1000)),
  refuses('gzip without its last byte', /ends too early/, () => gz.subarray(0, -1)),
  refuses('gzip of nothing but its head', /ends too early|damaged|layer/, () => gz.subarray(0, 10)),
  refuses('gzip with a wrong sum', /damaged gzip data/, () => changed(gz, -8)),
  refuses('gzip with a wrong length', /damaged gzip data/, () => changed(gz, -1)),
  refuses('gzip that is damaged', /damaged gzip data|unpacks to/, () => changed(gz, 40_000)),
  refuses('gzip with an unknown method', /another kind|damaged/, () => changed(gz, 2)),
  refuses('gzip with garbage behind it', /damaged gzip data/, () =>
    Buffer.concat([gz, Buffer.from('garbage')]),
  ),
  refuses('gzip with zeros and garbage behind it', /damaged gzip data/, () =>
    Buffer.concat([gz, Buffer.alloc(1000), Buffer.from('garbage')]),
  ),
  refuses('gzip with half a second member', /ends too early|something follows/, () =>
    Buffer.concat([gz, gz.subarray(0, 100)]),
  ),
  refuses('a second layer in a second member', /something follows|damaged/, () =>
    Buffer.concat([gz, gzipSync(SMALL)]),
  ),
  refuses('zstd that is cut off', /ends too early/, () => zst.subarray(0, -100)),
  refuses('zstd with a wrong sum', /damaged zstd data/, () =>
    changed(zstdCompressSync(TAR, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }), -1),
  ),
  refuses('zstd with garbage behind it', /damaged zstd data/, () =>
    Buffer.concat([zst, Buffer.from('garbage')]),
  ),
  refuses('zstd with a frame of 4 GiB to be skipped', /ends too early/, () => {
    const frame = skippable(100);
    frame.writeUInt32LE(0xffffffff, 4);
    return Buffer.concat([zst, frame]);
  }),
  refuses('zstd with a window of 2 GiB', /MiB of memory|damaged zstd/, () => {
    const frame = Buffer.from(zst);
    // Descriptor without a single segment, then a window descriptor of exponent 21.
    frame[4] = 0;
    frame[5] = 21 << 3;
    return frame;
  }),
  refuses('zstd that asks for a dictionary', /damaged zstd data/, () => {
    const plain = zstdCompressSync(TAR);
    const first = plain[4] ?? 0;
    return Buffer.concat([plain.subarray(0, 4), Buffer.of(first | 1, 77), plain.subarray(5)]);
  }),
  refuses('xz that is cut off', /xz/, () => by('xz', TAR).subarray(0, -100)),
  refuses('xz that is damaged', /xz/, () => changed(by('xz', TAR), 5000)),
  refuses('xz with garbage behind it', /xz/, () =>
    Buffer.concat([by('xz', TAR), Buffer.from('garbage')]),
  ),
  refuses('xz with a dictionary of 1.5 GiB', /xz.*memory/i, () =>
    by('xz', TAR, '--lzma2=dict=1536MiB,mf=hc3,mode=fast,nice=4'),
  ),
  refuses('bzip2 that is cut off', /bzip2/, () => by('bzip2', TAR).subarray(0, -100)),
  refuses('bzip2 that is damaged', /bzip2/, () => changed(by('bzip2', TAR), 2000)),
  refuses('bzip2 of nothing but its head', /bzip2|another kind|layer/, () => Buffer.from('BZh9')),
  refuses('gzip in gzip', /tar|layer/, () => gzipSync(gz)),
  refuses('a text in gzip', /tar|layer/, () => gzipSync('text'.repeat(30_000))),
  refuses('a picture', /another kind|layer/, () =>
    Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(100_000, 1)]),
  ),
  refuses('a zip archive', /another kind|layer/, () =>
    Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(100_000, 1)]),
  ),
  refuses('a file system', /another kind|layer|damaged/, () => {
    const squash = Buffer.alloc(100_000);
    squash.write('hsqs');
    return squash;
  }),
  refuses('a layer that says it is another', /unpacks to sha256:/, () => gz, digestOf('other')),
  refuses('1.2 GB of zeros in a megabyte of gzip', /refused archive|ratio|times its size/, () => {
    // As one member many times: what is compressed once stands for as much as one likes.
    const member = gzipSync(Buffer.alloc(16 * 1024 * 1024), { level: 9 });
    const head = gzipSync(header({ name: 'zeros', size: 1_200_000_000 }));
    return Buffer.concat([head, ...Array.from({ length: 72 }, () => member)]);
  }),
  refuses('1.2 GB of zeros in some KB of zstd', /times its size/, () => {
    const frame = zstdCompressSync(Buffer.alloc(16 * 1024 * 1024));
    const head = zstdCompressSync(header({ name: 'zeros', size: 1_200_000_000 }));
    return Buffer.concat([head, ...Array.from({ length: 72 }, () => frame)]);
  }),
  takes('32 MB of zeros in some KB of gzip', gzipSync(ZEROS), ZEROS),
  refuses('a bomb of 200 MB in a small layer', /unpacks to|larger|times/, () =>
    gzipSync(Buffer.alloc(40_000_000)),
  ),
  {
    what: 'a whole archive in gzip with garbage behind it',
    refused: /damaged gzip data/,
    archive: () => Buffer.concat([gzipSync(archiveOf([gz], [DIFF])), Buffer.from('garbage')]),
  },
  {
    what: 'a whole archive in gzip that is cut off',
    refused: /ends too early|cut/,
    archive: () => gzipSync(archiveOf([TAR], [DIFF])).subarray(0, -2000),
  },
  ...(['xz', 'bzip2'] as const).map((program): HostileCase => ({
    what: `a whole archive in ${program} that is cut off`,
    refused: new RegExp(program),
    archive: () => by(program, archiveOf([TAR], [DIFF])).subarray(0, -2000),
  })),
  {
    what: 'a whole archive in zstd in gzip',
    refused: /no tar archive/,
    archive: () => gzipSync(zstdCompressSync(archiveOf([TAR], [DIFF]))),
  },
  {
    what: 'an archive with bytes behind its end',
    refused: /something follows its end/,
    archive: () => Buffer.concat([archiveOf([TAR], [DIFF]), entry({ name: 'x' }, 'x')]),
  },
]);
