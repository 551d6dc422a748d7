import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, SIGNED, THEN } from '../../test/support/trust/fixtures.ts';
import { readCertificates, signerOf } from './certificates.ts';
import { COSE, JWS, verifyNotation } from './notation.ts';

const ROOTS = readCertificates(fixture('notation.crt'), 'notation.crt');
const KINDS = [
  ['JWS', 'notation.jws', JWS],
  ['COSE', 'notation.cose', COSE],
] as const;

for (const [kind, file, type] of KINDS) {
  test(`verifyNotation() reads what notation signed in ${kind}`, () => {
    const { annotations, signedAt, ...claim } = verifyNotation(fixture(file), type, ROOTS, THEN);
    assert.deepEqual(claim, {
      format: 'notation',
      digest: SIGNED,
      signer: 'CN=example.test, O=Notary, L=Seattle, ST=WA, C=US',
    });
    assert.equal(annotations['env'], 'prod');
    assert.equal(signedAt?.toISOString().slice(0, 16), '2026-11-21T18:18');
  });

  test(`verifyNotation() refuses ${kind} of which a bit was changed, wherever`, () => {
    const data = fixture(file);
    // Beside the signed parts are the certificates, which must be the trusted ones, and a remark.
    const remark = data.indexOf('io.cncf.notary.signingAgent');
    const end = remark + 'io.cncf.notary.signingAgent'.length + 20;
    for (let at = 0; at < data.length; at += 37) {
      if (at >= remark && at <= end) continue;
      const changed = Buffer.from(data);
      changed[at] = (changed[at] ?? 0) ^ 4;
      assert.throws(
        () => verifyNotation(changed, type, ROOTS, THEN),
        { name: 'SignatureError' },
        `byte ${at}`,
      );
    }
  });

  test(`verifyNotation() refuses ${kind} that is cut`, () => {
    const data = fixture(file);
    for (const length of [0, 1, 100, data.length - 1]) {
      assert.throws(() => verifyNotation(data.subarray(0, length), type, ROOTS, THEN), {
        name: 'SignatureError',
      });
    }
  });
}

test('verifyNotation() refuses expired certificates, and those of others', () => {
  const jws = fixture('notation.jws');
  const late = new Date('2027-01-01T00:00:00Z');
  assert.throws(() => verifyNotation(jws, JWS, ROOTS, late), /expired on 2026-11-22T18:18:01/);
  const early = new Date('2026-01-01T00:00:00Z');
  assert.throws(() => verifyNotation(jws, JWS, ROOTS, early), /is valid from .* on only/);
  assert.throws(() => verifyNotation(jws, JWS, [], THEN), /leads to none that is trusted/);
});

test('verifyNotation() refuses headers that it does not know, and other envelopes', () => {
  const envelope = JSON.parse(fixture('notation.jws').toString()) as { protected: string };
  const header = Buffer.from(envelope.protected, 'base64url').toString();
  const refuses = (from: string, to: string, why: RegExp): void => {
    const changed = Buffer.from(header.replace(from, to)).toString('base64url');
    const data = Buffer.from(JSON.stringify({ ...envelope, protected: changed }));
    assert.throws(() => verifyNotation(data, JWS, ROOTS, THEN), why);
  };
  refuses('["io.cncf', '["plugin","io.cncf', /wants "plugin" understood/);
  refuses('"notary.x509"', '"notary.x509.signingAuthority"', /scheme is not known/);
  refuses('PS256', 'none', /does not hold/);
  refuses('PS256', 'ES256', /does not hold/);
  const text = 'text/plain';
  assert.throws(
    () => verifyNotation(fixture('notation.jws'), text, ROOTS, THEN),
    /kind that is not/,
  );
  assert.throws(
    () => verifyNotation(Buffer.alloc(2 ** 21), JWS, ROOTS, THEN),
    /larger than 1048576/,
  );
});

const OPENSSL = '/usr/bin/openssl';
const skip = existsSync(OPENSSL) ? false : 'certificates are made with openssl';

test(
  'signerOf() follows a chain up to what is trusted, and refuses what has no right',
  { skip },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'stave-chain-'));
    try {
      const openssl = (...args: string[]): void =>
        void execFileSync(OPENSSL, args, { cwd: folder, stdio: 'ignore' });
      const make = (name: string, issuer: string, extensions: string): Buffer => {
        writeFileSync(join(folder, 'ext'), extensions);
        const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
        const subject = ['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`];
        openssl('req', '-new', ...key, ...subject);
        const by =
          issuer === name
            ? ['-signkey', `${name}.key`]
            : ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial'];
        const request = ['x509', '-req', '-in', `${name}.csr`, '-days', '3', '-extfile', 'ext'];
        openssl(...request, ...by, '-out', `${name}.pem`);
        openssl('x509', '-in', `${name}.pem`, '-outform', 'der', '-out', `${name}.der`);
        return readFileSync(join(folder, `${name}.der`));
      };
      const authority = 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign';
      const code = 'keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning';
      const root = make('root', 'root', authority);
      const below = make('below', 'root', authority.replace('CA:true', 'CA:true,pathlen:0'));
      const further = make('further', 'below', authority);
      const signer = make('signer', 'below', code);
      const deep = make('deep', 'further', code);
      const web = make('web', 'below', code.replace('codeSigning', 'serverAuth'));
      const sealing = make('sealing', 'below', code.replace('digitalSignature', 'keyEncipherment'));
      const own = make('own', 'own', code);
      const names = make('names', 'root', `${authority}\nnameConstraints=critical,permitted;DNS:x`);
      const named = make('named', 'names', code);
      const bySigner = make('bySigner', 'signer', code);
      const trusted = readCertificates(readFileSync(join(folder, 'root.pem')), 'root.pem');
      const now = new Date();
      const chain = (...given: Buffer[]): string => signerOf(given, trusted, now).subject;
      assert.equal(chain(signer, below, root), 'CN=signer');
      assert.equal(chain(signer, below), 'CN=signer');
      for (const [given, why] of [
        [[signer], /leads to none/],
        [[own], /leads to none/],
        [[own, root], /was not issued by CN=root/],
        [[signer, root, below], /was not issued by/],
        [[deep, further, below, root], /may have 0 authorities below it/],
        [[web, below], /not for signing code/],
        [[sealing, below], /not for signing code/],
        [[below, root], /not for signing code/],
        [[named, names], /limits that are not understood: 2\.5\.29\.30/],
        [[bySigner, signer, below], /was not issued by CN=signer/],
        [[], /comes with 0 certificates/],
        [Array.from({ length: 11 }, () => root), /comes with 11 certificates/],
        [[Buffer.from('x')], /cannot be read/],
      ] as const) {
        assert.throws(() => chain(...given), why);
      }
      const ownRoot = readCertificates(readFileSync(join(folder, 'own.pem')), 'own.pem');
      assert.equal(signerOf([own], ownRoot, now).subject, 'CN=own');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
