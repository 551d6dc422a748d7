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
  inChunks,
} from '../../test/support/tar-blocks.ts';
import { readTar } from './tar-reader.ts';

const SECOND = 1_000_000_000n;

suite('headers', () => {
  test('readTar() reads every field of a ustar file, and its content', async () => {
    const found = await readOne(
      entry(
        {
          name: 'bin/tool',
          mode: '0104755\0',
          uid: '0001750\0',
          gid: '0000144\0',
          mtime: '14524771471\0',
        },
        'hello',
      ),
    );
    assert.deepEqual(found, {
      entry: {
        path: Buffer.from('bin/tool'),
        type: 'file',
        mode: 0o4755,
        uid: 1000,
        gid: 100,
        size: 5,
        mtime: 0o14524771471n * SECOND,
        xattrs: new Map(),
      },
      content: Buffer.from('hello'),
    });
  });

  test('readTar() joins prefix and name of a ustar header', async () => {
    const found = await readOne(entry({ name: 'b'.repeat(100), prefix: 'p'.repeat(155) }));
    assert.equal(
      found.entry.path.toString(),
      Buffer.from(`${'p'.repeat(155)}/${'b'.repeat(100)}`).toString(),
    );
  });

  test('readTar() leaves the times in a star header out of the prefix', async () => {
    const found = await readOne(
      entry({
        name: 'name',
        prefix: 'dir',
        more: [
          [476, '14524771471\0'],
          [508, 'tar\0'],
        ],
      }),
    );
    assert.deepEqual(found.entry.path, Buffer.from('dir/name'));
  });

  test('readTar() reads no prefix from a v7 header, and a name with a slash as a directory', async () => {
    const found = await readOne(
      entry({ name: 'old/', flag: '\0', magic: '\0\0\0\0\0\0\0\0', prefix: 'junk' }),
    );
    assert.deepEqual([found.entry.path, found.entry.type], [Buffer.from('old'), 'directory']);
  });

  test('readTar() reads the times in a GNU header as no prefix', async () => {
    const found = await readOne(
      entry({ name: 'name', magic: GNU_MAGIC, prefix: '14524771471\x0014524771471\0' }),
    );
    assert.deepEqual(found.entry.path, Buffer.from('name'));
  });

  test('readTar() reads the prefix that old Go writers put into GNU headers', async () => {
    const found = await readOne(entry({ name: 'name', magic: GNU_MAGIC, prefix: 'usr/share' }));
    assert.deepEqual(found.entry.path, Buffer.from('usr/share/name'));
  });

  test('readTar() keeps names that are not UTF-8', async () => {
    const name = Buffer.from([0x61, 0xff, 0xfe, 0x2f, 0xe9]);
    assert.deepEqual((await readOne(entry({ name }))).entry.path, name);
  });

  test('readTar() reads numbers with spaces around them', async () => {
    const found = await readOne(
      entry({ mode: '   755 \0', uid: ' 17\0\0\0\0\0', size: '          3 ' }, 'abc'),
    );
    assert.deepEqual([found.entry.mode, found.entry.uid, found.entry.size], [0o755, 0o17, 3]);
  });

  test('readTar() accepts a checksum over signed bytes', async () => {
    const block = header({ name: Buffer.from([0xe4, 0xf6]) });
    block.fill(' ', 148, 156);
    const sum = block.reduce((total, byte) => total + ((byte << 24) >> 24), 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    assert.equal((await readOne(block)).entry.path.length, 2);
  });
});

suite('kinds', () => {
  test('readTar() reads directories without their slash, and gives them no size', async () => {
    const found = await readOne(header({ name: './etc//', flag: '5', size: 4096 }));
    assert.deepEqual(
      [found.entry.path, found.entry.type, found.entry.size],
      [Buffer.from('./etc'), 'directory', 0],
    );
  });

  test('readTar() reads the root directory by both of its names', async () => {
    assert.deepEqual(
      (await readOne(header({ name: './', flag: '5' }))).entry.path,
      Buffer.from('.'),
    );
    assert.deepEqual(
      (await readOne(header({ name: '/', flag: '5' }))).entry.path,
      Buffer.from('/'),
    );
  });

  test('readTar() keeps link targets as they are', async () => {
    const soft = await readOne(header({ flag: '2', link: '../../../../etc/x' }));
    assert.deepEqual(
      [soft.entry.type, soft.entry.linkTarget],
      ['symlink', Buffer.from('../../../../etc/x')],
    );
    const hard = await readOne(header({ flag: '1', link: '/bin/busybox', size: 100 }));
    assert.deepEqual(
      [hard.entry.type, hard.entry.linkTarget, hard.entry.size],
      ['hardlink', Buffer.from('/bin/busybox'), 0],
    );
  });

  test('readTar() reads device numbers, also in base 256', async () => {
    const char = await readOne(header({ flag: '3', major: '0000001\0', minor: '0000003\0' }));
    assert.deepEqual([char.entry.type, char.entry.device], ['char', { major: 1, minor: 3 }]);
    const block = await readOne(
      header({ flag: '4', major: '0000010\0', minor: base256(1_048_575n, 8) }),
    );
    assert.deepEqual(
      [block.entry.type, block.entry.device],
      ['block', { major: 8, minor: 1_048_575 }],
    );
  });

  test('readTar() reads fifos and contiguous files', async () => {
    assert.equal((await readOne(header({ flag: '6' }))).entry.type, 'fifo');
    assert.equal((await readOne(entry({ flag: '7' }, 'x'))).content.toString(), 'x');
  });

  test('readTar() passes over the label of a volume', async () => {
    const found = await readAll(
      Buffer.concat([
        header({ name: 'label', flag: 'V', magic: GNU_MAGIC }),
        entry({ name: 'a' }),
        END,
      ]),
    );
    assert.deepEqual(
      found.map((one) => one.entry.path.toString()),
      ['a'],
    );
  });
});

suite('GNU extensions', () => {
  test('readTar() reads long names and long link targets', async () => {
    const name = `${'d/'.repeat(200)}name`;
    const target = 't/'.repeat(300);
    const found = await readOne(
      entry({ name: '././@LongLink', flag: 'K', magic: GNU_MAGIC }, `${target}\0`),
      entry({ name: '././@LongLink', flag: 'L', magic: GNU_MAGIC }, `${name}\0`),
      header({ name: name.slice(0, 100), flag: '2', link: target.slice(0, 100), magic: GNU_MAGIC }),
    );
    assert.equal(String(found.entry.path), Buffer.from(name).toString());
    assert.deepEqual(found.entry.linkTarget, Buffer.from(target));
  });

  test('readTar() reads ids, sizes and times in base 256', async () => {
    const found = await readOne(
      entry(
        {
          uid: base256(3_000_000n, 8),
          gid: base256(4_294_967_294n, 8),
          size: base256(3n, 12),
          mtime: base256(9_999_999_999n, 12),
        },
        'abc',
      ),
    );
    assert.deepEqual(
      [found.entry.uid, found.entry.gid, found.entry.size, found.entry.mtime],
      [3_000_000, 4_294_967_294, 3, 9_999_999_999n * SECOND],
    );
  });

  test('readTar() reads times before 1970 in base 256 to the second', async () => {
    for (const seconds of [-1n, -2n, -86_400n, -(2n ** 40n)]) {
      const found = await readOne(entry({ mtime: base256(seconds, 12) }));
      assert.equal(found.entry.mtime, seconds * SECOND);
    }
  });
});

suite('streams', () => {
  const archive = Buffer.concat([
    pax([['path', 'a'.repeat(150)]]),
    entry({}, 'x'.repeat(1000)),
    entry({ name: 'empty' }),
    entry({ name: 'big' }, 'y'.repeat(5000)),
    END,
  ]);

  test('readTar() finds the same in chunks of any size', async () => {
    const whole = await readAll(archive);
    for (const chunk of [1, 7, 511, 512, 513, 1024, 3000]) {
      assert.deepEqual(await readAll(archive, { chunk }), whole, `chunks of ${chunk}`);
    }
  });

  test('readTar() skips contents that nobody reads, or reads halfway', async () => {
    const names: string[] = [];
    for await (const { entry: found, body } of readTar(inChunks(archive, 700))) {
      names.push(found.path.toString().slice(0, 5));
      if (found.size === 5000) for await (const _ of body) break;
    }
    assert.deepEqual(names, ['aaaaa', 'empty', 'big']);
  });

  test('readTar() does not give out content of an entry that is gone', async () => {
    const members = readTar(inChunks(archive, 700));
    const first = await members.next();
    await members.next();
    assert.ok(first.done !== true);
    await assert.rejects(async () => {
      for await (const _ of first.value.body);
    }, /after the next entry/);
    await members.return();
  });

  test('readTar() closes its stream when it is left', async () => {
    let closed = false;
    async function* stream(): AsyncGenerator<Uint8Array> {
      try {
        yield archive;
        yield archive;
      } finally {
        closed = true;
      }
    }
    for await (const _ of readTar(stream())) break;
    assert.equal(closed, true);
  });

  test('readTar() reads its stream to the end, so that all of it can be hashed', async () => {
    let read = 0;
    async function* stream(): AsyncGenerator<Uint8Array> {
      for await (const chunk of inChunks(Buffer.concat([archive, Buffer.alloc(20_000)]), 512)) {
        read += chunk.length;
        yield chunk;
      }
    }
    for await (const _ of readTar(stream()));
    assert.equal(read, archive.length + 20_000);
  });

  test('readTar() takes an empty stream and one without end mark for whole', async () => {
    assert.deepEqual(await readAll(Buffer.alloc(0)), []);
    assert.deepEqual(await readAll(END), []);
    assert.equal((await readAll(entry({}, 'abc'))).length, 1);
  });
});
