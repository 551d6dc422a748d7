import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type Answer, ServedRegistry } from '../../test/support/served-registry.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';

/*
 * What the OCI distribution specification asks of a registry, rule by rule under the titles of its
 * sections: lists of tags and referrers, and deletion.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
const registry = await ServedRegistry.open();
after(() => registry[Symbol.asyncDispose]());

const EMPTY = { mediaType: MediaType.ociEmpty, digest: digestOf('{}'), size: 2 };
const TAGS = ['1', '10', '2', 'B', '_', 'a', 'a-b', 'a.b', 'aB'];
for (const tag of TAGS.toReversed()) await registry.image('tags', tag);

const get = (path: string): Promise<Answer> => registry.send('GET', path);
const tagsOf = ({ text }: Answer): readonly string[] =>
  (JSON.parse(text) as { tags: string[] }).tags;
const listOf = ({ text }: Answer): readonly Record<string, unknown>[] =>
  (JSON.parse(text) as { manifests: Record<string, unknown>[] }).manifests;

/** Pushes a manifest about a subject that need not be there. */
async function refer(
  repository: string,
  subject: string,
  fields: object,
  type: string = MediaType.ociManifest,
) {
  await registry.blob(repository, '{}');
  const about = { mediaType: MediaType.ociManifest, digest: subject, size: 7 };
  const shape =
    type === MediaType.ociManifest ? { config: EMPTY, layers: [EMPTY] } : { manifests: [] };
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    ...shape,
    subject: about,
    ...fields,
  });
  const put = await registry.manifest(repository, digestOf(body), body, type);
  assert.equal(put.status, 201, put.text);
  return { digest: digestOf(body), size: body.length, put };
}

