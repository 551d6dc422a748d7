import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  base256,
  END,
  entry,
  GNU_MAGIC,
  header,
  pax,
  readAll,
  readOne,
  signed,
} from '../../test/support/tar-blocks.ts';
import { TarFormatError } from './errors.ts';

const good = entry({ name: 'good' }, 'content');

/** What the reader says of an archive; it must refuse it with one line. */
async function refusal(archive: Buffer): Promise<string> {
  const error = await readAll(archive).then(
    () => assert.fail('it was read'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TarFormatError, String(error));
  assert.doesNotMatch(error.message, /[\n\u0000-\u001f]/);
  assert.ok(error.hint);
  return error.message;
}

suite('damaged archives', () => {
  test('readTar() names the place of a wrong checksum', async () => {
    const bad = header({ name: 'bad' });
    bad[0]! ^= 1;
    assert.match(
      await refusal(Buffer.concat([good, bad, END])),
      /^damaged tar archive: the header at byte 1024 has a wrong checksum$/,
    );
  });

  test('readTar() says when something is no tar archive at all', async () => {
    assert.match(await refusal(Buffer.alloc(2048, 'text')), /does not start with a tar header/);
    assert.match(await refusal(Buffer.from('short')), /ends within a header/);
  });

  test('readTar() refuses archives cut off anywhere but between entries', async () => {
    const archive = Buffer.concat([pax([['path', 'p/'.repeat(300)]]), good, good]);
    const whole = new Set([0, archive.length - 1024, archive.length]);
    for (let length = 1; length < archive.length; length += 37) {
      if (!whole.has(length)) await refusal(archive.subarray(0, length));
    }
    await refusal(archive.subarray(0, 1536));
    await refusal(archive.subarray(0, archive.length - 1));
  });

  test('readTar() names the entry within which an archive ends', async () => {
    const archive = entry({ name: 'usr/bin/big' }, 'x'.repeat(3000)).subarray(0, 2000);
    assert.match(await refusal(archive), /it ends within "usr\/bin\/big" at byte 2000/);
  });

  test('readTar() refuses a description that no entry follows', async () => {
    await refusal(Buffer.concat([good, pax([['path', 'x']]), END]));
    await refusal(pax([['path', 'x']]));
  });

  test('readTar() refuses what follows the end mark', async () => {
    assert.match(await refusal(Buffer.concat([good, END, good, END])), /something follows its end/);
    await refusal(Buffer.concat([good, END, Buffer.from('garbage')]));
    await refusal(Buffer.concat([good, Buffer.alloc(512), good, END]));
  });

  test('readTar() shows names with control characters in escaped form', async () => {
    const message = await refusal(entry({ name: 'a\n\u001b[31m', flag: '2' }));
    assert.match(message, /link "a\\n\\u001b\[31m" has no target/);
  });
});

suite('bad values', () => {
  const refused: [string, () => Buffer][] = [
    ['a size that is no number', () => header({ size: 'zz' })],
    ['a size with junk behind it', () => header({ size: '0000 000008' })],
    ['a negative size', () => header({ size: base256(-512n, 12) })],
    ['a size beyond 2^53', () => header({ size: base256(2n ** 60n, 12) })],
    ['a negative user', () => header({ uid: base256(-1n, 8) })],
    ['the user that means nobody', () => header({ uid: base256(2n ** 32n - 1n, 8) })],
    ['a user that wraps around to root', () => header({ uid: base256(2n ** 32n, 8) })],
    [
      'a PAX user that wraps around to root',
      () => Buffer.concat([pax([['uid', '4294967296']]), header({})]),
    ],
    ['a negative PAX user', () => Buffer.concat([pax([['uid', '-1']]), header({})])],
    ['a PAX size in hexadecimal', () => Buffer.concat([pax([['size', '0x10']]), header({})])],
    ['an endless PAX size', () => Buffer.concat([pax([['size', '9'.repeat(400)]]), header({})])],
    ['a time beyond 64 bits', () => header({ mtime: base256(2n ** 70n, 12) })],
    [
      'a PAX time beyond 64 bits',
      () => Buffer.concat([pax([['mtime', '9'.repeat(19)]]), header({})]),
    ],
    ['a PAX time in scientific form', () => Buffer.concat([pax([['mtime', '1e9']]), header({})])],
    ['a negative mode', () => header({ mode: base256(-1n, 8) })],
    ['a negative device number', () => header({ flag: '3', major: base256(-1n, 8) })],
    ['an unknown kind', () => header({ flag: 'Z' })],
    ['an entry without a name', () => header({ name: '' })],
    ['a symbolic link without a target', () => header({ flag: '2' })],
    ['a hard link without a target', () => header({ flag: '1' })],
    ['a NUL in a PAX path', () => Buffer.concat([pax([['path', 'a\0b']]), header({})])],
    ['a NUL in a PAX link target', () => Buffer.concat([pax([['linkpath', 'a\0b']]), header({})])],
    [
      'an attribute without a name',
      () => Buffer.concat([pax([['SCHILY.xattr.', 'x']]), header({})]),
    ],
    [
      'an attribute not in base64',
      () => Buffer.concat([pax([['LIBARCHIVE.xattr.a', '%']]), header({})]),
    ],
    [
      'a PAX record without a key',
      () => Buffer.concat([entry({ flag: 'x' }, '6 =ab\n'), header({})]),
    ],
    [
      'a PAX record without a value',
      () => Buffer.concat([entry({ flag: 'x' }, '7 path\n'), header({})]),
    ],
    [
      'a PAX record that claims more',
      () => Buffer.concat([entry({ flag: 'x' }, '99 path=a\n'), header({})]),
    ],
    [
      'a PAX record that claims less',
      () => Buffer.concat([entry({ flag: 'x' }, '5 path=a\n'), header({})]),
    ],
    [
      'a PAX record of length 0',
      () => Buffer.concat([entry({ flag: 'x' }, '0 path=a\n'), header({})]),
    ],
    [
      'a PAX record without a length',
      () => Buffer.concat([entry({ flag: 'x' }, ' path=a\n'), header({})]),
    ],
    [
      'a PAX record without a line end',
      () => Buffer.concat([entry({ flag: 'x' }, '9 path=ab'), header({})]),
    ],
    ['a negative long name', () => header({ flag: 'L', magic: GNU_MAGIC, size: base256(-1n, 12) })],
  ];
  for (const [what, archive] of refused) {
    test(`readTar() refuses ${what}`, async () => {
      await refusal(Buffer.concat([archive(), END]));
    });
  }

  test('readTar() does not look at fields that PAX records replace', async () => {
    const found = await readOne(
      pax([
        ['uid', '1'],
        ['mtime', '2'],
      ]),
      header({ uid: 'junk', mtime: 'junk' }),
    );
    assert.equal(found.entry.uid, 1);
  });

  test('readTar() accepts NULs at the end of a PAX header', async () => {
    const data = Buffer.concat([Buffer.from('10 path=b\n'), Buffer.alloc(20)]);
    const found = await readOne(entry({ flag: 'x' }, data), header({}));
    assert.equal(found.entry.path.toString(), 'b');
  });

  test('a header of zeros with a checksum is an entry without a name, not the end', async () => {
    await refusal(Buffer.concat([good, signed(Buffer.alloc(512)), END]));
  });
});
