import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProgressEvent } from '../base/progress.ts';
import { type Credentials, findCredentials } from './credentials.ts';

const pair = (text: string): object => ({ auth: Buffer.from(text).toString('base64') });

/** The credentials in one file. */
async function find(
  auths: object,
  registry: string,
  repository = '',
): Promise<Partial<Credentials>> {
  const environment = { HOME: '/nonexistent', DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
  const { place: _, ...found } = {
    ...(await findCredentials(registry, repository, { environment })),
  };
  return found;
}

test('findCredentials() takes those for the longest part of the name', async () => {
  const auths = {
    'reg.a': pair('host:1'),
    'reg.a/team': pair('team:2'),
    'reg.a/team/app': pair('app:3'),
  };
  const user = async (repository: string): Promise<string | undefined> =>
    (await find(auths, 'reg.a', repository)).username;
  assert.equal(await user('team/app'), 'app');
  assert.equal(await user('team/other'), 'team');
  assert.equal(await user('teams'), 'host');
  assert.deepEqual(await find(auths, 'reg.b', 'team/app'), {});
});

test('findCredentials() knows Docker Hub and URLs of older days', async () => {
  const hub = { 'https://index.docker.io/v1/': pair('hub:1') };
  assert.equal((await find(hub, 'docker.io', 'library/x')).username, 'hub');
  assert.equal((await find({ 'http://reg.a:5000/v2/': pair('x:1') }, 'reg.a:5000')).username, 'x');
});

test('findCredentials() takes pairs, names, and tokens of both kinds', async () => {
  const auths = {
    a: pair('u:p:q\0\0'),
    b: { username: 'u', password: 'p' },
    c: { auth: '', identitytoken: 'i' },
    d: { registrytoken: 'r' },
    e: {},
    f: pair('no colon'),
  };
  const found = Object.keys(auths).map((registry) => find(auths, registry));
  assert.deepEqual(await Promise.all(found), [
    { username: 'u', password: 'p:q' },
    { username: 'u', password: 'p' },
    { identityToken: 'i' },
    { registryToken: 'r' },
    {},
    {},
  ]);
});

test('findCredentials() asks no helper that the environment names', async () => {
  const config = { credsStore: 'nosuch', auths: { a: pair('u:p') } };
  const environment = { HOME: '/nonexistent', DOCKER_AUTH_CONFIG: JSON.stringify(config) };
  assert.equal((await findCredentials('a', '', { environment }))?.username, 'u');
});

test('findCredentials() asks one place after the other, and warns of one that is broken', async () => {
  const home = mkdtempSync(join(tmpdir(), 'stave-auth-'));
  try {
    mkdirSync(join(home, 'docker'));
    mkdirSync(join(home, '.config/containers'), { recursive: true });
    writeFileSync(join(home, 'docker/config.json'), '{bad');
    const place = join(home, '.config/containers/auth.json');
    writeFileSync(place, JSON.stringify({ auths: { 'reg.a': pair('podman:1') } }));
    const environment = { HOME: home, DOCKER_CONFIG: join(home, 'docker') };
    const events: ProgressEvent[] = [];
    const found = await findCredentials(
      'reg.a',
      '',
      { environment },
      { progress: (event) => events.push(event) },
    );
    assert.deepEqual(found, { place, username: 'podman', password: '1' });
    assert.deepEqual(
      events.map((event) => event.type === 'warning' && event.code),
      ['BrokenConfig'],
    );
  } finally {
    rmSync(home, { recursive: true });
  }
});