type Check = () => Promise<void>;
const RULES: readonly (readonly [section: string, rule: string, check: Check])[] = [
  [
    'Listing Tags',
    '200, name and tags in the order of their bytes',
    async () => {
      const got = await get('/v2/tags/tags/list');
      assert.equal(got.status, 200);
      assert.deepEqual(JSON.parse(got.text), { name: 'tags', tags: TAGS });
    },
  ],
  [
    'Listing Tags',
    '404 for a repository that is not there',
    async () => {
      const got = await get('/v2/none/tags/list');
      assert.deepEqual([got.status, got.code], [404, 'NAME_UNKNOWN']);
    },
  ],
  [
    'Listing Tags',
    'n: so many, or fewer with a link of RFC 5988 to the next ones',
    async () => {
      for (const n of [1, 2, 4, 8, 9, 100]) {
        const seen: string[] = [];
        let path: string | undefined = `/v2/tags/tags/list?n=${n}`;
        while (path !== undefined) {
          const got: Answer = await get(path);
          const link: string | undefined = /^<(.+)>; rel="next"$/.exec(
            String(got.headers['link']),
          )?.[1];
          if (link !== undefined) assert.equal(tagsOf(got).length, n);
          seen.push(...tagsOf(got));
          path = link;
        }
        assert.deepEqual(seen, TAGS);
      }
    },
  ],
  [
    'Listing Tags',
    'n=0: an empty list and no link',
    async () => {
      const got = await get('/v2/tags/tags/list?n=0');
      assert.deepEqual([got.status, tagsOf(got), got.headers['link']], [200, [], undefined]);
    },
  ],
  [
    'Listing Tags',
    'last: what comes after it, with n and without, whether it is there or not',
    async () => {
      assert.deepEqual(tagsOf(await get('/v2/tags/tags/list?last=a')), ['a-b', 'a.b', 'aB']);
      assert.deepEqual(tagsOf(await get('/v2/tags/tags/list?last=a&n=1')), ['a-b']);
      assert.deepEqual(tagsOf(await get('/v2/tags/tags/list?last=3&n=2')), ['B', '_']);
      assert.deepEqual(tagsOf(await get('/v2/tags/tags/list?last=zz')), []);
    },
  ],
  [
    'Listing Referrers',
    'an index by its Content-Type, with each descriptor',
    async () => {
      const subject = digestOf('subject');
      const { digest, size } = await refer('refs', subject, { artifactType: 'application/x' });
      const got = await get(`/v2/refs/referrers/${subject}`);
      assert.deepEqual([got.status, got.headers['content-type']], [200, MediaType.ociIndex]);
      assert.deepEqual(JSON.parse(got.text), {
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: [
          { mediaType: MediaType.ociManifest, digest, size, artifactType: 'application/x' },
        ],
      });
    },
  ],
  [
    'Listing Referrers',
    'artifactType: the own one, else that of the config, of an index none; annotations go along',
    async () => {
      const subject = digestOf('kinds');
      const annotations = { 'org.example': 'value' };
      for (const [type, fields, expected] of [
        [MediaType.ociManifest, { artifactType: 'application/own' }, 'application/own'],
        [MediaType.ociManifest, {}, MediaType.ociEmpty],
        [MediaType.ociManifest, { artifactType: '' }, MediaType.ociEmpty],
        [MediaType.ociIndex, { artifactType: 'application/list' }, 'application/list'],
        [MediaType.ociIndex, {}, undefined],
        [MediaType.ociIndex, { artifactType: '' }, undefined],
      ] as const) {
        const { digest } = await refer('kinds', subject, { ...fields, annotations }, type);
        const one = listOf(await get(`/v2/kinds/referrers/${subject}`)).find(
          (it) => it['digest'] === digest,
        );
        assert.deepEqual([one?.['artifactType'], one?.['annotations']], [expected, annotations]);
      }
    },
  ],
  [
    'Listing Referrers',
    'an empty list, never 404, where there are none; 400 for what is no digest',
    async () => {
      for (const path of [
        `/v2/tags/referrers/${digestOf('none')}`,
        `/v2/none/referrers/${digestOf('none')}`,
      ]) {
        const got = await get(path);
        assert.deepEqual([got.status, listOf(got)], [200, []]);
      }
      for (const digest of [
        'sha256:1',
        'v1',
        `sha256:${'G'.repeat(64)}`,
        `md5:${'0'.repeat(32)}`,
      ]) {
        assert.equal((await get(`/v2/tags/referrers/${digest}`)).status, 400);
      }
    },
  ],
  [
    'Listing Referrers',
    'filtering is applied, and said so',
    async () => {
      const subject = digestOf('filter');
      const { digest } = await refer('filter', subject, { artifactType: 'application/a' });
      await refer('filter', subject, { artifactType: 'application/b' });
      const got = await get(`/v2/filter/referrers/${subject}?artifactType=application/a`);
      assert.equal(got.headers['oci-filters-applied'], 'artifactType');
      assert.deepEqual(
        listOf(got).map((one) => one['digest']),
        [digest],
      );
      const all = await get(`/v2/filter/referrers/${subject}`);
      assert.deepEqual([all.headers['oci-filters-applied'], listOf(all).length], [undefined, 2]);
      const none = await get(`/v2/filter/referrers/${subject}?artifactType=application/c`);
      assert.deepEqual([none.status, listOf(none)], [200, []]);
      assert.equal(none.headers['oci-filters-applied'], 'artifactType');
    },
  ],
  [
    'Listing Referrers',
    'more than fit into one answer come with links of RFC 5988, filters kept',
    async () => {
      const subject = digestOf('pages');
      const digests: string[] = [];
      for (let n = 0; n < 5; n += 1) {
        digests.push(
          (
            await refer('pages', subject, {
              artifactType: 'application/p',
              annotations: { n: `${n}` },
            })
          ).digest,
        );
        await refer('pages', subject, { annotations: { n: `${n}` } });
      }
      const seen: unknown[] = [];
      let path: string | undefined =
        `/v2/pages/referrers/${subject}?n=2&artifactType=application/p`;
      for (let pages = 0; path !== undefined; pages += 1) {
        assert.ok(pages < 4);
        const got: Answer = await get(path);
        assert.equal(got.headers['oci-filters-applied'], 'artifactType');
        seen.push(...listOf(got).map((one) => one['digest']));
        path = /^<(.+)>; rel="next"$/.exec(String(got.headers['link'] ?? ''))?.[1];
      }
      assert.deepEqual(seen, digests);
    },
  ],
  [
    'Enabling the Referrers API',
    'what was pushed for the referrers tag of older clients is listed all the same',
    async () => {
      const subject = digestOf('older');
      const { digest, size } = await refer('older', subject, {});
      const index = JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: [{ mediaType: MediaType.ociManifest, digest, size }],
      });
      const tag = subject.replace(':', '-');
      assert.equal((await registry.manifest('older', tag, index, MediaType.ociIndex)).status, 201);
      assert.equal((await get(`/v2/older/manifests/${tag}`)).text, index);
      assert.deepEqual(
        listOf(await get(`/v2/older/referrers/${subject}`)).map((one) => one['digest']),
        [digest],
      );
    },
  ],
  [
    'Deleting tags',
    '202, then 404 by the tag; the manifest and other tags stay',
    async () => {
      const digest = await registry.image('untag', 'a');
      await registry.image('untag', 'b');
      assert.equal((await registry.send('DELETE', '/v2/untag/manifests/a')).status, 202);
      const left = ['a', 'b', digest].map(
        async (one) => (await get(`/v2/untag/manifests/${one}`)).status,
      );
      assert.deepEqual(await Promise.all(left), [404, 200, 200]);
      assert.equal((await registry.send('DELETE', '/v2/untag/manifests/a')).status, 404);
    },
  ],
  [
    'Deleting Manifests',
    '202, then 404 by digest and by every tag; 404 in a repository that is not there',
    async () => {
      const digest = await registry.image('remove', 'a');
      await registry.image('remove', 'b');
      assert.equal((await registry.send('DELETE', `/v2/remove/manifests/${digest}`)).status, 202);
      for (const one of ['a', 'b', digest]) {
        const got = await get(`/v2/remove/manifests/${one}`);
        assert.deepEqual([got.status, got.code], [404, 'MANIFEST_UNKNOWN']);
      }
      const none = await registry.send('DELETE', `/v2/none/manifests/${digest}`);
      assert.deepEqual([none.status, none.code], [404, 'NAME_UNKNOWN']);
    },
  ],
  [
    'Deleting Blobs',
    '202, then 404; 404 for what is not there',
    async () => {
      const digest = await registry.blob('blobs-of', 'some');
      const ask = (method: string): Promise<Answer> =>
        registry.send(method, `/v2/blobs-of/blobs/${digest}`);
      assert.equal((await ask('DELETE')).status, 202);
      assert.deepEqual([(await ask('GET')).status, (await ask('HEAD')).status], [404, 404]);
      const again = await ask('DELETE');
      assert.deepEqual([again.status, again.code], [404, 'BLOB_UNKNOWN']);
    },
  ],
  [
    'Content Management',
    'where deletion is off it is 405, for tags, manifests and blobs',
    async () => {
      await using fixed = await ServedRegistry.open({ readOnly: true });
      const digest = digestOf('x');
      for (const path of ['manifests/v1', `manifests/${digest}`, `blobs/${digest}`]) {
        const got = await fixed.send('DELETE', `/v2/app/${path}`);
        assert.deepEqual([got.status, got.code], [405, 'UNSUPPORTED']);
      }
    },
  ],
];

for (const [section, rule, check] of RULES) test(`spec "${section}": ${rule}`, check);
