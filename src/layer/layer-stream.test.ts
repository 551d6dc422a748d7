import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { readAll } from '../../test/support/tar-blocks.ts';
import { tarEntry } from '../../test/support/tar-entries.ts';
import { digestOf } from '../oci/digest.ts';
import { FileTableWriter, readFileTable } from './file-table-io.ts';
import type { LayerFile } from './file-table.ts';
import { LayerStream, type SealedFigures } from './layer-stream.ts';

let dir = '';
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'stave-layer-'));
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** What comes out of a stream that `fill` is done to. */
function layer(fill: (stream: LayerStream) => void): {
  figures: SealedFigures;
  tar: Buffer;
  rows: LayerFile[];
} {
  const path = join(dir, 'table');
  const chunks: Uint8Array[] = [];
  const table = new FileTableWriter(path);
  const stream = new LayerStream({ table, output: (chunk) => chunks.push(Uint8Array.from(chunk)) });
  fill(stream);
  const figures = stream.finish();
  table.close();
  return { figures, tar: Buffer.concat(chunks), rows: [...readFileTable(path)] };
}

const text = (row: LayerFile): string => Buffer.from(row.path).toString();

suite('LayerStream', () => {
  test('an empty layer is two blocks of zeros, whose digest every image tool knows', () => {
    assert.deepEqual(layer(() => {}).figures, {
      diffId: 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
      size: 1024,
      contentSize: 0,
      entries: 0,
    });
  });

  test('a layer with one of everything has the bytes that it always had', () => {
    const { figures } = layer((stream) => {
      stream.entry(tarEntry('etc', { type: 'directory' }));
      stream.entry(tarEntry('etc/hello', { size: 5 }));
      stream.content(Buffer.from('hello'));
      stream.entry(tarEntry('etc/.wh.gone', { mode: 0 }));
      stream.entry(
        tarEntry('ünï', { size: 100_000, xattrs: new Map([['user.a', Buffer.of(255)]]) }),
      );
      stream.content(Buffer.alloc(100_000, 'x'));
      stream.entry(tarEntry('l', { type: 'symlink', mode: 0o777, linkTarget: Buffer.from('etc') }));
    });
    assert.deepEqual(figures, {
      diffId: 'sha256:d4f924be06553c0c720395f606512428150581a55153a26e1cdbdea3a96c29f1',
      size: 105_472,
      contentSize: 100_005,
      entries: 5,
    });
  });

  test('finish() gives the digest and size of what went to output', () => {
    const { figures, tar } = layer((stream) => {
      for (let i = 0; i < 700; i += 1) {
        stream.entry(tarEntry(`file-${i}`, { size: i * 10 }));
        stream.content(Buffer.alloc(i * 10, i));
      }
    });
    assert.equal(figures.diffId, `sha256:${createHash('sha256').update(tar).digest('hex')}`);
    assert.equal(figures.size, tar.length);
    assert.equal(figures.contentSize, (10 * 699 * 700) / 2);
    assert.equal(figures.entries, 700);
  });

  test('the pieces in which content comes make no difference', async () => {
    const content = Buffer.alloc(300_000, 'some content of a file');
    const by = (size: number): ReturnType<typeof layer> =>
      layer((stream) => {
        stream.entry(tarEntry('f', { size: content.length }));
        for (let at = 0; at < content.length; at += size) {
          stream.content(content.subarray(at, at + size));
        }
      });
    const whole = by(content.length);
    assert.deepEqual(whole.rows[0]?.digest, digestOf(content));
    assert.deepEqual((await readAll(whole.tar))[0]?.content, content);
    for (const size of [1000, 32_767, 32_768, 100_000])
      assert.deepEqual(by(size), whole, `${size}`);
  });

  test('content() may be given a buffer that is used again', () => {
    const buffer = Buffer.alloc(10);
    const { rows, tar } = layer((stream) => {
      for (const letter of 'ab') {
        stream.entry(tarEntry(letter, { size: 10 }));
        stream.content(buffer.fill(letter));
      }
    });
    assert.deepEqual(
      rows.map((row) => row.digest),
      [digestOf('a'.repeat(10)), digestOf('b'.repeat(10))],
    );
    assert.equal(tar.toString('latin1', 512, 522), 'a'.repeat(10));
  });

  test('a batch that output keeps is not written to again', () => {
    const kept: Uint8Array[] = [];
    const stream = new LayerStream({ output: (chunk) => kept.push(chunk) });
    for (let i = 0; i < 2000; i += 1) stream.entry(tarEntry(`f${i}`));
    const { diffId } = stream.finish();
    assert.ok(kept.length > 2);
    assert.equal(diffId, digestOf(Buffer.concat(kept)));
  });

  test('the table has a row for each entry in order, with digests of contents', () => {
    const xattrs = new Map([['user.a', Buffer.from('1')]]);
    const { rows } = layer((stream) => {
      stream.entry(
        tarEntry('./d/', {
          type: 'directory',
          mode: 0o1777,
          uid: 1,
          gid: 2,
          mtime: 1_500_000_001n,
        }),
      );
      stream.entry(tarEntry('d/f', { size: 3, xattrs }));
      stream.content(Buffer.from('abc'));
      stream.entry(tarEntry('/d/empty'));
      stream.entry(tarEntry('d/h', { type: 'hardlink', linkTarget: Buffer.from('d/f') }));
      stream.entry(tarEntry('d/c', { type: 'char', device: { major: 5, minor: 1 } }));
      stream.entry(tarEntry('d/.wh.x'));
      stream.entry(tarEntry('d/.wh..wh..opq'));
    });
    assert.deepEqual(
      rows.map((row) => [text(row), row.type]),
      [
        ['d', 'directory'],
        ['d/f', 'file'],
        ['d/empty', 'file'],
        ['d/h', 'hardlink'],
        ['d/c', 'char'],
        ['d/x', 'whiteout'],
        ['d', 'opaque'],
      ],
    );
    const [directory, file, empty, hard, char, whiteout] = rows;
    assert.deepEqual(directory, {
      path: Buffer.from('d'),
      type: 'directory',
      mode: 0o1777,
      uid: 1,
      gid: 2,
      size: 0,
      mtime: 1_500_000_001n,
    });
    assert.equal(file?.digest, digestOf('abc'));
    assert.match(file?.xattrs ?? '', /^sha256:/);
    assert.equal(empty?.digest, digestOf(''));
    assert.deepEqual(hard?.linkTarget, Buffer.from('d/f'));
    assert.deepEqual(char?.device, { major: 5, minor: 1 });
    assert.equal(whiteout?.digest, undefined);
  });

  test('entry() believes a digest that is known already', () => {
    const digest = digestOf('elsewhere');
    const { rows } = layer((stream) => {
      stream.entry(tarEntry('f', { size: 3 }), { digest });
      stream.content(Buffer.from('abc'));
      stream.entry(tarEntry('g', { size: 3 }));
      stream.content(Buffer.from('abc'));
    });
    assert.deepEqual(
      rows.map((row) => row.digest),
      [digest, digestOf('abc')],
    );
  });

  test('the digest of attributes depends on names and values, not on their order', () => {
    const digestFor = (pairs: [string, string][]): string | undefined => {
      const xattrs = new Map(pairs.map(([name, value]) => [name, Buffer.from(value)]));
      return layer((stream) => stream.entry(tarEntry('f', { xattrs }))).rows[0]?.xattrs;
    };
    const one = digestFor([
      ['user.a', '1'],
      ['user.b', '2'],
    ]);
    assert.equal(
      digestFor([
        ['user.b', '2'],
        ['user.a', '1'],
      ]),
      one,
    );
    assert.notEqual(
      digestFor([
        ['user.a', '2'],
        ['user.b', '1'],
      ]),
      one,
    );
    assert.notEqual(digestFor([['user.a', '1user.b\x002']]), one);
    assert.equal(digestFor([]), undefined);
  });

  test('content that is too much or too little is a mistake of the caller', () => {
    const stream = new LayerStream();
    assert.throws(() => stream.content(Buffer.of(1)), RangeError);
    stream.entry(tarEntry('f', { size: 2 }));
    assert.throws(() => stream.content(Buffer.of(1, 2, 3)), RangeError);
    stream.content(Buffer.of(1));
    assert.throws(() => stream.entry(tarEntry('g')), RangeError);
    assert.throws(() => stream.finish(), RangeError);
  });
});
