import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReference, withDefaultTag } from '../oci/reference.ts';
import { acceptsIdentity, type SignedIdentity } from './identity.ts';
import { parsePolicy, requirementsFor } from './policy.ts';

const PATH = '/etc/containers/policy.json';
const REJECT = [{ type: 'reject' }];
const ACCEPT = [{ type: 'insecureAcceptAnything' }];
const named = (name: string): ReturnType<typeof parseReference> =>
  withDefaultTag(parseReference(name));
const parse = (policy: unknown): ReturnType<typeof parsePolicy> =>
  parsePolicy(Buffer.from(JSON.stringify(policy)), PATH);

test('requirementsFor() takes the narrowest scope', () => {
  const scopes = [
    'docker.io/library/app:v1',
    'docker.io/library/app',
    'docker.io/library',
    'docker.io',
    `docker.io/library/app@sha256:${'ab'.repeat(32)}`,
    'reg.example.com:5000',
    '*.example.com',
    '*.com',
    '',
  ];
  // Each scope is told from the others by the path of its key.
  const signedBy = (scope: string): object[] => [
    { type: 'sigstoreSigned', keyPath: scope || '""' },
  ];
  const policy = parse({
    default: REJECT,
    transports: {
      docker: Object.fromEntries(scopes.map((scope) => [scope, signedBy(scope)])),
      'docker-daemon': { '': ACCEPT },
    },
  });
  const scopeOf = (name: string): unknown => {
    const [first] = requirementsFor(policy, named(name));
    return first?.type === 'sigstoreSigned' ? first.keys[0] : first;
  };
  for (const [name, scope] of [
    ['app:v1', 'docker.io/library/app:v1'],
    ['app:v2', 'docker.io/library/app'],
    ['app', 'docker.io/library/app'],
    [`app@sha256:${'ab'.repeat(32)}`, `docker.io/library/app@sha256:${'ab'.repeat(32)}`],
    [`app:v1@sha256:${'cd'.repeat(32)}`, 'docker.io/library/app'],
    ['other', 'docker.io/library'],
    ['library-x/other', 'docker.io'],
    ['reg.example.com:5000/a/b', 'reg.example.com:5000'],
    ['reg.example.com:5001/a/b', '*.example.com'],
    ['a.b.example.com/a', '*.example.com'],
    ['example.com/a', '*.com'],
    ['localhost:5000/a', '""'],
  ] as const) {
    assert.deepEqual(scopeOf(name), { path: scope }, name);
  }
});

test('requirementsFor() falls back on what holds for everything', () => {
  const policy = parse({ default: REJECT, transports: { dir: { '': ACCEPT } } });
  assert.deepEqual(requirementsFor(policy, named('app')), REJECT);
});

test('parsePolicy() names keys and what cannot be checked', () => {
  const data = Buffer.from('pem').toString('base64');
  const { default: found } = parse({
    default: [
      { type: 'sigstoreSigned', keyPaths: ['/a', '/b'] },
      { type: 'sigstoreSigned', keyData: data, signedIdentity: { type: 'matchRepository' } },
      { type: 'signedBy', keyType: 'GPGKeys', keyPath: '/a.gpg' },
      { type: 'sigstoreSigned', keyPath: '/a', rekorPublicKeyPath: '/b' },
    ],
  });
  assert.deepEqual(found, [
    {
      type: 'sigstoreSigned',
      keys: [{ path: '/a' }, { path: '/b' }],
      identity: { type: 'matchRepoDigestOrExact' },
    },
    {
      type: 'sigstoreSigned',
      keys: [{ data: Buffer.from('pem') }],
      identity: { type: 'matchRepository' },
    },
    { type: 'unsupported', what: '"signedBy": signatures of GPG' },
    { type: 'unsupported', what: '"rekorPublicKeyPath" of "sigstoreSigned"' },
  ]);
});

