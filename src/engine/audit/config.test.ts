import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig } from '../../oci/image-config.ts';
import { auditConfig } from './config.ts';

const GITHUB = 'ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8';

/** What is found, one line each. */
function audit(config: ContainerConfig, ...history: string[]): string[] {
  return auditConfig({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [] },
    config,
    history: history.map((created_by) => ({ created_by })),
  }).map(({ place, rule, where, value, line }) =>
    [place, rule, where, value, ...(line === undefined ? [] : [line])].join(' '),
  );
}

test('auditConfig() finds variables and labels by name, by value and by URL', () => {
  assert.deepEqual(
    audit({
      Env: ['PATH=/bin', 'DB_PASSWORD=hunter2', `X=${GITHUB}`, 'DSN=postgres://app:tr0ub4dor@db/x'],
      Labels: { 'com.example.auth.token': 'abcdefgh1234567', note: 'harmless' },
    }),
    [
      'variable CredentialInEnv DB_PASSWORD ***',
      'variable GitHubToken X ghp_***',
      'variable UrlPassword DSN ***',
      'label CredentialInLabel com.example.auth.token ab***',
    ],
  );
});

test('auditConfig() finds what the history tells, in the words of any builder', () => {
  assert.deepEqual(
    audit(
      {},
      'ARG TOKEN=abc-123-def-456',
      '/bin/sh -c #(nop)  ENV API_KEY=q1w2e3r4t5y6u7',
      'RUN |2 VERSION=1 SECRET=two words /bin/sh -c make # buildkit',
      '|1 PASSWORD=pw-of-old /bin/sh -c make',
      'RUN /bin/sh -c curl -u me:geh3im! https://h && git clone https://x:pw-of-git@h/r # buildkit',
      'RUN /bin/sh -c curl -H "Authorization: Bearer abcdef0123456789" h',
      "RUN /bin/sh -c echo 'root:toor99' | chpasswd",
      'RUN /bin/sh -c export NPM_TOKEN=n0t-a-good-idea && npm ci',
      'RUN /bin/sh -c tool --password=pa55-word',
    ),
    [
      'history CredentialInArg ARG TOKEN ab*** 1',
      'history CredentialInEnv ENV API_KEY q1*** 2',
      'history CredentialInArg RUN VERSION SECRET *** 3',
      'history CredentialInArg RUN PASSWORD *** 4',
      'history UrlPassword RUN *** 5',
      'history CredentialInCommand RUN *** 5',
      'history CredentialInCommand RUN ab*** 6',
      'history CredentialInCommand RUN *** 7',
      'history CredentialInCommand RUN n0*** 8',
      'history CredentialInCommand RUN *** 9',
    ],
  );
});

test('auditConfig() finds credentials in commands', () => {
  assert.deepEqual(
    audit({
      Cmd: ['server', '--token=s3rv3r-t0ken'],
      Healthcheck: { Test: ['CMD-SHELL', `curl -H "Authorization: token ${GITHUB}" h`] },
    }),
    ['config CredentialInCommand Cmd s3***', 'config GitHubToken Healthcheck ghp_***'],
  );
});

test('auditConfig() says once what a variable and its line in the history say', () => {
  assert.deepEqual(audit({ Env: ['TOKEN=abcd-efgh-1234'] }, 'ENV TOKEN=abcd-efgh-1234'), [
    'variable CredentialInEnv TOKEN ab***',
  ]);
});

test('auditConfig() finds nothing in what well-known images say', () => {
  assert.deepEqual(
    audit(
      {
        Env: [
          'GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568',
          'RABBITMQ_PGP_KEY_ID=0x0A9AF2115F4687BD29803A206B73A36E6026DFCA',
          'PYTHON_SHA256=3ecb9bf4d8ef1a1f0f0d1a6ab05b1d4cb4b0c0c2d4a5e4c3e4dd7d0b0d0e0b7e',
          'POSTGRES_PASSWORD_FILE=/run/secrets/pg',
          'AUTH=true',
          'TOKEN=',
          'MYSQL_ROOT_PASSWORD=${PASSWORD}',
          'SECRET_PATH=/run/secrets',
          'KEY_SIZE=4096',
          'JWT_SECRET=changeme',
          'TOKEN_URL=https://auth.example.com/token',
        ],
        Labels: { 'org.opencontainers.image.url': 'https://example.com', 'a.key': '' },
      },
      'RUN /bin/sh -c set -eux; key=\'B97B0AFCAA1A47F044F244A07FCC7D46ACCC4CF8\'; gpg --recv-keys "$key" # buildkit',
      'RUN /bin/sh -c curl -fsSL "https://user:pass@example.com/" || true',
      'RUN /bin/sh -c NPM_TOKEN=$(cat /run/secrets/npm) npm ci',
      'RUN --mount=type=secret,id=token /bin/sh -c TOKEN="$(cat /run/secrets/token)" make',
      'RUN /bin/sh -c tool --password="$PASSWORD" --token=${TOKEN}',
      'ARG GITHUB_TOKEN',
      'COPY --chown=1000:1000 . /app # buildkit',
    ),
    [],
  );
});
