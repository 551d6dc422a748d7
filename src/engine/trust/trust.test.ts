import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putIndex, putRemote } from '../../../test/support/remote-image.ts';
import { fixture, recordedSignature, SIGNED, THEN } from '../../../test/support/trust/fixtures.ts';
import { newPair, type TrustHouse, trustHouse } from '../../../test/support/trust/trust-house.ts';
import { MediaType } from '../../oci/media-types.ts';
import { JWS, NOTATION } from '../../trust/notation.ts';
import { SIGNATURE_ANNOTATION, SIMPLE_SIGNING } from '../../trust/simple-signing.ts';
import type { VerifyRequest } from '../trust-types.ts';
import { signatureTag } from './signatures.ts';

const OWN = newPair('own');
const OTHER = newPair('other');

/** Puts an image under `app:v1` and returns how it is verified. */
async function signedApp(
  at: TrustHouse,
  request: { referrer?: boolean; annotations?: Record<string, string> } = {},
): Promise<VerifyRequest & { digest: string }> {
  const name = `${at.registry.host}/app:v1`;
  const { digest } = putRemote(at.registry, 'app', 'v1');
  await at.engine.trust.sign({ name, key: OWN.key, ...request });
  return { name, anchors: [OWN.pub], digest };
}

/** The signatures under the tag, changed. */
function changeSignatures(
  { registry }: TrustHouse,
  digest: string,
  change: (layers: { digest: string; size: number; annotations: object }[]) => object[],
): void {
  const tag = `sha256-${digest.slice(7)}.sig`;
  const manifest = JSON.parse(registry.manifests.get(`app/${tag}`)?.data.toString() ?? '') as {
    layers: { digest: string; size: number; annotations: object }[];
  };
  const changed = { ...manifest, layers: change(manifest.layers) };
  registry.tag('app', tag, changed, MediaType.ociManifest);
}

for (const [form, options] of [
  ['a tag', {}],
  ['a referrer', { referrer: true }],
] as const) {
  for (const referrers of [true, false]) {
    const where = referrers ? 'a registry that knows referrers' : 'one that does not';
    test(`verify() finds what sign() attached as ${form}, at ${where}`, async () => {
      await using at = await trustHouse({ referrers });
      const app = await signedApp(at, { ...options, annotations: { stage: 'prod' } });
      const annotations = { stage: 'prod' };
      const found = await at.engine.trust.verify({ ...app, annotations });
      assert.equal(found.name, `${at.registry.host}/app@${app.digest}`);
      const [signature, ...more] = found.signatures;
      assert.deepEqual(more, []);
      assert.equal(signature?.signer, 'own.pub');
      assert.equal(signature.annotations['stage'], 'prod');
      const wrong = { ...app, annotations: { stage: 'test' } };
      await assert.rejects(at.engine.trust.verify(wrong), /it does not say stage=test/);
    });
  }
}

test('sign() adds to what others signed, and adds nothing twice', async () => {
  await using at = await trustHouse();
  const { name } = await signedApp(at);
  const { trust } = at.engine;
  const [again] = await trust.sign({ name, key: OWN.key });
  assert.equal(again?.isNew, false);
  const [other] = await trust.sign({ name, key: OTHER.key });
  assert.equal(other?.isNew, true);
  const both = await trust.verify({ name, anchors: [OWN.pub, OTHER.pub] });
  assert.deepEqual(
    both.signatures.map(({ signer }) => signer),
    ['other.pub', 'own.pub'],
  );
  assert.equal((await trust.verify({ name, anchors: [OTHER.pub] })).signatures.length, 1);
});

test('sign() at the same time loses no signature, where the registry heeds conditions', async () => {
  await using at = await trustHouse({ etags: true });
  const { name } = await signedApp(at);
  const pairs = ['a', 'b', 'c', 'd'].map(newPair);
  const { trust } = at.engine;
  await Promise.all(pairs.map(({ key }) => trust.sign({ name, key })));
  const anchors = pairs.map(({ pub }) => pub);
  assert.equal((await trust.verify({ name, anchors })).signatures.length, 4);
});

