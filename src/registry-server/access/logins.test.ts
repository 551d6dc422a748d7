import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  basic,
  bearer,
  usersFile,
  withTokens,
  withUsers,
} from '../../../test/support/registry-users.ts';
import { type Answer, ServedRegistry } from '../../../test/support/served-registry.ts';

class Hands {
  ms = Date.now();
  now(): Date {
    return new Date(this.ms);
  }
}

const ping = (
  registry: ServedRegistry,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> => registry.send('GET', '/v2/', { headers });

const form = { 'content-type': 'application/x-www-form-urlencoded' };

async function post(
  registry: ServedRegistry,
  fields: Readonly<Record<string, string>>,
): Promise<{ readonly answer: Answer; readonly json: Readonly<Record<string, string>> }> {
  const body = new URLSearchParams(fields).toString();
  const answer = await registry.send('POST', '/token', { body, headers: form });
  return { answer, json: JSON.parse(answer.text) as Record<string, string> };
}

function claimsOf(token = ''): Readonly<Record<string, unknown>> {
  const [, body = ''] = token.split('.');
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
}

test('a changed file of users counts within a second, a broken one not at all', async () => {
  const clock = new Hands();
  await using registry = await ServedRegistry.open({ clock, access: withUsers() });
  const path = join(registry.root, 'users');
  const lines = readFileSync(path, 'utf8');
  assert.equal((await ping(registry, basic('alice'))).status, 200);
  writeFileSync(`${path}.new`, lines.replace('alice:', 'dora:'));
  renameSync(`${path}.new`, path);
  clock.ms += 1001;
  assert.equal((await ping(registry, basic('alice'))).status, 401);
  assert.equal((await ping(registry, basic('dora', 'alice-pw'))).status, 200);
  writeFileSync(path, 'alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n');
  clock.ms += 1001;
  assert.equal((await ping(registry, basic('dora', 'alice-pw'))).status, 200);
  assert.match(String(registry.failures[0]), /users, line 1: the hash is not one of bcrypt/);
  rmSync(path);
  clock.ms += 1001;
  assert.equal((await ping(registry, basic('dora', 'alice-pw'))).status, 200);
  clock.ms += 1001;
  await ping(registry, basic('dora', 'alice-pw'));
  assert.equal(registry.failures.length, 2, 'told once for each state');
});

test('wrong passwords of an address are limited; the right one that is known still works', async () => {
  const clock = new Hands();
  await using registry = await ServedRegistry.open({
    clock,
    access: withUsers({ failedLogins: 3 }),
  });
  assert.equal((await ping(registry, basic('alice'))).status, 200);
  for (let count = 0; count < 3; count += 1) {
    assert.equal((await ping(registry, basic('alice', `guess ${count}`))).status, 401);
  }
  const stopped = await ping(registry, basic('alice', 'guess 4'));
  assert.deepEqual([stopped.status, stopped.code], [429, 'TOOMANYREQUESTS']);
  assert.equal(stopped.headers['retry-after'], '20');
  assert.equal((await ping(registry, basic('alice'))).status, 200);
  assert.equal((await ping(registry, basic('bob'))).status, 200);
  clock.ms += 20_000;
  assert.equal((await ping(registry, basic('alice', 'guess 5'))).status, 401);
  assert.equal((await ping(registry, basic('alice', 'guess 6'))).status, 429);
});

test('an address that tries many names is limited too, and passwords in a form as well', async () => {
  await using registry = await ServedRegistry.open({
    clock: new Hands(),
    access: withTokens({ failedLogins: 2 }),
  });
  const statuses: number[] = [];
  for (let count = 0; count < 11; count += 1) {
    const { answer } = await post(registry, {
      grant_type: 'password',
      username: `user${count}`,
      password: 'x',
    });
    statuses.push(answer.status);
  }
  assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 401), 429]);
});

test('many wrong passwords at once do not get past the limit', async () => {
  await using registry = await ServedRegistry.open({
    clock: new Hands(),
    access: withUsers({ failedLogins: 2 }),
  });
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => ping(registry, basic('alice', `guess ${index}`))),
  );
  assert.equal(answers.filter(({ status }) => status === 401).length, 2);
  assert.equal(answers.filter(({ status }) => status === 429).length, 10);
});

test('the address behind a trusted proxy counts, one that anybody claims does not', async () => {
  const clock = new Hands();
  const guess = async (registry: ServedRegistry, from: string): Promise<number> => {
    const headers = { ...basic('alice', 'guess'), 'x-forwarded-for': from };
    return (await ping(registry, headers)).status;
  };
  await using proxied = await ServedRegistry.open({
    clock,
    access: withUsers({ failedLogins: 1, trustedProxies: ['127.0.0.0/8', '10.0.0.1'] }),
  });
  assert.equal(await guess(proxied, '192.0.2.1'), 401);
  assert.equal(await guess(proxied, '192.0.2.1, 10.0.0.1'), 429);
  assert.equal(await guess(proxied, 'forged, 192.0.2.1'), 429);
  assert.equal(await guess(proxied, '192.0.2.2'), 401);
  assert.equal(proxied.records.at(-1)?.address, '192.0.2.2');
  await using direct = await ServedRegistry.open({ clock, access: withUsers({ failedLogins: 1 }) });
  assert.equal(await guess(direct, '192.0.2.1'), 401);
  assert.equal(await guess(direct, '192.0.2.2'), 429);
});

