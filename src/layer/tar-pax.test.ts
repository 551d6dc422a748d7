import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { END, entry, header, pax, readAll, readOne } from '../../test/support/tar-blocks.ts';

const SECOND = 1_000_000_000n;

suite('PAX', () => {
  test('readTar() applies path, linkpath, ids, size and mtime of a PAX header', async () => {
    const path = Buffer.from(`${'ü'.repeat(60)}/${'é'.repeat(100)}`);
    const found = await readOne(
      pax([
        ['path', path],
        ['uid', '4000000'],
        ['gid', '2147483648'],
        ['size', '6'],
        ['mtime', '1700000000.123456789'],
        ['comment', 'nothing to see'],
      ]),
      header({ name: 'short', size: 0 }),
      Buffer.from('sixsix'.padEnd(512, '\0')),
    );
    assert.deepEqual(
      { ...found.entry, content: found.content.toString() },
      {
        path,
        type: 'file',
        mode: 0o644,
        uid: 4_000_000,
        gid: 2_147_483_648,
        size: 6,
        mtime: 1_700_000_000_123_456_789n,
        xattrs: new Map(),
        content: 'sixsix',
      },
    );
    const link = await readOne(
      pax([['linkpath', 'l'.repeat(300)]]),
      header({ flag: '2', link: 'l' }),
    );
    assert.deepEqual(link.entry.linkTarget, Buffer.from('l'.repeat(300)));
  });

  test('readTar() reads fractions and signs of PAX times', async () => {
    const times: [string, bigint][] = [
      ['-1', -SECOND],
      ['-1.5', -1_500_000_000n],
      ['0.000000001', 1n],
      ['12.', 12n * SECOND],
      ['1.1234567899', 1_123_456_789n],
      ['-99999999999', -99_999_999_999n * SECOND],
    ];
    for (const [text, expected] of times) {
      assert.equal((await readOne(pax([['mtime', text]]), header({}))).entry.mtime, expected, text);
    }
  });

  test('readTar() keeps binary values of extended attributes, by both spellings', async () => {
    const capability = Buffer.from('0100000200200000000000000000000000000aff', 'hex');
    const found = await readOne(
      pax([
        ['SCHILY.xattr.security.capability', capability],
        ['SCHILY.xattr.user.empty', ''],
        ['SCHILY.xattr.user.lines', 'a=b\nc=d\n'],
        ['LIBARCHIVE.xattr.user.%C3%BC%3D', Buffer.from('/wA').toString()],
      ]),
      header({}),
    );
    assert.deepEqual(
      found.entry.xattrs,
      new Map<string, Uint8Array>([
        ['security.capability', capability],
        ['user.empty', Buffer.alloc(0)],
        ['user.lines', Buffer.from('a=b\nc=d\n')],
        ['user.ü=', Buffer.from([0xff, 0x00])],
      ]),
    );
  });

  test('readTar() applies global records until others say otherwise', async () => {
    const found = await readAll(
      Buffer.concat([
        pax(
          [
            ['mtime', '5'],
            ['uid', '7'],
            ['SCHILY.xattr.user.a', 'global'],
          ],
          'g',
        ),
        entry({ name: 'a' }),
        pax([
          ['uid', '8'],
          ['SCHILY.xattr.user.b', 'local'],
        ]),
        entry({ name: 'b' }),
        pax([['uid', '']]),
        entry({ name: 'c', uid: '0000011\0' }),
        pax([['mtime', '']], 'g'),
        entry({ name: 'd' }),
        END,
      ]),
    );
    assert.deepEqual(
      found.map(({ entry: { path, uid, mtime, xattrs } }) => [
        path.toString(),
        uid,
        mtime,
        [...xattrs.keys()],
      ]),
      [
        ['a', 7, 5n * SECOND, ['user.a']],
        ['b', 8, 5n * SECOND, ['user.a', 'user.b']],
        ['c', 7, 5n * SECOND, ['user.a']],
        ['d', 7, 0n, ['user.a']],
      ],
    );
  });

  test('readTar() forgets a PAX header after the entry that it belongs to', async () => {
    const found = await readAll(
      Buffer.concat([pax([['path', 'long']]), entry({ name: 'a' }), entry({ name: 'b' }), END]),
    );
    assert.deepEqual(
      found.map((one) => one.entry.path.toString()),
      ['long', 'b'],
    );
  });

  test('readTar() skips content by its PAX size, so that no second archive hides in it', async () => {
    const hidden = Buffer.concat([entry({ name: 'hidden' }), entry({ name: 'hidden' })]);
    const found = await readAll(
      Buffer.concat([
        pax([['size', String(hidden.length)]]),
        header({ name: 'outer', size: 0 }),
        hidden,
        entry({ name: 'after' }),
        END,
      ]),
    );
    assert.deepEqual(
      found.map((one) => one.entry.path.toString()),
      ['outer', 'after'],
    );
  });
});