test('sign() signs an index, and with recursive each image of it', async () => {
  await using at = await trustHouse();
  const { registry, engine } = at;
  const one = putRemote(registry, 'app', 'one');
  const two = putRemote(registry, 'app', 'two', { architecture: 's390x' });
  const index = putIndex(registry, 'app', 'all', [one, two]);
  const name = `${registry.host}/app:all`;
  const signed = await engine.trust.sign({ name, key: OWN.key, recursive: true });
  assert.deepEqual(
    signed.map(({ digest }) => digest),
    [index, one.digest, two.digest],
  );
  for (const tag of ['all', 'one', 'two']) {
    await engine.trust.verify({ name: `${registry.host}/app:${tag}`, anchors: [OWN.pub] });
  }
});

test('verify() tells an image without signatures from one that others signed', async () => {
  await using at = await trustHouse();
  const app = await signedApp(at);
  const { trust } = at.engine;
  await assert.rejects(trust.verify({ ...app, anchors: [OTHER.pub] }), {
    code: 'UNTRUSTED',
    isSigned: true,
    message: `${app.name} is not trusted: its signature does not count: it was made with another key`,
  });
  putRemote(at.registry, 'other', 'v1');
  const name = `${at.registry.host}/other:v1`;
  await assert.rejects(trust.verify({ name, anchors: [OWN.pub] }), {
    code: 'UNTRUSTED',
    isSigned: false,
    message: `${name} is not signed: its registry has no signature`,
  });
});

test('verify() refuses a signature of another image, and one made for another name', async () => {
  await using at = await trustHouse();
  const { registry, engine } = at;
  const app = await signedApp(at);
  const other = putRemote(registry, 'app', 'v2', { architecture: 's390x' });
  const list = registry.manifests.get(`app/sha256-${app.digest.slice(7)}.sig`);
  assert.ok(list);
  registry.tag('app', `sha256-${other.digest.slice(7)}.sig`, list.data, list.mediaType);
  const second = { name: `${registry.host}/app:v2`, anchors: [OWN.pub] };
  await assert.rejects(engine.trust.verify(second), /it is about sha256:/);

  const moved = putRemote(registry, 'moved', 'v1');
  const links = Array.from(registry.links, (link) => link.replace('app/', 'moved/'));
  for (const link of links) registry.links.add(link);
  registry.tag('moved', `sha256-${moved.digest.slice(7)}.sig`, list.data, list.mediaType);
  const third = { name: `${registry.host}/moved:v1`, anchors: [OWN.pub] };
  await assert.rejects(engine.trust.verify(third), /it was made for "127\.0\.0\.1:\d+\/app"/);
  await engine.trust.verify({ ...third, identity: `${registry.host}/app` });
});

test('verify() refuses payloads that are tampered with, huge, cut or gone', async () => {
  await using at = await trustHouse();
  const { registry, engine } = at;
  const { digest, ...app } = await signedApp(at);
  const refuses = (why: RegExp): Promise<void> => assert.rejects(engine.trust.verify(app), why);
  const payload = [...registry.blobs].find(([, data]) => data.includes('docker-reference'));
  assert.ok(payload);
  const [name, data] = payload;

  registry.blobs.set(name, Buffer.from(data.toString().replace('app', 'apq')));
  await refuses(/content from .* expected sha256:/);
  registry.blobs.set(name, data.subarray(0, 50));
  await refuses(/ends after 50 of \d+ bytes/);
  registry.blobs.set(name, data);
  await engine.trust.verify(app);

  const evil = registry.add('app', Buffer.from(data.toString().replace('app', 'apq')), '');
  changeSignatures(at, digest, ([layer]) => [{ ...layer, ...evil, mediaType: SIMPLE_SIGNING }]);
  await refuses(/it was made with another key/);
  const huge = registry.add('app', Buffer.alloc(1024 * 1024, ' '), '');
  changeSignatures(at, digest, ([layer]) => [{ ...layer, ...huge, mediaType: SIMPLE_SIGNING }]);
  registry.log.length = 0;
  await refuses(/it is larger than 262144 bytes/);
  assert.equal(registry.count(/blobs/), 0);
  const own = { digest: name, size: data.length, mediaType: SIMPLE_SIGNING };
  changeSignatures(at, digest, () => [{ ...own, annotations: {} }]);
  await refuses(/the signature is not base64/);
  registry.tag('app', `sha256-${digest.slice(7)}.sig`, Buffer.from('{'), MediaType.ociManifest);
  await refuses(/^[^\n]*not valid JSON[^\n]*$/);
});

