import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { type Answer, type Sent, ServedRegistry } from '../../test/support/served-registry.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';

/*
 * What the OCI distribution specification asks of a registry, rule by rule under the titles of its
 * sections: pushing of blobs and manifests.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
const registry = await ServedRegistry.open();
after(() => registry[Symbol.asyncDispose]());

const UPLOADS = '/v2/app/blobs/uploads/';
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
const NOWHERE = digestOf('nowhere');
const MIB = 1024 * 1024;

const ask = (method: string, path: string, sent: Sent = {}): Promise<Answer> =>
  registry.send(method, path, sent);
const placeOf = ({ headers }: Answer): string => String(headers['location']);
const sha512 = (data: string): Digest =>
  `sha512:${createHash('sha512').update(data).digest('hex')}` as Digest;
const chunk = (method: string, place: string, range: string, body: string): Promise<Answer> =>
  ask(method, place, { body, headers: { 'content-range': range } });

async function begun(query = ''): Promise<string> {
  const got = await ask('POST', UPLOADS + query);
  assert.equal(got.status, 202);
  return placeOf(got);
}

/** 201 with a place where the bytes are to be had. */
async function isThere(got: Answer, digest: Digest, text: string): Promise<void> {
  assert.deepEqual([got.status, got.headers['docker-content-digest']], [201, digest]);
  assert.equal((await ask('GET', placeOf(got))).text, text);
}

