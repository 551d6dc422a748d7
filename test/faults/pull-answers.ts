import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { TestRegistry, fail, type Exchange, type Fault } from '../support/test-registry.ts';
import { first, onLarge, type PullScenarios, status } from './scenario.ts';

const NOBODY = { environment: { HOME: '/nonexistent' } };

/** Changes what the token service says. */
const token =
  (answer: (text: { token: string }) => unknown) =>
  (): Fault =>
  ({ response, kind }) => {
    if (kind !== 'token') return false;
    const end = response.end.bind(response);
    response.end = ((text: string) =>
      end(String(answer(JSON.parse(text) as { token: string })))) as typeof end;
    return false;
  };

/** Sends a kind of request elsewhere: to a server that answers 400 when it sees who we are. */
const elsewhere =
  (wanted: string) =>
  (registry: TestRegistry): Fault => {
    let other: Promise<TestRegistry> | undefined;
    const open = (): Promise<TestRegistry> =>
      TestRegistry.open({
        fault({ request, response, url }) {
          if (request.headers.authorization !== undefined) {
            fail(response, 400, 'UNSUPPORTED', 'one authorization too many');
            return true;
          }
          const name = url.searchParams.get('of') ?? '';
          const manifest = registry.manifests.get(`team/app/${name}`);
          if (manifest) response.setHeader('content-type', manifest.mediaType);
          response.setHeader('connection', 'close');
          response.end(manifest?.data ?? registry.blobs.get(name));
          return true;
        },
      });
    registry.closing.push(async () => (await other)?.[Symbol.asyncDispose]());
    return async ({ response, url, kind, request }: Exchange) => {
      if (kind !== wanted || request.headers.authorization === undefined) return false;
      other ??= open();
      const name = url.pathname.split('/').at(-1);
      const location = `http://${(await other).host}/x?of=${name}`;
      response.writeHead(307, { location }).end();
      return true;
    };
  };

