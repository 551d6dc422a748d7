import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fixture, recordedSignature, SIGNED, THEN } from '../../test/support/trust/fixtures.ts';
import { StaveError } from '../base/errors.ts';
import { verifyBundle } from './bundle.ts';
import { readCertificates } from './certificates.ts';
import { readPublicKey } from './key-file.ts';
import { COSE, JWS, verifyNotation } from './notation.ts';
import { parsePolicy } from './policy.ts';
import { verifySimple } from './simple-signing.ts';

const KEYS = [{ name: 'cosign.pub', key: readPublicKey(fixture('cosign.pub'), 'p') }];
const ROOTS = readCertificates(fixture('notation.crt'), 'notation.crt');
const POLICY = Buffer.from(
  '{"default":[{"type":"sigstoreSigned","keyPath":"/k","signedIdentity":{"type":"matchExact"}}]}',
);

/** The bytes with some of them overwritten, cut out or repeated. */
function damaged(data: Buffer): fc.Arbitrary<Buffer> {
  const edit = fc.tuple(
    fc.nat(data.length - 1),
    fc.nat(20),
    fc.uint8Array({ minLength: 0, maxLength: 20 }),
  );
  return fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce(
        (bytes, [at, gone, added]) =>
          Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + gone)]),
        data,
      ),
    );
}

for (const [name, data, read] of [
  ['verifyBundle()', fixture('cosign.bundle'), (b: Buffer) => verifyBundle(b, SIGNED, KEYS)],
  [
    'verifySimple()',
    fixture('cosign.payload'),
    (b: Buffer) => verifySimple(b, recordedSignature(), KEYS),
  ],
  [
    'verifyNotation() of JWS',
    fixture('notation.jws'),
    (b: Buffer) => verifyNotation(b, JWS, ROOTS, THEN),
  ],
  [
    'verifyNotation() of COSE',
    fixture('notation.cose'),
    (b: Buffer) => verifyNotation(b, COSE, ROOTS, THEN),
  ],
] as const) {
  test(`${name} says of damaged bytes what it said of the whole, or refuses in one line`, () => {
    fc.assert(
      fc.property(damaged(data), (bytes) => {
        try {
          assert.equal(read(bytes).digest, SIGNED);
        } catch (error) {
          assert.ok(error instanceof StaveError, String(error));
          assert.doesNotMatch(error.message, /\n/);
        }
      }),
      { numRuns: 200 },
    );
  });
}

test('parsePolicy() reads damaged bytes or refuses them in one line', () => {
  fc.assert(
    fc.property(damaged(POLICY), (bytes) => {
      try {
        assert.ok(parsePolicy(bytes, '/p').default.length > 0);
      } catch (error) {
        assert.ok(error instanceof StaveError, String(error));
        assert.doesNotMatch(error.message, /\n/);
      }
    }),
    { numRuns: 200 },
  );
});
