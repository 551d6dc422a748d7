import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, ServedRegistry } from '../../test/support/served-registry.ts';
import { digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';

const EMPTY = { mediaType: MediaType.ociEmpty, digest: digestOf('{}'), size: 2 };

/** The address in a `Link` header. */
function next({ headers }: Answer): string | undefined {
  return /^<([^>]+)>; rel="next"$/.exec(String(headers['link'] ?? ''))?.[1];
}

const manifestsOf = ({ text }: Answer) =>
  (JSON.parse(text) as { manifests: { digest: string; artifactType?: string }[] }).manifests;

test('spec "Listing Tags": in the order of bytes, by n and last, with a link to the rest', async () => {
  await using registry = await ServedRegistry.open();
  const digest = await registry.image('app', 'b');
  const { text: body } = await registry.send('GET', `/v2/app/manifests/${digest}`);
  for (const tag of ['a', 'B', '_c', '1.0', 'b-1']) await registry.manifest('app', tag, body);
  const all = ['1.0', 'B', '_c', 'a', 'b', 'b-1'];
  const cases: [query: string, tags: string[], link?: string][] = [
    ['', all],
    ['?n=2', ['1.0', 'B'], '/v2/app/tags/list?n=2&last=B'],
    ['?n=2&last=B', ['_c', 'a'], '/v2/app/tags/list?n=2&last=a'],
    ['?n=2&last=a', ['b', 'b-1']],
    ['?n=6', all],
    ['?last=C', ['_c', 'a', 'b', 'b-1']],
    ['?last=zzz', []],
    ['?n=0', []],
    ['?n=0&last=a', []],
  ];
  for (const [query, tags, link] of cases) {
    const got = await registry.send('GET', `/v2/app/tags/list${query}`);
    assert.deepEqual(
      [query, JSON.parse(got.text), next(got)],
      [query, { name: 'app', tags }, link],
    );
  }
  for (const n of ['-1', 'x', '1.5', '', '99999999999']) {
    assert.equal((await registry.send('GET', `/v2/app/tags/list?n=${n}`)).status, 400);
  }
});

test('a repository is there once it has a blob, and then has no tags', async () => {
  await using registry = await ServedRegistry.open();
  await registry.upload('begun');
  assert.equal((await registry.send('GET', '/v2/begun/tags/list')).status, 404);
  await registry.blob('begun', 'x');
  const got = await registry.send('GET', '/v2/begun/tags/list');
  assert.deepEqual(JSON.parse(got.text), { name: 'begun', tags: [] });
});

test('the catalogue lists repositories page by page', async () => {
  await using registry = await ServedRegistry.open();
  for (const name of ['b', 'a/x', 'a', 'a-b', 'a/blobs']) await registry.blob(name, name);
  const first = await registry.send('GET', '/v2/_catalog?n=3');
  assert.deepEqual(JSON.parse(first.text), { repositories: ['a', 'a-b', 'a/blobs'] });
  const rest = await registry.send('GET', next(first) ?? '');
  assert.deepEqual(JSON.parse(rest.text), { repositories: ['a/x', 'b'] });
  assert.equal(next(rest), undefined);
});

test('spec "Listing Referrers": what names a subject, with type and annotations, in push order', async () => {
  await using registry = await ServedRegistry.open();
  const subject = await registry.image('app', 'v1');
  await registry.blob('app', '{}');
  const of = { mediaType: MediaType.ociManifest, digest: subject, size: 1 };
  const image = { schemaVersion: 2, config: EMPTY, layers: [], subject: of };
  const pushed: [body: object, type: string, artifactType: string | undefined][] = [
    [
      { ...image, artifactType: 'application/x.sbom+json', annotations: { a: '1' } },
      MediaType.ociManifest,
      'application/x.sbom+json',
    ],
    [image, MediaType.ociManifest, MediaType.ociEmpty],
    [{ schemaVersion: 2, manifests: [], subject: of }, MediaType.ociIndex, undefined],
    [
      { schemaVersion: 2, manifests: [], subject: of, artifactType: 'application/x.list' },
      MediaType.ociIndex,
      'application/x.list',
    ],
  ];
  const expected = [];
  for (const [fields, type, artifactType] of pushed) {
    const body = JSON.stringify({ mediaType: type, ...fields });
    const put = await registry.manifest('app', digestOf(body), body, type);
    assert.deepEqual([put.status, put.headers['oci-subject']], [201, subject]);
    expected.push({
      mediaType: type,
      digest: digestOf(body),
      size: body.length,
      ...(artifactType !== undefined && { artifactType }),
      ...('annotations' in fields && { annotations: fields.annotations }),
    });
  }
  const path = `/v2/app/referrers/${subject}`;
  const all = await registry.send('GET', path);
  assert.equal(all.headers['content-type'], MediaType.ociIndex);
  assert.equal(all.headers['oci-filters-applied'], undefined);
  assert.deepEqual(JSON.parse(all.text), {
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: expected,
  });
  const filtered = await registry.send('GET', `${path}?artifactType=application%2Fx.sbom%2Bjson`);
  assert.equal(filtered.headers['oci-filters-applied'], 'artifactType');
  assert.deepEqual(manifestsOf(filtered), expected.slice(0, 1));
  const plain = await registry.send('GET', `${path}?artifactType=application/x.sbom+json`);
  assert.equal(plain.text, filtered.text);
  const page = await registry.send('GET', `${path}?n=3`);
  assert.deepEqual(manifestsOf(page), expected.slice(0, 3));
  assert.deepEqual(manifestsOf(await registry.send('GET', next(page) ?? '')), expected.slice(3));

  await registry.restart();
  await registry.send('DELETE', `/v2/app/manifests/${subject}`);
  const removed = await registry.send('DELETE', `/v2/app/manifests/${expected[1]?.digest}`);
  assert.equal(removed.status, 202);
  const left = await registry.send('GET', path);
  assert.deepEqual(manifestsOf(left), expected.toSpliced(1, 1));
});

test('referrers of what is not there are none, and never 404', async () => {
  await using registry = await ServedRegistry.open();
  await registry.blob('app', 'x');
  for (const name of ['app', 'none']) {
    const got = await registry.send('GET', `/v2/${name}/referrers/${digestOf('none')}`);
    assert.deepEqual([got.status, manifestsOf(got)], [200, []]);
  }
  const got = await registry.send('GET', '/v2/app/referrers/sha256:bad');
  assert.deepEqual([got.status, got.code], [400, 'DIGEST_INVALID']);
});

test('many large referrers come in several pages, none twice', async () => {
  await using registry = await ServedRegistry.open();
  await registry.blob('app', '{}');
  const subject = { mediaType: MediaType.ociManifest, digest: digestOf('subject'), size: 1 };
  const digests: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const annotations = { n: `${n}`.repeat(1_000_000) };
    const body = JSON.stringify({
      schemaVersion: 2,
      config: EMPTY,
      layers: [],
      subject,
      annotations,
    });
    await registry.manifest('app', `t${n}`, body);
    digests.push(digestOf(body));
  }
  const seen: string[] = [];
  let path: string | undefined = `/v2/app/referrers/${subject.digest}`;
  let pages = 0;
  for (; path !== undefined; pages += 1) {
    const got: Answer = await registry.send('GET', path);
    assert.ok(got.body.length <= 4 * 1024 * 1024);
    seen.push(...manifestsOf(got).map(({ digest }) => digest));
    path = next(got);
  }
  assert.deepEqual([seen, pages], [digests, 2]);
});
