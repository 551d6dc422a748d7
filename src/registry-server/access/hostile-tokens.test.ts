import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  basic,
  bearer,
  forgedToken,
  hs256,
  withTokens,
} from '../../../test/support/registry-users.ts';
import { ServedRegistry } from '../../../test/support/served-registry.ts';
import type { AccessSettings } from './settings.ts';

const NOW = Math.floor(Date.now() / 1000);
const SCOPE = [{ type: 'repository', name: 'app', actions: ['pull', 'push'] }];
const CLAIMS = { iss: 'issuer', aud: 'registry', sub: 'alice', exp: NOW + 300, access: SCOPE };

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const ed = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function signer(key: KeyObject, hash: string | null = 'sha256'): (text: string) => Buffer {
  return (text) => sign(hash, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
}

function jwk(key: KeyObject, kid: string): object {
  return { ...key.export({ format: 'jwk' }), kid, use: 'sig' };
}

const SET = JSON.stringify({
  keys: [
    jwk(ec.publicKey, 'ec'),
    jwk(rsa.publicKey, 'rsa'),
    jwk(weak.publicKey, 'weak'),
    jwk(ed.publicKey, 'ed'),
    { kty: 'oct', k: Buffer.from('shared').toString('base64url'), kid: 'shared' },
    { kty: 'nonsense' },
    null,
  ],
});

function outside(keys: string): (folder: string) => AccessSettings {
  return (folder) => {
    const path = join(folder, 'keys.json');
    writeFileSync(path, keys);
    const realm = 'https://auth.example/token';
    return { outsideTokens: { realm, service: 'registry', issuer: 'issuer', keys: path } };
  };
}

async function statusOf(registry: ServedRegistry, token: string): Promise<number> {
  const path = '/v2/app/blobs/uploads/';
  return (await registry.send('POST', path, { headers: bearer(token) })).status;
}

test('tokens of another service: ES256, RS256 and EdDSA, by name or without one', async () => {
  await using registry = await ServedRegistry.open({ access: outside(SET) });
  const good: [string, string][] = [
    ['ES256', forgedToken({ alg: 'ES256', kid: 'ec' }, CLAIMS, signer(ec.privateKey))],
    ['RS256', forgedToken({ alg: 'RS256', kid: 'rsa' }, CLAIMS, signer(rsa.privateKey))],
    ['EdDSA', forgedToken({ alg: 'EdDSA', kid: 'ed' }, CLAIMS, signer(ed.privateKey, null))],
    ['no kid', forgedToken({ alg: 'ES256' }, CLAIMS, signer(ec.privateKey))],
    [
      'list of audiences',
      forgedToken({ alg: 'ES256' }, { ...CLAIMS, aud: ['x', 'registry'] }, signer(ec.privateKey)),
    ],
    [
      'begun',
      forgedToken({ alg: 'ES256' }, { ...CLAIMS, nbf: NOW - 5, iat: NOW }, signer(ec.privateKey)),
    ],
    [
      'all actions',
      forgedToken(
        { alg: 'ES256' },
        { ...CLAIMS, access: [{ type: 'repository', name: 'app', actions: ['*'] }] },
        signer(ec.privateKey),
      ),
    ],
  ];
  for (const [name, token] of good) {
    assert.deepEqual([name, await statusOf(registry, token)], [name, 202]);
    // From what is remembered.
    assert.deepEqual([name, await statusOf(registry, token)], [name, 202]);
  }
});

test('tokens that are not good get 401 invalid_token', async () => {
  await using registry = await ServedRegistry.open({ access: outside(SET) });
  const by = (claims: object, header: object = { alg: 'ES256', kid: 'ec' }): string =>
    forgedToken(header, claims, signer(ec.privateKey));
  const without = (name: keyof typeof CLAIMS): object =>
    Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name));
  const good = by(CLAIMS);
  const [head = '', body = '', signature = ''] = good.split('.');
  const publicPem = String(ec.publicKey.export({ type: 'spki', format: 'pem' }));
  const changed = Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'root' })).toString('base64url');
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  const bad: [string, string][] = [
    ['alg none', forgedToken({ alg: 'none' }, CLAIMS, () => Buffer.alloc(0))],
    ['alg none, signature kept', `${none}.${body}.${signature}`],
    ['alg None', forgedToken({ alg: 'None', kid: 'ec' }, CLAIMS, signer(ec.privateKey))],
    ['no alg', forgedToken({ kid: 'ec' }, CLAIMS, signer(ec.privateKey))],
    [
      'HS256 with the public key',
      forgedToken({ alg: 'HS256', kid: 'ec' }, CLAIMS, hs256(publicPem)),
    ],
    [
      'HS256 with a key of the set',
      forgedToken({ alg: 'HS256', kid: 'shared' }, CLAIMS, hs256('shared')),
    ],
    [
      'alg of another key',
      forgedToken({ alg: 'RS256', kid: 'ec' }, CLAIMS, signer(rsa.privateKey)),
    ],
    ['weak key', forgedToken({ alg: 'RS256', kid: 'weak' }, CLAIMS, signer(weak.privateKey))],
    ['wrong key', forgedToken({ alg: 'ES256', kid: 'ec' }, CLAIMS, signer(other.privateKey))],
    ['wrong key without kid', forgedToken({ alg: 'ES256' }, CLAIMS, signer(other.privateKey))],
    ['unknown kid', by(CLAIMS, { alg: 'ES256', kid: 'nobody' })],
    ['kid as a path', by(CLAIMS, { alg: 'ES256', kid: '../../../dev/null' })],
    ['kid of another type', by(CLAIMS, { alg: 'ES256', kid: ['ec'] })],
    [
      'its own key',
      forgedToken(
        { alg: 'ES256', jwk: jwk(other.publicKey, 'x') },
        CLAIMS,
        signer(other.privateKey),
      ),
    ],
    [
      'a link to its key',
      forgedToken(
        { alg: 'ES256', jku: 'http://127.0.0.1:1/keys' },
        CLAIMS,
        signer(other.privateKey),
      ),
    ],
    ['crit', by(CLAIMS, { alg: 'ES256', kid: 'ec', crit: ['exp'] })],
    ['wrong audience', by({ ...CLAIMS, aud: 'another' })],
    ['audiences without this', by({ ...CLAIMS, aud: ['a', 'b'] })],
    ['no audience', by(without('aud'))],
    ['wrong issuer', by({ ...CLAIMS, iss: 'another' })],
    ['no issuer', by(without('iss'))],
    ['expired', by({ ...CLAIMS, exp: NOW - 60 })],
    ['no end', by(without('exp'))],
    ['end as a text', by({ ...CLAIMS, exp: String(NOW + 300) })],
    ['end of null', by({ ...CLAIMS, exp: null })],
    ['not yet', by({ ...CLAIMS, nbf: NOW + 120 })],
    ['made tomorrow', by({ ...CLAIMS, iat: NOW + 86_400 })],
    ['subject of another type', by({ ...CLAIMS, sub: { name: 'alice' } })],
    ['endless subject', by({ ...CLAIMS, sub: 'a'.repeat(256) })],
    ['access of another type', by({ ...CLAIMS, access: 'repository:app:*' })],
    ['very many scopes', by({ ...CLAIMS, access: Array.from({ length: 101 }, () => SCOPE[0]) })],
    ['giant', by({ ...CLAIMS, more: 'x'.repeat(9500) })],
    ['claims changed', `${head}.${changed}.${signature}`],
    ['signature cut', good.slice(0, -4)],
    ['no signature', `${head}.${body}.`],
    ['two parts', `${head}.${body}`],
    ['four parts', `${good}.x`],
    ['five parts, encrypted', `${good}.x.y`],
    ['no JSON', 'bm8.bm8.bm8'],
    ['a list', `${Buffer.from('[]').toString('base64url')}.${body}.${signature}`],
    ['nothing', ''],
    ['a space', 'a b'],
    ['padding', `${head}=.${body}.${signature}`],
    [
      'ECDSA in DER',
      forgedToken({ alg: 'ES256', kid: 'ec' }, CLAIMS, (text) =>
        sign('sha256', Buffer.from(text), ec.privateKey),
      ),
    ],
    ['zeros', forgedToken({ alg: 'ES256', kid: 'ec' }, CLAIMS, () => Buffer.alloc(64))],
  ];
  for (const [name, token] of bad) {
    const { status, code, headers } = await registry.send('POST', '/v2/app/blobs/uploads/', {
      headers: bearer(token),
    });
    assert.deepEqual([name, status, code], [name, 401, 'UNAUTHORIZED']);
    const challenge = 'Bearer realm="https://auth.example/token",service="registry"';
    const isToken = token !== '';
    assert.equal(
      headers['www-authenticate'],
      isToken ? `${challenge},error="invalid_token"` : challenge,
      name,
    );
  }
  assert.deepEqual(registry.failures, []);
});