/** What a registry and its token service may say. */
export const ANSWERS: PullScenarios = {
  'manifest-500-twice': {
    does: 'fails twice at the manifest',
    must: 'ok',
    fault: first('manifest', 2, status(500)),
  },
  'blob-503-twice': {
    does: 'fails twice at a layer',
    must: 'ok',
    fault: first('blob', 2, status(503)),
  },
  'always-500': {
    does: 'fails at the manifest for ever',
    must: /trouble/,
    fault: first('manifest', 99, status(500)),
    check: (registry) => assert.equal(registry.count(/manifests/), 5),
  },
  'm429-retry-after': {
    does: 'wants a rest before the manifest',
    must: 'ok',
    fault: first('manifest', 1, status(429, { 'retry-after': '1' })),
  },
  'b429-retry-after': {
    does: 'wants a rest before a layer',
    must: 'ok',
    fault: first(
      'blob',
      1,
      status(429, { 'retry-after': new Date(Date.now() + 500).toUTCString() }),
    ),
  },
  'm429-forever': {
    does: 'wants a rest for ever',
    must: /^toomanyrequests: .* for 0 seconds/,
    fault: first('manifest', 99, status(429, { 'retry-after': '0' })),
    check: (registry) => assert.equal(registry.count(/manifests/), 5),
  },
  'm429-one-day': {
    does: 'wants a rest until tomorrow',
    must: /^toomanyrequests: .* for 24 hours \(its limit is 100;w=21600, 0;w=21600 remain\)/,
    fault: first(
      'manifest',
      99,
      status(429, {
        'retry-after': '86400',
        'ratelimit-limit': '100;w=21600',
        'ratelimit-remaining': '0;w=21600',
      }),
    ),
    check: (registry) => assert.equal(registry.count(/manifests/), 1),
  },
  'a client that gave up, says the proxy': {
    does: 'answers 499, then 522',
    must: 'ok',
    fault: () => (exchange) => {
      if (exchange.kind !== 'manifest' || exchange.before > 1) return false;
      status(exchange.before === 0 ? 499 : 522)(exchange.response);
      return true;
    },
  },
  'redirect-other-host': {
    does: 'has its layers at another host that must not see the token',
    must: 'ok',
    options: { auth: 'token' },
    fault: elsewhere('blob'),
  },
  'redirect-loop': {
    does: 'redirects a layer to itself',
    must: /redirects more than 10 times/,
    fault:
      () =>
      ({ response, url, kind }) => {
        if (kind !== 'blob') return false;
        response.writeHead(307, { location: url.pathname }).end();
        return true;
      },
  },
  'redirect-file': {
    does: 'redirects a layer to a file',
    must: /redirects to what is no http/,
    fault: first('blob', 99, (response) =>
      response.writeHead(307, { location: 'file:///etc/passwd' }).end(),
    ),
  },
  'redirect-manifest': {
    does: 'has its manifest at another host',
    must: 'ok',
    options: { auth: 'token' },
    fault: elsewhere('manifest'),
  },
  token: {
    does: 'gives tokens to everybody',
    must: 'ok',
    options: { auth: 'anonymous' },
    settings: NOBODY,
    check: (registry) => assert.deepEqual(registry.scopes, ['repository:team/app:pull']),
  },
  'token-access': {
    does: 'calls its token access_token',
    must: 'ok',
    options: { auth: 'anonymous' },
    fault: token((text) => JSON.stringify({ access_token: text.token })),
  },
  'token-expires': {
    does: 'takes each token for two requests',
    must: 'ok',
    options: { auth: 'token', tokenUses: 2 },
    check: (registry) => assert.ok(registry.scopes.length >= 2),
  },
  'token-500-once': {
    does: 'fails once at the token service',
    must: 'ok',
    options: { auth: 'token' },
    fault: first('token', 1, status(500)),
  },
  'token-denied': {
    does: 'refuses a token',
    must: /refuses the credentials in DOCKER_AUTH_CONFIG: 401: unauthorized: trouble$/,
    options: { auth: 'token' },
    fault: first('token', 99, status(401, {}, 'UNAUTHORIZED')),
    check: (registry) => assert.equal(registry.count(/token/), 1),
  },
  'token-html': {
    does: 'gives a web page for a token',
    must: /the answer of the token service .* is not valid JSON/,
    options: { auth: 'token' },
    fault: token(() => '<html>'),
  },
  'an empty token': {
    does: 'gives a token without a letter',
    must: /answered without a token/,
    options: { auth: 'token' },
    fault: token(() => '{"token":""}'),
  },
  'a token that would be a header of its own': {
    does: 'gives a token with a line end',
    must: /answered without a token/,
    options: { auth: 'token' },
    fault: token(() => JSON.stringify({ token: 'x\r\ny: z' })),
  },
  'token-other-scope': {
    does: 'gives a token and does not take it',
    must: /^pull access denied for .*: unauthorized: insufficient scope$/,
    options: { auth: 'token' },
    fault:
      () =>
      ({ response, kind, request }) => {
        if (kind === 'token' || request.headers.authorization === undefined) return false;
        const header = 'Bearer realm="http://127.0.0.1/token",error="insufficient_scope"';
        response.setHeader('www-authenticate', header);
        fail(response, 401, 'UNAUTHORIZED', 'insufficient scope');
        return true;
      },
    check: (registry) => assert.ok(registry.log.length < 10),
  },
  'basic-none': {
    does: 'wants a password that nobody knows',
    must: /no basic auth credentials/,
    options: { auth: 'basic' },
    settings: NOBODY,
  },
  basic: { does: 'wants a password', must: 'ok', options: { auth: 'basic' } },
  'missing-layer': {
    does: 'has not got a layer',
    must: /blob unknown: trouble/,
    fault: onLarge(({ response }) => {
      status(404, {}, 'BLOB_UNKNOWN')(response);
      return true;
    }),
  },
  'missing-config': {
    does: 'has not got the config',
    must: /blob unknown/,
    fault: (registry) => {
      for (const link of registry.links) {
        const isConfig = registry.blobs.get(link.slice(link.lastIndexOf('/') + 1))?.[0] === 0x7b;
        if (isConfig) registry.links.delete(link);
      }
      return () => false;
    },
  },
  'missing-manifest': {
    does: 'has not got the manifest',
    must: /^manifest for .*\/team\/app:v1 not found: manifest unknown: manifest unknown$/,
    put: () => {},
  },
  denied: {
    does: 'refuses with a word for the user',
    must: /^pull access denied for .*: denied: trouble$/,
    fault: first('manifest', 99, status(403, {}, 'DENIED')),
  },
  'transfer-gzip': {
    does: 'compresses manifests on the way for those who can read that',
    must: 'ok',
    fault:
      () =>
      ({ request, response, kind }) => {
        const takes = /gzip/.test(String(request.headers['accept-encoding']));
        if (kind !== 'manifest' || !takes) return false;
        const end = response.end.bind(response);
        response.setHeader('content-encoding', 'gzip');
        response.end = ((data: Buffer) => end(gzipSync(data))) as typeof end;
        return false;
      },
  },
  'no-head': {
    does: 'knows no HEAD',
    must: 'ok',
    fault:
      () =>
      ({ request, response }) => {
        if (request.method !== 'HEAD') return false;
        response.writeHead(405).end();
        return true;
      },
  },
  'no-digest-header': {
    does: 'says nothing of digests',
    must: 'ok',
    fault:
      () =>
      ({ response }) => {
        const setHeader = response.setHeader.bind(response);
        response.setHeader = (name, value) =>
          name === 'docker-content-digest' ? response : setHeader(name, value);
        return false;
      },
  },
  warning: {
    does: 'warns, and is heard once',
    must: 'ok',
    fault:
      () =>
      ({ response }) => {
        response.setHeader('warning', '299 - "this \\"tag\\" is old"');
        return false;
      },
    async check(registry, house) {
      const warnings: string[] = [];
      const name = `${registry.host}/team/app:v1`;
      await house.scratch.images.remove(name);
      await house.scratch.images.pull(
        { name },
        { progress: (event) => event.type === 'warning' && warnings.push(event.message) },
      );
      assert.deepEqual(warnings, [`${registry.host}: this "tag" is old`]);
    },
  },
};
