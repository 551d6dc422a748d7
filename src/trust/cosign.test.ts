import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { fixture, recordedSignature, SIGNED } from '../../test/support/trust/fixtures.ts';
import { signBundle, verifyBundle } from './bundle.ts';
import { readPublicKey } from './key-file.ts';
import { signBytes, type TrustedKey } from './signature.ts';
import { signSimple, verifySimple } from './simple-signing.ts';

const COSIGN: TrustedKey = { name: 'cosign.pub', key: readPublicKey(fixture('cosign.pub'), 'p') };
const OWN = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const own: TrustedKey = { name: 'own.pub', key: OWN.publicKey };
const IDENTITY = '127.0.0.1:5571/team/app';

test('verifySimple() reads what cosign signed', () => {
  const claim = verifySimple(fixture('cosign.payload'), recordedSignature(), [own, COSIGN]);
  const { annotations, ...rest } = claim;
  assert.deepEqual({ ...annotations }, { env: 'prod' });
  assert.deepEqual(rest, {
    format: 'cosign',
    digest: SIGNED,
    identity: IDENTITY,
    signer: 'cosign.pub',
  });
});

test('signSimple() writes the very document that cosign writes', () => {
  const what = { digest: SIGNED, identity: IDENTITY, annotations: { env: 'prod' } };
  const { payload } = signSimple(what, OWN.privateKey);
  assert.equal(payload.toString(), fixture('cosign.payload').toString());
});

for (const [kind, pair] of [
  ['ECDSA', OWN],
  ['ECDSA on P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['Ed25519', generateKeyPairSync('ed25519')],
] as const) {
  test(`signatures of ${kind} hold, in both forms`, () => {
    const keys = [{ name: 'k', key: pair.publicKey }];
    const what = { digest: SIGNED, identity: IDENTITY, annotations: {} };
    const { payload, signature } = signSimple(what, pair.privateKey);
    assert.equal(verifySimple(payload, signature, keys).digest, SIGNED);
    const bundle = signBundle(SIGNED, { a: 'b' }, pair.privateKey);
    assert.equal(verifyBundle(bundle, SIGNED, keys).annotations['a'], 'b');
  });
}

test('verifySimple() refuses what was changed, cut, or signed by somebody else', () => {
  const payload = fixture('cosign.payload');
  const signature = recordedSignature();
  const refuses = (data: Uint8Array, text: string, keys: TrustedKey[], why: RegExp): void =>
    assert.throws(() => verifySimple(data, text, keys), why);
  const changed = Buffer.from(payload.toString().replace('prod', 'test'));
  refuses(changed, signature, [COSIGN], /another key/);
  refuses(payload.subarray(0, 100), signature, [COSIGN], /another key/);
  refuses(payload, signature, [own], /another key/);
  refuses(payload, signature, [], /another key/);
  refuses(payload, signature.slice(0, 40), [COSIGN], /another key/);
  refuses(payload, '', [COSIGN], /not base64/);
  refuses(payload, '\u001b[31m', [COSIGN], /not base64/);
});

test('verifySimple() refuses signed documents that say something else', () => {
  const refuses = (text: string, why: RegExp): void => {
    const data = Buffer.from(text);
    const signature = signBytes(data, OWN.privateKey).toString('base64');
    assert.throws(() => verifySimple(data, signature, [own]), why);
  };
  const good = fixture('cosign.payload').toString();
  refuses('x', /not valid JSON/);
  refuses('{}', /"critical" .* is missing/);
  refuses(good.replace('cosign container image signature', 'other'), /no signature of a container/);
  refuses(good.replace(/sha256:[0-9a-f]+/, 'sha256:12'), /names no digest/);
  refuses(good.replace('"prod"', `"${'x'.repeat(300_000)}"`), /larger than 262144 bytes/);
});

test('verifyBundle() reads what cosign signed', () => {
  const claim = verifyBundle(fixture('cosign.bundle'), SIGNED, [own, COSIGN]);
  assert.equal(claim.digest, SIGNED);
  assert.equal(claim.signer, 'cosign.pub');
  assert.equal(claim.annotations['env'], 'prod');
  assert.equal(claim.identity, undefined);
});

test('verifyBundle() refuses what was changed, or signed by somebody else', () => {
  const text = fixture('cosign.bundle').toString();
  const refuses = (bundle: string, keys: TrustedKey[], why: RegExp): void =>
    assert.throws(() => verifyBundle(Buffer.from(bundle), SIGNED, keys), why);
  refuses(text, [own], /another key/);
  refuses(text.replace('"payload":"eyJf', '"payload":"eyJg'), [COSIGN], /another key/);
  refuses(text.replace('application/vnd.in-toto+json', 'text/plain'), [COSIGN], /no statement/);
  refuses(text.replace(/"sig":"[^"]*"/, '"sig":""'), [COSIGN], /another key/);
  refuses(text.replace('sigstore.bundle', 'other'), [COSIGN], /no bundle/);
  refuses(text.slice(0, 300), [COSIGN], /not valid JSON/);
});

test('verifyBundle() takes no statement of another kind for a signature', () => {
  const bundle = JSON.parse(signBundle(SIGNED, {}, OWN.privateKey).toString()) as {
    dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
  };
  const envelope = bundle.dsseEnvelope;
  const statement = Buffer.from(envelope.payload, 'base64').toString();
  const other = Buffer.from(statement.replace('cosign/sign/v1', 'provenance/v1'));
  const head = `DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${other.length} `;
  const signature = signBytes(Buffer.concat([Buffer.from(head), other]), OWN.privateKey);
  envelope.payload = other.toString('base64');
  envelope.signatures = [{ sig: signature.toString('base64') }];
  const data = Buffer.from(JSON.stringify(bundle));
  assert.throws(() => verifyBundle(data, SIGNED, [own]), /no signature of an image/);
});