test('parsePolicy() refuses what it does not understand, with the name of the file', () => {
  for (const [policy, why] of [
    [{}, /policy\.json cannot be used: "default" of it is missing/],
    [{ default: [] }, /"default" is empty/],
    [{ default: [{ type: 'sometimes' }] }, /requirement "sometimes" of "default" is not known/],
    [{ default: REJECT, more: 1 }, /"more" of it is not known/],
    [{ default: [{ type: 'reject', unless: 'x' }] }, /"unless" of "default" is not known/],
    [{ default: [{ type: 'sigstoreSigned' }] }, /needs one of keyPath/],
    [{ default: [{ type: 'sigstoreSigned', keyPaths: [] }] }, /has no key/],
    [{ default: [{ type: 'sigstoreSigned', keyPath: 'a', keyData: '' }] }, /needs one of keyPath/],
    [
      { default: [{ type: 'sigstoreSigned', keyPath: 'a', signedIdentity: { type: 'any' } }] },
      /signed identity "any" is not known/,
    ],
    [{ default: REJECT, transports: { docker: { a: {} } } }, /scope "a" is not a list/],
    [[], /is not a JSON object/],
  ] as const) {
    assert.throws(() => parse(policy), why);
  }
});

const DIGEST = `sha256:${'ab'.repeat(32)}`;

test('acceptsIdentity() matches as the policy says', () => {
  const at = (type: 'matchExact' | 'matchRepoDigestOrExact' | 'matchRepository' | 'matchName') =>
    ({ type }) as const;
  const moved = { type: 'remapIdentity', prefix: 'mirror.example', signedPrefix: 'docker.io/team' };
  const exact = { type: 'exactReference', reference: named('team/app:v1') };
  const repository = { type: 'exactRepository', repository: named('team/app') };
  for (const [rule, image, signed, wanted] of [
    [at('matchExact'), 'team/app:v1', 'docker.io/team/app:v1', true],
    [at('matchExact'), 'team/app:v1', 'index.docker.io/team/app:v1', true],
    [at('matchExact'), 'team/app:v1', 'team/app:v2', false],
    [at('matchExact'), 'team/app:v1', 'team/app', false],
    [at('matchExact'), `team/app@${DIGEST}`, 'team/app:v1', false],
    [at('matchRepoDigestOrExact'), `team/app@${DIGEST}`, 'team/app:v1', true],
    [at('matchRepoDigestOrExact'), 'team/app:v1', 'team/app:v1', true],
    [at('matchRepoDigestOrExact'), 'team/app:v1', 'team/app:v2', false],
    [at('matchRepoDigestOrExact'), 'team/app:v1', 'team/app', false],
    [at('matchRepoDigestOrExact'), `team/app@${DIGEST}`, 'team/other:v1', false],
    [at('matchRepository'), 'team/app:v1', 'team/app', true],
    [at('matchRepository'), 'team/app:v1', 'team/app:v7', true],
    [at('matchRepository'), 'team/app:v1', 'example.com/team/app:v1', false],
    [at('matchName'), 'team/app:v1', 'team/app', true],
    [at('matchName'), 'team/app:v1', 'team/app:v1', true],
    [at('matchName'), 'team/app:v1', 'team/app:v2', false],
    [at('matchName'), `team/app@${DIGEST}`, 'team/app:v2', true],
    [at('matchName'), 'team/app:v1', 'team/apple', false],
    [at('matchName'), 'team/app:v1', 'NOT A NAME', false],
    [exact, 'mirror.example/x:v9', 'team/app:v1', true],
    [exact, 'mirror.example/x:v9', 'team/app:v2', false],
    [repository, 'mirror.example/x:v9', 'team/app:v2', true],
    [repository, 'team/app:v9', 'team/other:v9', false],
    [moved, 'mirror.example/app:v1', 'team/app:v1', true],
    [moved, 'mirror.example/app:v1', 'mirror.example/app:v1', false],
    [moved, 'team/app:v1', 'team/app:v1', true],
  ] as const) {
    const found = acceptsIdentity(rule as SignedIdentity, named(image), signed);
    assert.equal(found, wanted, `${rule.type}: ${image}, signed as ${signed}`);
  }
});
