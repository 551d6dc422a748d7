import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { layerAudit } from './layer.ts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const body = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8';
/** One of each, put together so that no scanner takes this file for a leak. */
const TOKENS: Readonly<Record<string, string>> = {
  PrivateKey: privateKey,
  AwsAccessKey: ['AKIA', 'QYLPMN5HFIQR7XYA'].join(''),
  GitHubToken: `ghp_${body}`,
  GitLabToken: `glpat-${body.slice(0, 20)}`,
  NpmToken: `npm_${body}`,
  SlackToken: ['xoxb', '123456789012', body].join('-'),
  StripeKey: ['sk', 'live', body.slice(0, 24)].join('_'),
  GoogleApiKey: `AIza${body.slice(0, 35)}`,
  DockerToken: `dckr_pat_${body.slice(0, 27)}`,
  PypiToken: `pypi-AgEIcHlwaS5vcmc${body}${body}`,
};

/** What is found in a file that comes in pieces of this size. */
function audit(path: string, content: string | Buffer, size = 1 << 20): string[] {
  const found: string[] = [];
  const watch = layerAudit((at, { rule }, line) => found.push(`${at}:${line ?? '?'} ${rule}`));
  const bytes = Buffer.from(content as string);
  watch.entry({
    path: Buffer.from(path),
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: bytes.length,
    mtime: 0n,
    xattrs: new Map(),
  });
  const shared = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    // Chunks are used again by those who give them.
    const count = bytes.copy(shared, 0, at, at + size);
    watch.content(shared.subarray(0, count));
  }
  return found;
}

for (const [rule, token] of Object.entries(TOKENS)) {
  test(`layerAudit() finds a ${rule} wherever it lies`, () => {
    assert.deepEqual(audit('f', token), [`f:1 ${rule}`]);
    assert.deepEqual(audit('f', `one\n  x = "${token}"\nmore\n`), [`f:2 ${rule}`]);
    for (const size of [61, 200, 333, 1000]) {
      const text = `${'line\n'.repeat(300)}key: ${token}\n${'line\n'.repeat(300)}`;
      assert.deepEqual(audit('f', text, size), [`f:? ${rule}`], `pieces of ${size}`);
    }
  });
}

test('layerAudit() finds nothing in what only looks like a token', () => {
  for (const text of [
    'AKIAIOSFODNN7EXAMPLE',
    'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'npm_config_registry=https://repos.example.test npm_lifecycle_event',
    '-----BEGIN PRIVATE KEY-----\0-----END PRIVATE KEY-----',
    '-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----',
    '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n',
    'EURASIAN xoxb-your-token-here-please',
  ]) {
    assert.deepEqual(audit('f', text), [], text);
  }
});

test('layerAudit() leaves the test keys of libraries alone', () => {
  assert.deepEqual(audit('lib.so', `\x7fELF\0\0${privateKey}`), []);
  assert.deepEqual(audit('usr/share/doc/x/examples/key.pem', privateKey), []);
  assert.deepEqual(audit('app', `\x7fELF\0\0ghp_${body}`), ['app:1 GitHubToken']);
});

test('layerAudit() tells a few of many', () => {
  assert.equal(audit('f', `ghp_${body}\n`.repeat(100)).length, 5);
});