test('GET /token gives what the rules allow of what was asked', async () => {
  const rules = ['bob:team/**:pull,push', 'anonymous:public/**:pull'];
  await using registry = await ServedRegistry.open({ access: withTokens({ rules }) });
  const ask = async (query: string, headers = {}): Promise<Readonly<Record<string, string>>> => {
    const { text, headers: said } = await registry.send('GET', `/token?${query}`, { headers });
    assert.equal(said['cache-control'], 'no-store');
    return JSON.parse(text) as Record<string, string>;
  };
  const scopes =
    'scope=repository:team/a:pull,push,delete&scope=repository:private:*+registry:catalog:*';
  const got = await ask(`service=registry&${scopes}&scope=nonsense&account=bob`, basic('bob'));
  assert.equal(got['scope'], 'repository:team/a:pull,push registry:catalog:*');
  assert.equal(got['token'], got['access_token']);
  assert.equal(got['expires_in'], 300);
  assert.equal(got['refresh_token'], undefined);
  const { sub, aud, iss, exp, iat, access, jti } = claimsOf(got['token']);
  assert.deepEqual(
    [sub, aud, iss, Number(exp) - Number(iat)],
    ['bob', 'registry', 'registry', 300],
  );
  assert.match(String(jti), /^[0-9a-f-]{36}$/);
  assert.deepEqual(access, [
    { type: 'repository', name: 'team/a', actions: ['pull', 'push'] },
    { type: 'registry', name: 'catalog', actions: ['*'] },
  ]);
  const nobody = await ask('scope=repository:public/a:pull,push&scope=repository:team/a:pull');
  assert.equal(nobody['scope'], 'repository:public/a:pull');
  assert.equal(claimsOf(nobody['token'])['sub'], '');
});

test('POST /token: a password gets a token and what later ones can be had for', async () => {
  await using registry = await ServedRegistry.open({ access: withTokens() });
  const common = { service: 'registry', client_id: 'test', scope: 'repository:a:pull' };
  const { json: first } = await post(registry, {
    ...common,
    grant_type: 'password',
    username: 'alice',
    password: 'alice-pw',
    access_type: 'offline',
  });
  assert.equal(first['scope'], 'repository:a:pull');
  const { json: next } = await post(registry, {
    ...common,
    grant_type: 'refresh_token',
    refresh_token: first['refresh_token'] ?? '',
    scope: 'repository:b:push repository:c:delete',
  });
  assert.equal(next['scope'], 'repository:b:push repository:c:delete');
  assert.equal(next['refresh_token'], first['refresh_token']);
  assert.equal((await ping(registry, bearer(next['access_token'] ?? ''))).status, 200);
  for (const [fields, status, code] of [
    [{ grant_type: 'password', username: 'alice', password: 'x' }, 401, 'UNAUTHORIZED'],
    [
      { grant_type: 'refresh_token', refresh_token: first['access_token'] ?? '' },
      401,
      'UNAUTHORIZED',
    ],
    [{ grant_type: 'refresh_token', refresh_token: 'x' }, 401, 'UNAUTHORIZED'],
    [{ grant_type: 'client_credentials' }, 400, 'UNSUPPORTED'],
    [{}, 400, 'UNSUPPORTED'],
  ] as const) {
    const { answer } = await post(registry, { ...common, ...fields });
    assert.deepEqual([answer.status, answer.code], [status, code]);
  }
});

test('a refresh token ends with the password, a token with the user', async () => {
  const clock = new Hands();
  await using registry = await ServedRegistry.open({ clock, access: withTokens() });
  const { json } = await post(registry, {
    grant_type: 'password',
    username: 'alice',
    password: 'alice-pw',
    access_type: 'offline',
  });
  const refresh = { grant_type: 'refresh_token', refresh_token: json['refresh_token'] ?? '' };
  assert.equal((await post(registry, refresh)).answer.status, 200);
  const path = usersFile(registry.root);
  const [, bob = ''] = /^bob:(.*)$/m.exec(readFileSync(path, 'utf8')) ?? [];
  writeFileSync(path, `alice:${bob}\n`);
  clock.ms += 1001;
  assert.equal((await post(registry, refresh)).answer.status, 401);
  assert.equal((await ping(registry, bearer(json['access_token'] ?? ''))).status, 200);
  writeFileSync(path, `bob:${bob}\n`);
  clock.ms += 1001;
  assert.equal((await ping(registry, bearer(json['access_token'] ?? ''))).status, 401);
});

test('keys are for their owner, outlive a restart, and are replaced after ninety days', async () => {
  const clock = new Hands();
  await using registry = await ServedRegistry.open({ clock, access: withTokens() });
  const keys = async (): Promise<readonly string[]> => {
    const { text } = await registry.send('GET', '/.well-known/jwks.json');
    assert.ok(!text.includes('"d"'));
    return (JSON.parse(text) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  const token = async (): Promise<string> => {
    const { text } = await registry.send('GET', '/token', { headers: basic('alice') });
    return (JSON.parse(text) as { token: string }).token;
  };
  const [first] = await keys();
  const folder = join(registry.root, 'tokens');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const old = await token();
  await registry.restart();
  assert.equal((await ping(registry, bearer(old))).status, 200);
  clock.ms += 91 * 24 * 3600 * 1000;
  const young = await token();
  assert.equal((await ping(registry, bearer(young))).status, 200);
  const both = await keys();
  assert.equal(both.length, 2);
  assert.equal(both[0], first);
  clock.ms += 182 * 24 * 3600 * 1000;
  await token();
  assert.ok(!(await keys()).includes(String(first)));
});
