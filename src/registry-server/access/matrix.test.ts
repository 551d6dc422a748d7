import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDPOINTS, filled } from '../../../test/support/registry-endpoints.ts';
import { basic, bearer, withTokens, withUsers } from '../../../test/support/registry-users.ts';
import { type Answer, ServedRegistry } from '../../../test/support/served-registry.ts';

type Headers = Readonly<Record<string, string>>;

const RULES = [
  'alice:team/**:all',
  'bob:team/**:pull',
  'carol:team/**:pull,push',
  'alice:public/**:all',
  'anonymous:public/**:pull',
  'alice:**:all',
];
const MAY: Readonly<Record<string, readonly string[]>> = {
  alice: ['pull', 'push', 'delete'],
  bob: ['pull'],
  carol: ['pull', 'push'],
};

/** What a client sees of a refusal. */
function seen({ status, code, headers }: Answer): readonly unknown[] {
  return [status, code, headers['www-authenticate']];
}

function scopeOf(repository: string, action: string): string {
  return `repository:${repository}:${action === 'push' ? 'pull,push' : action}`;
}

async function tokenFor(
  registry: ServedRegistry,
  who: string | undefined,
  ...scopes: readonly string[]
): Promise<string> {
  const query = new URLSearchParams([
    ['service', 'registry'],
    ...scopes.map((scope): [string, string] => ['scope', scope]),
  ]);
  const headers = who === undefined ? {} : basic(who);
  const { text } = await registry.send('GET', `/token?${query.toString()}`, { headers });
  return (JSON.parse(text) as { token: string }).token;
}

for (const who of ['alice', 'bob', 'carol']) {
  test(`passwords: ${who} may ${MAY[who]?.join(', ')}, and gets 403 DENIED for the rest`, async () => {
    await using registry = await ServedRegistry.open({ access: withUsers({ rules: RULES }) });
    for (const [index, endpoint] of ENDPOINTS.entries()) {
      const may = MAY[who]?.includes(endpoint.action) === true;
      const uploader = MAY[who]?.includes('push') ? basic(who) : basic('alice');
      const content = await filled(registry, `team/r${index}`, basic('alice'), uploader);
      const sent = endpoint.sent?.(content) ?? {};
      const headers = { ...sent.headers, ...basic(who) };
      const got = await registry.send(endpoint.method, endpoint.path(content), {
        ...sent,
        headers,
      });
      const expected = may
        ? [endpoint.status, undefined, undefined]
        : [403, endpoint.method === 'HEAD' ? undefined : 'DENIED', undefined];
      assert.deepEqual([endpoint.name, ...seen(got)], [endpoint.name, ...expected]);
    }
    assert.deepEqual(registry.failures, []);
  });
}

test('passwords: nobody, wrong passwords, unknown users and other schemes get 401 and the challenge everywhere', async () => {
  await using registry = await ServedRegistry.open({ access: withUsers({ rules: RULES }) });
  const content = await filled(registry, 'team/app', basic('alice'));
  const nobodies: [string, Headers][] = [
    ['nothing', {}],
    ['wrong password', basic('alice', 'wrong')],
    ['no password', basic('alice', '')],
    ['unknown user', basic('mallory')],
    ['no name', basic('', 'x')],
    ['another scheme', { authorization: 'Digest username="alice"' }],
    ['a token', bearer('a.b.c')],
    ['no base64', { authorization: 'Basic !!!' }],
    ['NUL', basic('alice', 'alice-pw\0')],
    ['very long', basic('alice', 'x'.repeat(3000))],
  ];
  for (const [name, headers] of nobodies) {
    for (const endpoint of ENDPOINTS) {
      const sent = endpoint.sent?.(content) ?? {};
      const all = { ...sent.headers, ...headers };
      const got = await registry.send(endpoint.method, endpoint.path(content), {
        ...sent,
        headers: all,
      });
      const code = endpoint.method === 'HEAD' ? undefined : 'UNAUTHORIZED';
      assert.deepEqual(
        [name, endpoint.name, ...seen(got)],
        [name, endpoint.name, 401, code, 'Basic realm="stave registry"'],
      );
    }
  }
});

test('tokens: each endpoint works with a token for its action, and with no other', async () => {
  await using registry = await ServedRegistry.open({ access: withTokens({ rules: RULES }) });
  const realm = `Bearer realm="${registry.url}/token",service="registry"`;
  for (const [index, endpoint] of ENDPOINTS.entries()) {
    const repository = `team/r${index}`;
    const scope = scopeOf(repository, endpoint.action);
    const others = ['pull', 'push', 'delete'].filter((action) => action !== endpoint.action);
    const insufficient = [
      401,
      endpoint.method === 'HEAD' ? undefined : 'UNAUTHORIZED',
      `${realm},scope="${scope}",error="insufficient_scope"`,
    ];
    const denied = [403, endpoint.method === 'HEAD' ? undefined : 'DENIED', undefined];
    const cases: [string, string, readonly unknown[]][] = [
      [
        'other actions',
        await tokenFor(registry, 'alice', `repository:${repository}:${others.join()}`),
        insufficient,
      ],
      [
        'other repository',
        await tokenFor(registry, 'alice', scopeOf('team/other', endpoint.action)),
        insufficient,
      ],
      ['no scope', await tokenFor(registry, 'alice'), insufficient],
      ['nobody', await tokenFor(registry, undefined, scope), insufficient],
      ...(endpoint.action === 'pull'
        ? []
        : [
            ['rules do not allow', await tokenFor(registry, 'bob', scope), denied] satisfies [
              string,
              string,
              readonly unknown[],
            ],
          ]),
      [
        'the scope',
        await tokenFor(registry, 'alice', scope),
        [endpoint.status, undefined, undefined],
      ],
      [
        'all actions',
        await tokenFor(registry, 'alice', `repository:${repository}:*`),
        [endpoint.status, undefined, undefined],
      ],
    ];
    let content = await filled(registry, repository, basic('alice'));
    for (const [name, token, expected] of cases) {
      if (expected[0] === endpoint.status) {
        content = await filled(registry, repository, basic('alice'));
      }
      const sent = endpoint.sent?.(content) ?? {};
      const headers = { ...sent.headers, ...bearer(token) };
      const got = await registry.send(endpoint.method, endpoint.path(content), {
        ...sent,
        headers,
      });
      assert.deepEqual([endpoint.name, name, ...seen(got)], [endpoint.name, name, ...expected]);
    }
  }
  assert.deepEqual(registry.failures, []);
});