test('a token allows what it says and nothing else', async () => {
  await using registry = await ServedRegistry.open({ access: outside(SET) });
  const access: [string, unknown[]][] = [
    ['nothing', []],
    ['another name', [{ ...SCOPE[0], name: 'app2' }]],
    ['another type', [{ ...SCOPE[0], type: 'registry' }]],
    ['pull alone', [{ ...SCOPE[0], actions: ['pull'] }]],
    ['a pattern', [{ ...SCOPE[0], name: '*' }]],
    ['odd entries', [null, 7, 'app', {}, { type: 'repository', name: 'app', actions: 'push' }]],
    ['odd actions', [{ ...SCOPE[0], actions: ['push\n', 'PUSH', ''] }]],
  ];
  for (const [name, scopes] of access) {
    const token = forgedToken(
      { alg: 'ES256' },
      { ...CLAIMS, access: scopes },
      signer(ec.privateKey),
    );
    const got = await registry.send('POST', '/v2/app/blobs/uploads/', { headers: bearer(token) });
    assert.deepEqual([name, got.status], [name, 401]);
    assert.match(
      String(got.headers['www-authenticate']),
      /scope="repository:app:pull,push",error="insufficient_scope"$/,
    );
  }
});

test('a header that is larger than a head may be gets 431', async () => {
  await using registry = await ServedRegistry.open({ access: outside(SET) });
  const { status } = await registry.send('GET', '/v2/', { headers: bearer('x'.repeat(20_000)) });
  assert.equal(status, 431);
});

