import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { passwordsIn, piecesOf } from './pieces.ts';
import { isSecretArgument } from './worth.ts';

const texts = (value: string): string[] => piecesOf(Buffer.from(value)).map(String);

test('piecesOf() takes a short value whole, without the line feed at its end', () => {
  assert.deepEqual(texts('hunter22\n'), ['hunter22']);
});

test('piecesOf() takes nothing of values that are everywhere', () => {
  for (const value of [
    '',
    'a',
    'root',
    'admin',
    'password',
    'postgres',
    'envsecret',
    'Production',
    '12345678',
    'xxxxxxxxxxxx',
  ]) {
    assert.deepEqual(texts(value), [], value);
  }
});

test('piecesOf() takes what is no word from six bytes on, and words from twelve', () => {
  assert.deepEqual(texts('s3cr3t'), ['s3cr3t']);
  assert.deepEqual(texts('averylongsecret'), ['averylongsecret']);
  assert.deepEqual(texts('secret'), []);
});

test('piecesOf() takes the tokens and passwords out of files', () => {
  const files: [string, string][] = [
    [
      'registry=https://repos.example.test/\n//repos.example.test/:_authToken=t0ken-of-npm\n',
      't0ken-of-npm',
    ],
    ['machine example.com\nlogin me\npassword net-rc-p4ss\n', 'net-rc-p4ss'],
    [
      `{"auths":{"r.io":{"auth":"${Buffer.from('user:p4ss-of-auth').toString('base64')}"}}}`,
      'p4ss-of-auth',
    ],
    [
      '[default]\naws_access_key_id = AKIAQQQQQQQQQQQQQQQQ\naws_secret_access_key = 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\n',
      'aB3/dE6+gH9jK1lM4nO7qR2sT5uV8wX0yZ1234ab',
    ],
    ['https://me:g1t-hub-p4ss@github.com\n', 'g1t-hub-p4ss'],
    ['DB_HOST=db\nDB_PASSWORD="env-f1le-p4ss"\nPORT=80\n', 'env-f1le-p4ss'],
  ];
  for (const [file, part] of files) assert.ok(texts(file).includes(part), part);
});

test('piecesOf() leaves what is not secret in a file alone', () => {
  const found = texts(
    'registry=https://repos.example.test/\n//repos.example.test/:_authToken=t0ken-of-npm\n',
  );
  assert.ok(!found.some((piece) => 'registry=https://repos.example.test/'.includes(piece)));
});

test('piecesOf() takes nothing of a private key that its public key has', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const found = texts(privateKey);
  assert.ok(found.length >= 3);
  for (const piece of found) {
    assert.ok(privateKey.includes(piece));
    assert.ok(!publicKey.includes(piece));
  }
});

test('passwordsIn() gives passwords of URLs as typed and as meant', () => {
  assert.deepEqual(passwordsIn('http://u:p%40ss@proxy:1 https://x@y/z'), ['p%40ss', 'p@ss']);
});

test('isSecretArgument() wants a name and a value that are secret', () => {
  assert.ok(isSecretArgument('NPM_TOKEN', 'npm_Ab3dE6gH9jK1'));
  assert.ok(isSecretArgument('DB_PASSWORD', 'correct-horse'));
  assert.ok(isSecretArgument('SIGNING_KEY', 'f3a9c17be0d2485596aa'));
  for (const [name, value] of [
    ['VERSION', '1'],
    ['VERSION', 'npm_Ab3dE6gH9jK1'],
    ['PASSWORD', 'hunter2'],
    ['CACHE_KEY', 'node-22-bookworm'],
    ['PUBLIC_KEY', 'f3a9c17be0d2485596aa'],
    ['TOKEN_FILE', '/run/secrets/token1'],
    ['TOKEN', 'xxxxxxxxxx'],
  ] as const) {
    assert.ok(!isSecretArgument(name, value), `${name}=${value}`);
  }
});
