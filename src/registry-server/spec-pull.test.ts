import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type Answer, ServedRegistry } from '../../test/support/served-registry.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';

/*
 * What the OCI distribution specification asks of a registry, rule by rule under the titles of its
 * sections: pulling, and what holds everywhere. Pushing, listing and deleting: the files beside it.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
const registry = await ServedRegistry.open();
after(() => registry[Symbol.asyncDispose]());

const NOWHERE = digestOf('nowhere');
const BODY = await registry.imageBody('team/app', { annotations: { spacing: 'is  kept' } });
const MANIFEST = digestOf(BODY);
const BLOB = await registry.blob('team/app', '0123456789');
await registry.manifest('team/app', 'v1', BODY, `${MediaType.ociManifest}; charset=utf-8`);

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  registry.send('GET', path, { headers });
const manifest = `/v2/team/app/manifests/v1`;
const blob = `/v2/team/app/blobs/${BLOB}`;

type Check = () => Promise<void>;
const RULES: readonly (readonly [section: string, rule: string, check: Check])[] = [
  [
    'Pulling manifests',
    'a tag or a digest names a manifest, with 200 and the bytes that were pushed',
    async () => {
      for (const reference of ['v1', MANIFEST]) {
        const { status, text } = await get(`/v2/team/app/manifests/${reference}`);
        assert.deepEqual([status, text], [200, BODY]);
      }
    },
  ],
  [
    'Pulling manifests',
    'nothing else does',
    async () => {
      for (const odd of [
        '.v1',
        '-v1',
        'v1!',
        'a'.repeat(129),
        'sha256:0',
        `sha256-${'0'.repeat(64)}:x`,
      ]) {
        const { status } = await get(`/v2/team/app/manifests/${encodeURIComponent(odd)}`);
        assert.ok([400, 404].includes(status), odd);
      }
    },
  ],
  [
    'Pulling manifests',
    'names and tags of every allowed form and length are taken',
    async () => {
      for (const name of ['a', '0', 'a.b_c__d-e---f/g/0', 'a'.repeat(255)]) {
        const body = await registry.imageBody(name);
        for (const tag of ['A', '_', '0.-_Z', 'x'.repeat(128)]) {
          assert.equal((await registry.manifest(name, tag, body)).status, 201);
          assert.equal((await get(`/v2/${name}/manifests/${tag}`)).text, body);
        }
      }
    },
  ],
  [
    'Pulling manifests',
    'Content-Type is that of the push, without parameters',
    async () => {
      assert.equal((await get(manifest)).headers['content-type'], MediaType.ociManifest);
    },
  ],
  [
    'Pulling manifests',
    'Docker-Content-Digest is the digest of the bytes',
    async () => {
      const { headers, body } = await get(manifest);
      assert.equal(headers['docker-content-digest'], digestOf(body));
    },
  ],
  [
    'Pulling manifests',
    '404 for what is not there: by tag, by digest, in a repository that is not there',
    async () => {
      for (const [path, code] of [
        ['/v2/team/app/manifests/none', 'MANIFEST_UNKNOWN'],
        [`/v2/team/app/manifests/${NOWHERE}`, 'MANIFEST_UNKNOWN'],
        [`/v2/team/app/manifests/${BLOB}`, 'MANIFEST_UNKNOWN'],
        [`/v2/none/manifests/${MANIFEST}`, 'NAME_UNKNOWN'],
      ] as const) {
        const got = await get(path);
        assert.deepEqual([path, got.status, got.code], [path, 404, code]);
      }
    },
  ],
  [
    'Pulling blobs',
    '200 with the bytes and their digest',
    async () => {
      const { status, text, headers } = await get(blob);
      assert.deepEqual([status, text], [200, '0123456789']);
      assert.equal(headers['docker-content-digest'], BLOB);
    },
  ],
  [
    'Pulling blobs',
    'a manifest is a blob too',
    async () => {
      assert.equal((await get(`/v2/team/app/blobs/${MANIFEST}`)).text, BODY);
    },
  ],
  [
    'Pulling blobs',
    '404 for what this repository has not, whoever else has it',
    async () => {
      const theirs = await registry.blob('team/other', 'theirs');
      for (const digest of [
        NOWHERE,
        theirs,
        NOWHERE.replace('sha256', 'sha512') + '0'.repeat(64),
      ]) {
        const got = await get(`/v2/team/app/blobs/${digest}`);
        assert.deepEqual([got.status, got.code], [404, 'BLOB_UNKNOWN']);
      }
    },
  ],
  [
    'Pulling blobs',
    'Range is understood: 206, Content-Range and the length of the part',
    async () => {
      assert.equal((await get(blob)).headers['accept-ranges'], 'bytes');
      const part = await get(blob, { range: 'bytes=2-4' });
      assert.deepEqual([part.status, part.text], [206, '234']);
      assert.equal(part.headers['content-range'], 'bytes 2-4/10');
      assert.equal(part.headers['content-length'], '3');
      assert.equal(part.headers['docker-content-digest'], BLOB);
      const beyond = await get(blob, { range: 'bytes=10-' });
      assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, 'bytes */10']);
    },
  ],
  [
    'Pulling blobs',
    'bytes are never encoded in another way',
    async () => {
      const { headers, text } = await get(blob, { 'accept-encoding': 'gzip, br, zstd' });
      assert.deepEqual([headers['content-encoding'], text], [undefined, '0123456789']);
    },
  ],
  [
    'Checking if content exists in the registry',
    'HEAD: 200, digest and length without a body',
    async () => {
      for (const [path, digest, size] of [
        [blob, BLOB, 10],
        [manifest, MANIFEST, BODY.length],
        [`/v2/team/app/manifests/${MANIFEST}`, MANIFEST, BODY.length],
      ] as const) {
        const { status, headers, body } = await registry.send('HEAD', path);
        assert.deepEqual([path, status, body.length], [path, 200, 0]);
        assert.equal(headers['docker-content-digest'], digest);
        assert.equal(headers['content-length'], String(size));
      }
    },
  ],
  [
    'Checking if content exists in the registry',
    'HEAD: 404 for what is not there',
    async () => {
      for (const path of [
        `/v2/team/app/blobs/${NOWHERE}`,
        `/v2/team/app/manifests/${NOWHERE}`,
        '/v2/team/app/manifests/none',
        `/v2/none/blobs/${BLOB}`,
      ]) {
        const { status, body } = await registry.send('HEAD', path);
        assert.deepEqual([path, status, body.length], [path, 404, 0]);
      }
    },
  ],
  [
    'Determining Support',
    '200 at /v2/',
    async () => {
      assert.equal((await get('/v2/')).status, 200);
    },
  ],
  [
    'API',
    'RFC 9110: HEAD is answered as GET is, 405 says what is allowed, conditions are kept',
    async () => {
      for (const path of ['/v2/', blob, manifest, '/v2/team/app/tags/list', '/v2/_catalog']) {
        const [whole, head] = [await get(path), await registry.send('HEAD', path)];
        const { date: _d, 'x-request-id': _x, ...headers } = whole.headers;
        const { date: _e, 'x-request-id': _y, ...same } = head.headers;
        assert.deepEqual([head.status, same], [whole.status, headers]);
        const refused = await registry.send('POST', path);
        assert.deepEqual([refused.status, refused.code], [405, 'UNSUPPORTED']);
        assert.match(String(refused.headers['allow']), /GET, HEAD/);
      }
      const unchanged = await get(manifest, { 'if-none-match': `"${MANIFEST}"` });
      assert.deepEqual([unchanged.status, unchanged.text], [304, '']);
    },
  ],
  [
    'Error Codes',
    'a list of errors, each with a code of the table in capitals and a message',
    async () => {
      for (const path of ['/v2/A/tags/list', '/v2/team/app/blobs/x', '/v2/none/tags/list', '/x']) {
        const { headers, text } = await get(path);
        assert.equal(headers['content-type'], 'application/json');
        const { errors } = JSON.parse(text) as { errors: Record<string, unknown>[] };
        assert.equal(errors.length, 1);
        assert.match(String(errors[0]?.['code']), /^[A-Z_]+$/);
        assert.equal(typeof errors[0]?.['message'], 'string');
      }
    },
  ],
  [
    'Error Codes',
    '429 says when to come again',
    async () => {
      await using busy = await ServedRegistry.open({ limits: { requestsPerSecond: 1 } });
      let got = await busy.send('GET', '/v2/');
      while (got.status === 200) got = await busy.send('GET', '/v2/');
      assert.deepEqual([got.status, got.code], [429, 'TOOMANYREQUESTS']);
      assert.match(String(got.headers['retry-after']), /^[1-9]\d*$/);
    },
  ],
  [
    'Warnings',
    'none is sent that the specification does not know',
    async () => {
      for (const path of ['/v2/', blob, manifest, '/v2/none/tags/list']) {
        const warning = (await get(path)).headers['warning'];
        assert.ok(warning === undefined || /^299 - "[^"]{0,4000}"$/.test(String(warning)));
      }
    },
  ],
];

for (const [section, rule, check] of RULES) test(`spec "${section}": ${rule}`, check);
