import assert from 'node:assert/strict';
import { test } from 'node:test';
import { header } from '../../test/support/tar-blocks.ts';
import { looksLikeTar } from './tar-sniff.ts';

test('looksLikeTar() knows headers of every age', () => {
  assert.equal(looksLikeTar(header({})), true);
  assert.equal(looksLikeTar(header({ magic: '\0\0\0\0\0\0\0\0' })), true);
  assert.equal(looksLikeTar(Buffer.concat([header({ flag: 'x' }), Buffer.alloc(100)])), true);
});

test('looksLikeTar() takes nothing else for one', () => {
  const damaged = header({});
  damaged[0]! ^= 1;
  for (const head of [
    Buffer.alloc(0),
    Buffer.alloc(1024),
    header({}).subarray(0, 511),
    damaged,
    Buffer.alloc(512, 'ustar'),
  ]) {
    assert.equal(looksLikeTar(head), false);
  }
});
