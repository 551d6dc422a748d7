import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerFile } from '../../layer/file-table.ts';
import { digestOf } from '../../oci/digest.ts';
import { DigestIndex } from './digest-index.ts';

function* rows(count: number): Generator<LayerFile> {
  for (let i = 0; i < count; i++) {
    yield {
      path: Buffer.from(`dir/${i}`),
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: 1,
      mtime: 0n,
      digest: digestOf(String(i)),
    };
  }
}

test('DigestIndex finds the digest of every row, and of nothing else', () => {
  const index = new DigestIndex(rows(1000), 1000);
  for (let i = 0; i < 1000; i++)
    assert.equal(index.get(Buffer.from(`dir/${i}`)), digestOf(String(i)));
  assert.equal(index.get(Buffer.from('dir/1000')), undefined);
  assert.equal(index.get(Buffer.from('')), undefined);
});

test('DigestIndex takes the last of two rows of one path', () => {
  const [row] = [...rows(1)];
  const index = new DigestIndex([row!, { ...row!, digest: digestOf('later') }], 2);
  assert.equal(index.get(Buffer.from('dir/0')), digestOf('later'));
});

test('DigestIndex of nothing finds nothing', () => {
  assert.equal(new DigestIndex([], 0).get(Buffer.from('a')), undefined);
});