test('what may be pulled by anyone is pulled without a token, or with one for nobody', async () => {
  await using registry = await ServedRegistry.open({ access: withTokens({ rules: RULES }) });
  const content = await filled(registry, 'public/app', basic('alice'));
  const token = await tokenFor(registry, undefined, 'repository:public/app:pull');
  const realm = `Bearer realm="${registry.url}/token",service="registry"`;
  for (const endpoint of ENDPOINTS) {
    const sent = endpoint.sent?.(content) ?? {};
    const scope = scopeOf('public/app', endpoint.action);
    for (const [headers, error] of [
      [{}, ''],
      [bearer(token), ',error="insufficient_scope"'],
    ] as const) {
      const got = await registry.send(endpoint.method, endpoint.path(content), {
        ...sent,
        headers: { ...sent.headers, ...headers },
      });
      const expected =
        endpoint.action === 'pull'
          ? [endpoint.status, undefined, undefined]
          : [401, 'UNAUTHORIZED', `${realm},scope="${scope}"${error}`];
      assert.deepEqual([endpoint.name, ...seen(got)], [endpoint.name, ...expected]);
    }
  }
});

test('addresses beside repositories: who gets what', async () => {
  await using plain = await ServedRegistry.open({ access: withUsers({ rules: RULES }) });
  await using tokens = await ServedRegistry.open({ access: withTokens({ rules: RULES }) });
  const realm = 'Basic realm="stave registry"';
  const bearerRealm = `Bearer realm="${tokens.url}/token",service="registry"`;
  const none = bearer(await tokenFor(tokens, 'alice'));
  const listing = bearer(await tokenFor(tokens, 'alice', 'registry:catalog:*'));
  const nobody = bearer(await tokenFor(tokens, undefined));
  const cases: [ServedRegistry, string, Headers, number, string | undefined][] = [
    [plain, '/v2/', {}, 401, realm],
    [plain, '/v2/', basic('bob', 'wrong'), 401, realm],
    [plain, '/v2/', basic('bob'), 200, undefined],
    [plain, '/v2/_oci/ext/discover', {}, 401, realm],
    [plain, '/v2/_oci/ext/discover', basic('bob'), 200, undefined],
    [plain, '/v2/_catalog', basic('bob'), 200, undefined],
    [plain, '/livez', {}, 200, undefined],
    [plain, '/readyz', {}, 200, undefined],
    [plain, '/token', {}, 404, undefined],
    [tokens, '/v2/', {}, 401, bearerRealm],
    [tokens, '/v2/', bearer('x'), 401, `${bearerRealm},error="invalid_token"`],
    [tokens, '/v2/', none, 200, undefined],
    [tokens, '/v2/', nobody, 200, undefined],
    [tokens, '/v2/', basic('bob'), 200, undefined],
    [
      tokens,
      '/v2/_catalog',
      none,
      401,
      `${bearerRealm},scope="registry:catalog:*",error="insufficient_scope"`,
    ],
    [tokens, '/v2/_catalog', listing, 200, undefined],
    [tokens, '/livez', {}, 200, undefined],
    [tokens, '/.well-known/jwks.json', {}, 200, undefined],
    [tokens, '/token', {}, 200, undefined],
    [tokens, '/token', basic('bob', 'wrong'), 401, 'Basic realm="stave registry"'],
    [tokens, '/token?service=other', {}, 400, undefined],
  ];
  for (const [registry, path, headers, status, challenge] of cases) {
    const got = await registry.send('GET', path, { headers });
    assert.deepEqual(
      [path, got.status, got.headers['www-authenticate']],
      [path, status, challenge],
    );
  }
});

test('what is not there and what is not yours are refused in the same words', async () => {
  for (const access of [withUsers({ rules: RULES }), withTokens({ rules: RULES })]) {
    await using registry = await ServedRegistry.open({ access });
    const content = await filled(registry, 'secret/app', basic('alice'));
    for (const headers of [{}, basic('bob'), basic('bob', 'wrong')]) {
      for (const endpoint of ENDPOINTS) {
        const ask = async (repository: string): Promise<unknown> => {
          const upload = content.upload.replace('secret/app', repository);
          const there = { ...content, repository, upload };
          const sent = endpoint.sent?.(there) ?? {};
          const {
            status,
            text,
            headers: said,
          } = await registry.send(endpoint.method, endpoint.path(there), {
            ...sent,
            headers: { ...sent.headers, ...headers },
          });
          const { date: _, 'x-request-id': __, ...rest } = said;
          return JSON.parse(
            JSON.stringify([status, text, rest]).replaceAll(repository, 'REPOSITORY'),
          );
        };
        assert.deepEqual(await ask('secret/app'), await ask('secret/non'), endpoint.name);
      }
    }
  }
});
