import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { scratchStore } from '../../test/scratch-store.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { openStore } from './open-store.ts';
import type { FileStamp } from './tables.ts';

const number = (max: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max });
const stamp: fc.Arbitrary<FileStamp> = fc.record({
  dev: fc.constantFrom(1n, 2n ** 64n - 1n),
  ino: fc.oneof(number(200n), number(2n ** 64n - 1n)),
  size: number(3n),
  mtimeNs: fc.oneof(number(3n), fc.constant(-(2n ** 62n))),
  ctimeNs: number(2n ** 62n),
});

test('files.get() gives what was put last for an inode, for the very same stamp only', () => {
  using scratch = scratchStore();
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.tuple(stamp, fc.string()), { maxLength: 20 }), { maxLength: 5 }),
      fc.array(stamp, { maxLength: 10 }),
      (batches, others) => {
        const last = new Map<string, readonly [FileStamp, Digest]>();
        const key = ({ dev, ino }: FileStamp): string => `${dev} ${ino}`;
        for (const batch of batches) {
          const rows = batch.map(([one, text]) => ({ stamp: one, digest: digestOf(text) }));
          scratch.store.note(({ files }) => files.put(rows));
          for (const row of rows) last.set(key(row.stamp), [row.stamp, row.digest]);
        }
        scratch.store.read(({ files }) => {
          for (const [one, digest] of last.values()) assert.equal(files.get(one), digest);
          for (const one of last.values()) {
            assert.equal(files.get({ ...one[0], ctimeNs: one[0].ctimeNs + 1n }), undefined);
            assert.equal(files.get({ ...one[0], size: one[0].size + 1n }), undefined);
            assert.equal(files.get({ ...one[0], mtimeNs: one[0].mtimeNs + 1n }), undefined);
          }
          for (const one of others) {
            if (!last.has(key(one))) continue;
            const same = last.get(key(one))!;
            const isSame = (['size', 'mtimeNs', 'ctimeNs'] as const).every(
              (part) => one[part] === same[0][part],
            );
            assert.equal(files.get(one), isSame ? same[1] : undefined);
          }
        });
      },
    ),
    { numRuns: 50 },
  );
});

test('files.put() keeps what another process put beside it', () => {
  using scratch = scratchStore();
  using other = openStore(scratch.root);
  const one = { dev: 1n, ino: 5n, size: 1n, mtimeNs: 1n, ctimeNs: 1n };
  const two = { ...one, ino: 6n };
  // Both remember the row as it is not there yet.
  for (const store of [scratch.store, other]) {
    assert.equal(
      store.read(({ files }) => files.get(one)),
      undefined,
    );
  }
  other.note(({ files }) => files.put([{ stamp: one, digest: digestOf('a') }]));
  scratch.store.note(({ files }) => files.put([{ stamp: two, digest: digestOf('b') }]));
  scratch.store.read(({ files }) => {
    assert.equal(files.get(one), digestOf('a'));
    assert.equal(files.get(two), digestOf('b'));
  });
});