test('verify() looks at the newest hundred of many signatures', async () => {
  await using at = await trustHouse();
  const { registry, engine } = at;
  const { digest, ...app } = await signedApp(at);
  const others = Array.from({ length: 300 }, (_, at_) => {
    const node = registry.add('app', Buffer.from(`{"n":${at_}}`), SIMPLE_SIGNING);
    return { ...node, annotations: { [SIGNATURE_ANNOTATION]: 'AAAA' } };
  });
  let own: object[] = [];
  changeSignatures(at, digest, (layers) => [...(own = layers), ...others]);
  registry.log.length = 0;
  await assert.rejects(engine.trust.verify(app), /none of the newest 100 signatures counts/);
  assert.equal(registry.count(/GET .*blobs/), 100);
  changeSignatures(at, digest, () => [...others, ...own]);
  assert.equal((await engine.trust.verify(app)).signatures.length, 1);
});

test('verify() accepts what cosign and notation signed, as it was recorded', async () => {
  let now = THEN;
  await using at = await trustHouse({ referrers: true }, { now: () => now });
  const { registry, engine } = at;
  const config = registry.add('app', fixture('image.config'), MediaType.ociConfig);
  assert.equal(registry.tag('app', 'v1', fixture('image.manifest'), MediaType.ociManifest), SIGNED);
  assert.ok(registry.blobs.has(config.digest));
  const name = `${registry.host}/app:v1`;
  const empty = registry.add('app', Buffer.from('{}'), MediaType.ociEmpty);
  const subject = { mediaType: MediaType.ociManifest, digest: SIGNED, size: 260 };
  const put = (tag: string, type: string, file: string, annotations?: object): void => {
    const layer = { ...registry.add('app', fixture(file), type), annotations };
    const artifact = tag.endsWith('.sig') ? {} : { artifactType: type, subject };
    const base = { schemaVersion: 2, mediaType: MediaType.ociManifest, config: empty };
    registry.tag('app', tag, { ...base, ...artifact, layers: [layer] }, MediaType.ociManifest);
  };
  const pub = { name: 'cosign.pub', pem: fixture('cosign.pub') };
  put('bundle', 'application/vnd.dev.sigstore.bundle.v0.3+json', 'cosign.bundle');
  const bundled = await engine.trust.verify({ name, anchors: [pub] });
  assert.equal(bundled.signatures[0]?.format, 'bundle');
  put(signatureTag(SIGNED), SIMPLE_SIGNING, 'cosign.payload', {
    [SIGNATURE_ANNOTATION]: recordedSignature(),
  });
  const identity = '127.0.0.1:5571/team/app';
  const found = await engine.trust.verify({ name, anchors: [pub], identity });
  assert.deepEqual(
    found.signatures.map(({ format }) => format),
    ['cosign'],
  );
  const layer = { ...registry.add('app', fixture('notation.jws'), ''), mediaType: JWS };
  const artifact = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    artifactType: NOTATION,
    config: empty,
    layers: [layer],
    subject,
  };
  registry.tag('app', 'notation', artifact, MediaType.ociManifest);
  const anchors = [{ name: 'ca.crt', pem: fixture('notation.crt') }];
  const notation = await engine.trust.verify({ name, anchors, annotations: { env: 'prod' } });
  assert.equal(notation.signatures[0]?.format, 'notation');
  now = new Date('2027-01-01T00:00:00Z');
  await assert.rejects(engine.trust.verify({ name, anchors }), /expired on 2026-11-22/);
});
