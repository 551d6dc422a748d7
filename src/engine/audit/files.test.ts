import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialsOf, isKnownFile } from './files.ts';

const found = (path: string, text: string): string[] => {
  assert.ok(isKnownFile(path), path);
  return credentialsOf(path, text).map(({ rule, value }) => `${rule} ${value}`);
};

test('credentialsOf() reads the files that tools keep credentials in', () => {
  const auth = Buffer.from('user:passw0rd').toString('base64');
  const files: readonly (readonly [string, string, string])[] = [
    ['root/.npmrc', '//r/:_authToken=abc-def-123\n', 'NpmCredentials abc-def-123'],
    ['home/me/.yarnrc.yml', 'npmAuthToken: "abc-def-123"\n', 'NpmCredentials abc-def-123'],
    ['root/.netrc', 'machine h login u password pw-12345', 'NetrcPassword pw-12345'],
    ['root/.git-credentials', 'https://me:pw-12345@h\n', 'GitCredentials pw-12345'],
    ['src/.git/config', '\turl = https://x:pw-12345@h/r\n', 'GitCredentials pw-12345'],
    [
      'src/.git/config',
      '\textraheader = AUTHORIZATION: basic eDpwdy0xMjM0NQ==\n',
      'GitCredentials eDpwdy0xMjM0NQ==',
    ],
    [
      'root/.docker/config.json',
      `{"auths":{"h":{"auth":"${auth}"}}}`,
      `RegistryCredentials ${auth}`,
    ],
    ['etc/pip.conf', 'index-url = https://u:pw-12345@h/simple', 'PipPassword pw-12345'],
    ['root/.pypirc', '[pypi]\npassword = pw-12345\n', 'PypiPassword pw-12345'],
    [
      'root/.aws/credentials',
      'aws_secret_access_key = abcdefghijklmnop1234\n',
      'AwsSecretKey abcdefghijklmnop1234',
    ],
    [
      'root/.kube/config',
      '    token: eyJhbGciOi.abc.def\n',
      'KubernetesCredentials eyJhbGciOi.abc.def',
    ],
    ['root/.pgpass', 'h:5432:db:me:pw-12345\n', 'DatabasePassword pw-12345'],
    ['root/.my.cnf', '[client]\npassword=pw-12345\n', 'DatabasePassword pw-12345'],
    [
      'root/.cargo/credentials.toml',
      '[registry]\ntoken = "pw-12345"\n',
      'ToolCredentials pw-12345',
    ],
    ['app/.env', 'A=1\nexport DB_PASSWORD="pw-12345"\n', 'DotenvCredential "pw-12345"'],
  ];
  for (const [path, text, expected] of files) assert.deepEqual(found(path, text), [expected], path);
});

test('credentialsOf() leaves placeholders and empty files alone', () => {
  assert.deepEqual(found('root/.npmrc', '//r/:_authToken=${NPM_TOKEN}\nregistry=https://r/\n'), []);
  assert.deepEqual(found('root/.docker/config.json', '{"auths":{"h":{}},"credsStore":"pass"}'), []);
  assert.deepEqual(found('app/.env', 'DB_PASSWORD=\nTOKEN=changeme\nKEY_FILE=/x\n'), []);
  assert.deepEqual(found('src/.git/config', '\turl = https://github.com/a/b\n'), []);
});

test('isKnownFile() takes no examples', () => {
  assert.ok(!isKnownFile('app/.env.example'));
  assert.ok(isKnownFile('app/.env.production'));
  assert.ok(!isKnownFile('usr/share/doc/npmrc.5'));
});
