import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { fixture } from '../../test/support/trust/fixtures.ts';
import { generateKeyPair, isEncrypted, readPrivateKey, readPublicKey } from './key-file.ts';

const pemOf = (key: KeyObject): Buffer =>
  Buffer.from(key.export({ format: 'pem', type: key.type === 'public' ? 'spki' : 'pkcs8' }));

test("readPrivateKey() reads cosign's own key with its password", async () => {
  const key = await readPrivateKey(fixture('cosign.key'), 'cosign.key', 'pw');
  assert.equal(pemOf(createPublicKey(key)).toString(), fixture('cosign.pub').toString());
});

test('readPrivateKey() refuses a wrong password, and none', async () => {
  const pem = fixture('cosign.key');
  await assert.rejects(readPrivateKey(pem, 'my.key', 'no'), /password of the key my\.key is wrong/);
  await assert.rejects(readPrivateKey(pem, 'my.key', undefined), /my\.key is encrypted/);
});

test('generateKeyPair() makes a pair that readPrivateKey() and readPublicKey() read', async () => {
  const { privateKey, publicKey } = await generateKeyPair('secret');
  assert.equal(isEncrypted(Buffer.from(privateKey)), true);
  const key = await readPrivateKey(Buffer.from(privateKey), 'k', 'secret');
  assert.ok(createPublicKey(key).equals(readPublicKey(Buffer.from(publicKey), 'p')));
  assert.doesNotMatch(privateKey, /.{80}/);
});

for (const [kind, pair] of [
  ['ECDSA', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['Ed25519', generateKeyPairSync('ed25519')],
] as const) {
  test(`plain PEM of ${kind} is read`, async () => {
    const key = await readPrivateKey(pemOf(pair.privateKey), 'k', undefined);
    assert.ok(key.equals(pair.privateKey));
    assert.ok(readPublicKey(pemOf(pair.publicKey), 'p').equals(pair.publicKey));
  });
}

test('keys that are weak, of other kinds or damaged are refused in one line', async () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const other = generateKeyPairSync('x25519');
  assert.throws(() => readPublicKey(pemOf(weak.publicKey), 'p'), /kind that is not used/);
  assert.throws(() => readPublicKey(pemOf(other.publicKey), 'p'), /kind that is not used/);
  const cut = fixture('cosign.pub').toString().replace(/^M.*$/m, 'MFkw');
  assert.throws(() => readPublicKey(Buffer.from(cut), 'p'), /the key p cannot be read/);
  assert.throws(() => readPublicKey(fixture('cosign.key'), 'p'), {
    message: 'p is no public key',
    hint: 'It is a private key; the file beside it ends in .pub.',
  });
  assert.throws(() => readPublicKey(Buffer.alloc(2 ** 21), 'p'), /larger than 1048576 bytes/);
  await assert.rejects(readPrivateKey(fixture('cosign.pub'), 'k', 'pw'), /k is no private key/);
});

test('readPrivateKey() refuses a file that asks for more memory than a key is worth', async () => {
  for (const params of [
    { N: 2 ** 30, r: 8, p: 1 },
    { N: 2 ** 18, r: 32, p: 1 },
    { N: 65_536, r: 8, p: 1_000_000 },
    { N: 65_535, r: 8, p: 1 },
  ]) {
    const file = {
      kdf: { name: 'scrypt', params, salt: 'AAAA' },
      cipher: { name: 'nacl/secretbox', nonce: Buffer.alloc(24).toString('base64') },
      ciphertext: Buffer.alloc(40).toString('base64'),
    };
    const body = Buffer.from(JSON.stringify(file)).toString('base64');
    const label = 'ENCRYPTED SIGSTORE PRIVATE KEY';
    const pem = Buffer.from(`-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`);
    await assert.rejects(readPrivateKey(pem, 'k', 'pw'), /the key k cannot be read: /);
  }
});
