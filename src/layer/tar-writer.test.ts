import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import { readOne } from '../../test/support/tar-blocks.ts';
import { tarEntry } from '../../test/support/tar-entries.ts';
import type { TarEntry } from './tar-entry.ts';
import { encodeHeader, padding, TAR_WRITER_VERSION, TRAILER } from './tar-writer.ts';

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const SECOND = 1_000_000_000n;

suite('version 1', () => {
  // These digests name layers that people have. They never change: another result is version 2.
  const golden: [string, TarEntry, number, string][] = [
    [
      'a file',
      tarEntry('etc/passwd', { size: 1234 }),
      512,
      '30cb9df7cabbe80831d332611438966ad10cbaed5f5dc9c55827b54073483806',
    ],
    [
      'a directory',
      tarEntry('usr/share', { type: 'directory' }),
      512,
      '9dc2eacd467095cf8194c84f1c79fd2da258919f2260ad25d5be07641080a05c',
    ],
    [
      'the root',
      tarEntry('.', { type: 'directory' }),
      512,
      '0e49d6ddf47487a0dfe306222793ac7e185a0f4712599ee01a9e47ec12001781',
    ],
    [
      'a symbolic link',
      tarEntry('bin/sh', { type: 'symlink', mode: 0o777, linkTarget: Buffer.from('busybox') }),
      512,
      '0663f702821e70f71e1b3c0e1b287e8061721a4de805627dc5c7f18b75520db7',
    ],
    [
      'a hard link',
      tarEntry('bin/ls', {
        type: 'hardlink',
        mode: 0o4755,
        linkTarget: Buffer.from('bin/busybox'),
      }),
      512,
      '80cf55eb04f3e6c4bb42791ab5a9f24e1d6641e7cb975934acf30e8c3853859a',
    ],
    [
      'a char device',
      tarEntry('dev/null', { type: 'char', mode: 0o666, device: { major: 1, minor: 3 } }),
      512,
      'bb080735551fdd39609259a476aac794f6f35e8ea3be12eea12ba72a055e84b3',
    ],
    [
      'a block device',
      tarEntry('dev/sda', {
        type: 'block',
        mode: 0o660,
        gid: 6,
        device: { major: 8, minor: 1_048_575 },
      }),
      512,
      '75c319314e6d1b336e7f68be7b5c8414d246ecab02da25a1dc41afb7d2bce839',
    ],
    [
      'a fifo',
      tarEntry('run/pipe', { type: 'fifo', mode: 0o600 }),
      512,
      'b3146d73ee9311feee13c51ad4a78cb3fbf83a03f033c9eae0754d8064fed62a',
    ],
    [
      'a whiteout',
      tarEntry('etc/.wh.shadow', { mode: 0 }),
      512,
      '58ba589e4ee945d445bf6cfaa7683dee5e3ff39b6e33c8e4c2ade59870c3dfb7',
    ],
    [
      'a name that is divided',
      tarEntry(`${'p'.repeat(155)}/${'n'.repeat(100)}`),
      512,
      '3d553f632a2ee386c5a922b4f1a5091a879e1ba2cb55b3dddd6c67ef904e764a',
    ],
    [
      'a name too long for that',
      tarEntry(`${'p'.repeat(156)}/${'n'.repeat(100)}`),
      1536,
      'fffbdfe8b3b3f77f1403c6d4b5e24c91a37665d9b9d76493b74c3e5339b4316d',
    ],
    [
      'a name beyond ASCII',
      tarEntry('usr/share/ünï/cödé'),
      1536,
      '2af4669809e0b2e51776ea1c17d3f0b30f418a5eba287d04d3756ffaf133adcf',
    ],
    [
      'a name that is not UTF-8',
      tarEntry(Buffer.from([0x61, 0xff, 0x62])),
      1536,
      'ff2b3576b4341ed5ff4ea7760c639d4c87e30b754538a9791f4e94e06c7c51d8',
    ],
    [
      'a long link target',
      tarEntry('l', { type: 'symlink', mode: 0o777, linkTarget: Buffer.from('t'.repeat(101)) }),
      1536,
      '6e7acf6c640b8ec7aa473884f4026d04fb0056736608a7a7621a7c620825abe4',
    ],
    [
      'large ids',
      tarEntry('f', { uid: 2_097_152, gid: 4_294_967_294 }),
      1536,
      '980dacd3087efa94cd35d923f49a84a39363896eb4ce38f997ce83396f750e99',
    ],
    [
      'a large size',
      tarEntry('f', { size: 8 * 1024 ** 3 }),
      1536,
      '1d865be3311a760d4f68312ebd1ccf459c6e29e086304f76ff250a8940a62e5d',
    ],
    [
      'a time before 1970',
      tarEntry('f', { mtime: -1n }),
      1536,
      '6d418002efec4948f96796ed019c9c0e8bc76bc0591f1621177ad99967afaa18',
    ],
    [
      'a time after 2242',
      tarEntry('f', { mtime: 8_589_934_592n * SECOND }),
      1536,
      'a25d7f5c9b1042c79e732bbea9f50dbeeec7f3ea913b62b2d2094dccd4281b7d',
    ],
    [
      'extended attributes',
      tarEntry('bin/ping', {
        mode: 0o755,
        xattrs: new Map<string, Uint8Array>([
          ['user.b=c%', Buffer.from([0, 255])],
          ['user.a', Buffer.from('')],
          ['security.capability', Buffer.from('0100000200200000000000000000000000000aff', 'hex')],
        ]),
      }),
      1536,
      '2e8eccbc7a7d3dc1b5fae34ad4533758ec20609707b4c84c598ffdce7923d8b5',
    ],
  ];
  for (const [what, entry, length, digest] of golden) {
    test(`encodeHeader() writes ${what} as ever`, () => {
      const header = encodeHeader(entry);
      assert.deepEqual([header.length, sha256(header)], [length, digest]);
    });
  }

  test('the version is that of these bytes', () => assert.equal(TAR_WRITER_VERSION, 1));
});