test('keys from a URL: asked for again when a token names a new one, and kept while it is away', async () => {
  let keys = JSON.stringify({ keys: [jwk(ec.publicKey, 'ec')] });
  let asked = 0;
  const service = createServer((_, response) => {
    asked += 1;
    response.end(keys);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => service.once('listening', resolve));
  const { port } = service.address() as AddressInfo;
  let now = Date.now();
  try {
    await using registry = await ServedRegistry.open({
      clock: { now: () => new Date(now) },
      access: () => ({
        outsideTokens: {
          realm: 'https://auth.example/token',
          service: 'registry',
          issuer: 'issuer',
          keys: `http://127.0.0.1:${port}/jwks`,
        },
      }),
    });
    const old = forgedToken({ alg: 'ES256', kid: 'ec' }, CLAIMS, signer(ec.privateKey));
    const next = forgedToken({ alg: 'ES256', kid: 'next' }, CLAIMS, signer(other.privateKey));
    assert.equal(await statusOf(registry, old), 202);
    keys = JSON.stringify({ keys: [jwk(ec.publicKey, 'ec'), jwk(other.publicKey, 'next')] });
    assert.equal(await statusOf(registry, next), 401);
    assert.equal(asked, 1, 'not for every token that names what it likes');
    now += 31_000;
    assert.equal(await statusOf(registry, next), 202);
    assert.equal(asked, 2);
    keys = 'no keys';
    now += 31_000;
    assert.equal(
      await statusOf(
        registry,
        forgedToken({ alg: 'ES256', kid: 'third' }, CLAIMS, signer(other.privateKey)),
      ),
      401,
    );
    assert.equal(asked, 3);
    assert.equal(registry.failures.length, 1);
    assert.equal(await statusOf(registry, old), 202);
  } finally {
    service.close();
    service.closeAllConnections();
  }
});

test('keys in PEM, also of certificates that older services name by their own rule', async () => {
  const pem = String(ec.publicKey.export({ type: 'spki', format: 'pem' }));
  await using registry = await ServedRegistry.open({ access: outside(pem) });
  assert.equal(
    await statusOf(registry, forgedToken({ alg: 'ES256' }, CLAIMS, signer(ec.privateKey))),
    202,
  );
  assert.equal(
    await statusOf(registry, forgedToken({ alg: 'ES256' }, CLAIMS, signer(other.privateKey))),
    401,
  );
});

test('our own tokens: those for others, and those that only get others, open nothing', async () => {
  await using registry = await ServedRegistry.open({ access: withTokens() });
  const { text } = await registry.send(
    'GET',
    '/token?scope=repository:app:push&offline_token=true',
    {
      headers: basic('alice'),
    },
  );
  const { token, refresh_token: refresh } = JSON.parse(text) as Record<string, string>;
  assert.equal(await statusOf(registry, token ?? ''), 202);
  assert.equal(await statusOf(registry, refresh ?? ''), 401);
  await using another = await ServedRegistry.open({ access: withTokens() });
  assert.equal(await statusOf(another, token ?? ''), 401);
});