type Check = () => Promise<void>;
const RULES: readonly (readonly [section: string, rule: string, check: Check])[] = [
  [
    'POST then PUT',
    '202 with a place that has a UUID of its own; then 201 with the place of the blob',
    async () => {
      const [one, two] = [await begun(), await begun()];
      assert.match(one, UUID);
      assert.notEqual(UUID.exec(one)?.[0], UUID.exec(two)?.[0]);
      const put = await ask('PUT', `${one}?digest=${digestOf('whole')}`, { body: 'whole' });
      await isThere(put, digestOf('whole'), 'whole');
    },
  ],
  [
    'Pushing blobs',
    '400 for a digest that is malformed, of an unknown algorithm, or of other bytes',
    async () => {
      for (const bad of [
        'sha256:0',
        'x',
        `md5:${'0'.repeat(32)}`,
        NOWHERE.toUpperCase(),
        NOWHERE,
      ]) {
        for (const [method, path] of [
          ['PUT', await begun()],
          ['POST', UPLOADS],
        ] as const) {
          const got = await ask(method, `${path}?digest=${bad}`, { body: 'x' });
          assert.deepEqual([bad, got.status, got.code], [bad, 400, 'DIGEST_INVALID']);
        }
      }
      assert.equal((await ask('HEAD', `/v2/app/blobs/${digestOf('x')}`)).status, 404);
    },
  ],
  [
    'Single POST',
    '201 at once with the place of the blob',
    async () => {
      const got = await ask('POST', `${UPLOADS}?digest=${digestOf('once')}`, { body: 'once' });
      await isThere(got, digestOf('once'), 'once');
    },
  ],
  [
    'Pushing a blob in chunks',
    '202 with the place and the range of what has come; the last chunk goes with PATCH or with PUT',
    async () => {
      for (const text of ['01234567', '0123']) {
        const place = await begun();
        const first = await chunk('PATCH', place, '0-3', '0123');
        assert.deepEqual([first.status, first.headers['range']], [202, '0-3']);
        const end = `${placeOf(first)}?digest=${digestOf(text)}`;
        const put =
          text === '0123' ? await ask('PUT', end) : await chunk('PUT', end, '4-7', '4567');
        await isThere(put, digestOf(text), text);
      }
    },
  ],
  [
    'Pushing a blob in chunks',
    '416 for a chunk out of order, also the first and the last one; nothing is lost by it',
    async () => {
      const place = await begun();
      assert.equal((await chunk('PATCH', place, '1-4', '1234')).status, 416);
      assert.equal((await chunk('PATCH', place, '0-3', '0123')).status, 202);
      const end = `${place}?digest=${digestOf('01234567')}`;
      for (const range of ['0-3', '3-6', '5-8']) {
        assert.equal((await chunk('PATCH', place, range, 'xxxx')).status, 416);
        assert.equal((await chunk('PUT', end, range, 'xxxx')).status, 416);
      }
      assert.equal((await ask('GET', place)).headers['range'], '0-3');
      await isThere(await chunk('PUT', end, '4-7', '4567'), digestOf('01234567'), '01234567');
    },
  ],
  [
    'Pushing a blob in chunks',
    'a range of another form is 400, and so is one that is not that of the bytes',
    async () => {
      const place = await begun();
      for (const range of ['0', '-3', '0-', 'a-b', '0-3,4-5', '3-0', '0-2', '0-4']) {
        const got = await chunk('PATCH', place, range, '0123');
        assert.deepEqual([range, got.status, got.code], [range, 400, 'SIZE_INVALID']);
      }
      assert.equal((await ask('GET', place)).headers['range'], '0-0');
    },
  ],
  [
    'Pushing a blob in chunks',
    'the state of an upload: 204, place and range; 404 once it is over',
    async () => {
      const place = await begun();
      await ask('PATCH', place, { body: 'a stream', chunked: true });
      const state = await ask('GET', place);
      assert.deepEqual([state.status, state.headers['range']], [204, '0-7']);
      assert.match(placeOf(state), UUID);
      await ask('PUT', `${placeOf(state)}?digest=${digestOf('a stream')}`);
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const got = await ask(method, place);
        assert.deepEqual([method, got.status, got.code], [method, 404, 'BLOB_UPLOAD_UNKNOWN']);
      }
    },
  ],
  [
    'Pushing a blob in chunks',
    'digest-algorithm: sha512 is hashed on the way; an unknown one is 400',
    async () => {
      const place = await begun('?digest-algorithm=sha512');
      await ask('PATCH', place, { body: 'long ' });
      const put = await ask('PUT', `${place}?digest=${sha512('long hash')}`, { body: 'hash' });
      await isThere(put, sha512('long hash'), 'long hash');
      const bad = await ask('POST', `${UPLOADS}?digest-algorithm=sha1`);
      assert.deepEqual([bad.status, bad.code], [400, 'DIGEST_INVALID']);
    },
  ],
  [
    'Cancel a blob upload',
    '204, and nothing is left',
    async () => {
      const place = await begun();
      await ask('PATCH', place, { body: 'bytes' });
      assert.equal((await ask('DELETE', place)).status, 204);
      assert.equal((await ask('GET', place)).status, 404);
    },
  ],
  [
    'Mounting a blob from another repository',
    '201 with the place of the blob, with "from" and without; 202 and an upload when it cannot be',
    async () => {
      const digest = await registry.blob('source', 'mounted');
      const target = '/v2/target/blobs/uploads/';
      for (const query of [
        `?mount=${NOWHERE}&from=source`,
        `?mount=${digest}&from=none`,
        `?mount=${NOWHERE}`,
      ]) {
        const got = await ask('POST', target + query);
        assert.equal(got.status, 202);
        assert.match(placeOf(got), UUID);
        const put = await ask('PUT', `${placeOf(got)}?digest=${digestOf('sent')}`, {
          body: 'sent',
        });
        await isThere(put, digestOf('sent'), 'sent');
      }
      await isThere(await ask('POST', `${target}?mount=${digest}&from=source`), digest, 'mounted');
      await isThere(
        await ask('POST', `/v2/third/blobs/uploads/?mount=${digest}`),
        digest,
        'mounted',
      );
    },
  ],
  [
    'Pushing Manifests',
    "201 with a place; the very bytes are kept, and the header is their digest in the client's algorithm",
    async () => {
      const body = `${await registry.imageBody('app')}\n \t`;
      for (const [reference, digest] of [
        ['odd', digestOf(body)],
        [digestOf(body), digestOf(body)],
        [sha512(body), sha512(body)],
      ] as const) {
        await isThere(await registry.manifest('app', reference, body), digest, body);
      }
    },
  ],
  [
    'Pushing Manifests',
    'Content-Type is taken without its parameters',
    async () => {
      const body = await registry.imageBody('app');
      const type = `${MediaType.ociManifest};charset="utf-8"; x=y`;
      assert.equal((await registry.manifest('app', 'typed', body, type)).status, 201);
      const got = await ask('GET', '/v2/app/manifests/typed');
      assert.equal(got.headers['content-type'], MediaType.ociManifest);
    },
  ],
  [
    'Pushing Manifests',
    'without its blobs it is MANIFEST_BLOB_UNKNOWN; the list of them may be empty',
    async () => {
      const config = { mediaType: MediaType.ociEmpty, digest: digestOf('{}'), size: 2 };
      const missing = JSON.stringify({
        schemaVersion: 2,
        config,
        layers: [{ ...config, digest: NOWHERE }],
      });
      const refused = await registry.manifest('app', 'missing', missing);
      assert.deepEqual([refused.status, refused.code], [404, 'MANIFEST_BLOB_UNKNOWN']);
      assert.equal((await ask('GET', '/v2/app/manifests/missing')).status, 404);
      await registry.blob('app', '{}');
      const empty = JSON.stringify({ schemaVersion: 2, config, layers: [] });
      assert.equal((await registry.manifest('app', 'empty', empty)).status, 201);
      const none = '{"schemaVersion":2,"manifests":[]}';
      assert.equal((await registry.manifest('app', 'none', none, MediaType.ociIndex)).status, 201);
    },
  ],
  [
    'Pushing Manifests',
    'a digest that the bytes have not is 400, a tag that is none too',
    async () => {
      const body = await registry.imageBody('app');
      for (const [reference, code] of [
        [NOWHERE, 'DIGEST_INVALID'],
        ['sha256:0', 'DIGEST_INVALID'],
        ['-tag', 'MANIFEST_INVALID'],
        ['t'.repeat(129), 'MANIFEST_INVALID'],
      ] as const) {
        const got = await registry.manifest('app', reference, body);
        assert.deepEqual([got.status, got.code], [400, code]);
      }
    },
  ],
  [
    'Pushing Manifests',
    'tags along with a digest: ten and more, each in OCI-Tag; too many are 414',
    async () => {
      const body = await registry.imageBody('app');
      const tags = Array.from({ length: 12 }, (_, at) => `many-${at}`);
      const put = await registry.manifest(
        'app',
        `${digestOf(body)}?tag=${tags.join('&tag=')}`,
        body,
      );
      assert.equal(put.status, 201);
      assert.deepEqual(String(put.headers['oci-tag']).split(/, */), tags);
      for (const tag of tags) {
        const { headers } = await ask('HEAD', `/v2/app/manifests/${tag}`);
        assert.equal(headers['docker-content-digest'], digestOf(body));
      }
      const flood = Array.from({ length: 500 }, (_, at) => `t${at}`).join('&tag=');
      assert.equal(
        (await registry.manifest('app', `${digestOf(body)}?tag=${flood}`, body)).status,
        414,
      );
    },
  ],
  [
    'Pushing Manifests',
    'four megabytes are taken, what is above the limit is 413',
    async () => {
      const body = await registry.imageBody('app', { annotations: { long: '' } });
      const filled = (size: number): string =>
        body.replace('"long":""', `"long":"${'x'.repeat(size - body.length)}"`);
      assert.equal((await registry.manifest('app', 'large', filled(4 * MIB))).status, 201);
      const more = await registry.manifest('app', 'larger', filled(4 * MIB + 1));
      assert.deepEqual([more.status, more.code], [413, 'SIZE_INVALID']);
      assert.equal((await ask('GET', '/v2/app/manifests/larger')).status, 404);
    },
  ],
  [
    'Pushing Manifests with Subject',
    'taken before its subject is there, and OCI-Subject says that it was understood',
    async () => {
      const subject = { mediaType: MediaType.ociManifest, digest: digestOf('later'), size: 5 };
      const image = await registry.imageBody('app', { subject });
      const index = JSON.stringify({ schemaVersion: 2, manifests: [], subject });
      for (const [body, type] of [
        [image, MediaType.ociManifest],
        [index, MediaType.ociIndex],
      ] as const) {
        const put = await registry.manifest('app', digestOf(body), body, type);
        assert.deepEqual([put.status, put.headers['oci-subject']], [201, subject.digest]);
      }
      const plain = await registry.manifest('app', 'plain', await registry.imageBody('app'));
      assert.equal(plain.headers['oci-subject'], undefined);
    },
  ],
];

for (const [section, rule, check] of RULES) test(`spec "${section}": ${rule}`, check);