suite('encodeHeader()', () => {
  test('writes a ustar block field by field', () => {
    const header = encodeHeader(
      tarEntry('a', { mode: 0o4755, uid: 8, gid: 9, size: 10, mtime: 11n * SECOND }),
    );
    assert.equal(header.toString('latin1', 0, 2), 'a\0');
    assert.equal(
      header.toString('latin1', 100, 148),
      '0004755\x000000010\x000000011\x0000000000012\x0000000000013\0',
    );
    assert.match(header.toString('latin1', 148, 157), /^[0-7]{6}\0 0$/);
    assert.equal(header.toString('latin1', 257, 265), 'ustar\x0000');
    assert.ok(
      header.subarray(265, 329).every((byte) => byte === 0),
      'no names of users',
    );
    assert.equal(header.toString('latin1', 329, 345), '0000000\x000000000\0');
  });

  test('rounds times down to whole seconds', async () => {
    const times: [bigint, bigint][] = [
      [1_999_999_999n, 1n],
      [0n, 0n],
      [-1n, -1n],
      [-SECOND, -1n],
      [-1_000_000_001n, -2n],
    ];
    for (const [mtime, seconds] of times) {
      const found = await readOne(encodeHeader(tarEntry('f', { mtime })));
      assert.equal(found.entry.mtime, seconds * SECOND, `${mtime}`);
    }
  });

  test('divides a long name as far right as the prefix allows', () => {
    const name = `${'a'.repeat(50)}/${'b'.repeat(50)}/${'c'.repeat(50)}/${'d'.repeat(50)}`;
    const header = encodeHeader(tarEntry(name));
    assert.equal(header.length, 512);
    assert.equal(header.toString('latin1', 0, 51), `${'d'.repeat(50)}\0`);
    assert.equal(header.toString('latin1', 345, 499), `${name.slice(0, 152)}\0\0`);
  });

  test('does not divide a directory at its own slash', async () => {
    for (const path of [
      'd'.repeat(99),
      'd'.repeat(100),
      `${'p'.repeat(155)}/${'d'.repeat(99)}`,
      `${'p'.repeat(155)}/${'d'.repeat(100)}`,
      'd'.repeat(155),
    ]) {
      const found = await readOne(encodeHeader(tarEntry(path, { type: 'directory' })));
      assert.equal(String(found.entry.path), Buffer.from(path).toString(), `${path.length}`);
    }
  });

  test('keeps a leading slash in a name that is divided', async () => {
    const path = `/${'n'.repeat(100)}`;
    const found = await readOne(encodeHeader(tarEntry(path)));
    assert.equal(String(found.entry.path), path);
  });

  test('does not depend on the order of attributes', () => {
    const pairs: [string, Uint8Array][] = [
      ['user.z', Buffer.from('1')],
      ['user.a', Buffer.from('2')],
      ['user.ä', Buffer.from('3')],
    ];
    const one = encodeHeader(tarEntry('f', { xattrs: new Map(pairs) }));
    const other = encodeHeader(tarEntry('f', { xattrs: new Map(pairs.toReversed()) }));
    assert.deepEqual(one, other);
  });

  test('refuses what no file can have', () => {
    const wrong: TarEntry[] = [
      tarEntry('a\0b'),
      tarEntry('l', { type: 'symlink', linkTarget: Buffer.from('a\0b') }),
      tarEntry('f', { uid: -1 }),
      tarEntry('f', { size: 1.5 }),
      tarEntry('f', { mode: -1 }),
      tarEntry('d', { type: 'char', device: { major: 2 ** 21, minor: 0 } }),
      tarEntry('f', { xattrs: new Map([['', Buffer.alloc(0)]]) }),
    ];
    for (const entry of wrong) assert.throws(() => encodeHeader(entry), RangeError);
  });
});

suite('around contents', () => {
  test('padding() fills up to whole blocks', () => {
    const lengths = [0, 1, 511, 512, 513, 1024].map((size) => padding(size).length);
    assert.deepEqual(lengths, [0, 511, 1, 0, 511, 0]);
  });

  test('TRAILER is two blocks of zeros', () => {
    assert.deepEqual(Buffer.from(TRAILER), Buffer.alloc(1024));
  });
});
