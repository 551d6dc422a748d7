import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TestRegistry } from '../../../test/support/test-registry.ts';
import type { Manifest } from '../../oci/manifest.ts';
import { checkCyclonedx, checkSpdx } from '../../sbom/testing/check-documents.ts';
import { encodedForSigning } from '../../trust/dsse.ts';
import { generateKeyPair } from '../../trust/key-file.ts';
import type { AttestRequest } from '../attestation-types.ts';
import type { BuildRequest } from '../build-types.ts';
import type { Engine } from '../engine.ts';
import { openEngine } from '../open-engine.ts';

const root = process.getuid?.() === 0 ? {} : { skip: 'layers keep owners, which needs root' };
const STATUS = 'Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n';

interface House extends AsyncDisposable {
  readonly engine: Engine;
  readonly registry: TestRegistry;
  /** `host/app:v1`. */
  readonly name: string;
  build(request?: Partial<BuildRequest>): Promise<void>;
  /** A document of the repository, by tag or digest. */
  manifest(tag: string): Manifest & { readonly manifests: readonly { readonly digest: string }[] };
  statement(digest: string | undefined): Statement;
}

interface Statement {
  readonly predicateType: string;
  readonly predicate: { readonly packages?: readonly { readonly name: string }[] };
  readonly subject: readonly { readonly digest: { readonly sha256: string } }[];
}

async function house(t: TestContext, referrers = false): Promise<House> {
  const directory = mkdtempSync(join(tmpdir(), 'attest-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const context = join(directory, 'context');
  mkdirSync(join(context, 'tree/var/lib/dpkg'), { recursive: true });
  writeFileSync(join(context, 'tree/var/lib/dpkg/status'), STATUS);
  const registry = await TestRegistry.open({ referrers });
  const engine = await openEngine({
    root: join(directory, 'store'),
    version: '1.0',
    registries: { environment: { HOME: '/nonexistent' }, pause: 2, stall: 2000 },
  });
  const name = `${registry.host}/app:v1`;
  return {
    engine,
    registry,
    name,
    async build(request = {}) {
      const text = 'FROM scratch\nCOPY tree /';
      await engine.build({ context, dockerfile: { text }, tags: [name], ...request });
    },
    manifest(tag) {
      const found = registry.manifests.get(`app/${tag}`);
      assert.ok(found, tag);
      return JSON.parse(found.data.toString()) as ReturnType<House['manifest']>;
    },
    statement: (digest = '') =>
      JSON.parse(registry.blobs.get(digest)?.toString() ?? '{}') as Statement,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

/** A house with an image in its registry, and the key to sign with. */
async function pushed(t: TestContext, referrers = false): Promise<House & { digest: string }> {
  const made = await house(t, referrers);
  await made.build();
  const [{ digest } = { digest: '' }] = await made.engine.images.push({ name: made.name });
  return { ...made, digest };
}

const keys = generateKeyPair('secret');
async function signed(request: Omit<AttestRequest, 'key'>): Promise<AttestRequest> {
  const pem = Buffer.from((await keys).privateKey);
  return { ...request, key: { name: 'test.key', pem }, password: 'secret' };
}

const SPDX = { sbom: 'spdx-json' } as const;

for (const referrers of [true, false]) {
  const how = referrers ? 'with' : 'without';
  test(`a list of packages refers to its image, ${how} the registry's help`, root, async (t) => {
    await using made = await pushed(t, referrers);
    const { engine, name, digest } = made;
    const done = await engine.attestations.attest({ name, predicate: SPDX });
    assert.equal(done.digest, digest);
    const manifest = made.manifest(done.place.split('@')[1] ?? '');
    assert.equal(manifest.subject?.digest, digest);
    assert.equal(manifest.artifactType, 'application/vnd.in-toto+json');
    const { subject, predicateType, predicate } = made.statement(manifest.layers[0]?.digest);
    assert.equal(`sha256:${subject[0]?.digest.sha256}`, digest);
    assert.equal(predicateType, 'https://spdx.dev/Document');
    assert.deepEqual(checkSpdx(predicate), []);
    const attached = await engine.attestations.attached(name);
    assert.deepEqual(attached, { format: 'spdx-json', document: predicate, digest });
  });
}

test('with a key it is an envelope under the tag of cosign', root, async (t) => {
  await using made = await pushed(t);
  const { engine, name, digest, registry } = made;
  const tag = `${digest.replace(':', '-')}.att`;
  const done = await engine.attestations.attest(await signed({ name, predicate: SPDX }));
  assert.equal(done.place, `${registry.host}/app:${tag}`);
  const [layer] = made.manifest(tag).layers;
  assert.equal(layer?.mediaType, 'application/vnd.dsse.envelope.v1+json');
  assert.equal(layer?.annotations?.['predicateType'], 'https://spdx.dev/Document');
  const envelope = JSON.parse(registry.blobs.get(layer?.digest ?? '')?.toString() ?? '') as {
    payload: string;
    payloadType: string;
    signatures: { sig: string }[];
  };
  const body = encodedForSigning(envelope.payloadType, Buffer.from(envelope.payload, 'base64'));
  const signature = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64');
  assert.ok(verify('sha256', body, createPublicKey((await keys).publicKey), signature));
  const { document } = await engine.attestations.attached(name);
  assert.deepEqual(checkSpdx(document as object), []);
});

test(
  'attestations under the tag add up, and replace those of their type when asked',
  root,
  async (t) => {
    await using made = await pushed(t);
    const { engine, name, digest } = made;
    const types = (): (string | undefined)[] =>
      made
        .manifest(`${digest.replace(':', '-')}.att`)
        .layers.map(({ annotations }) => annotations?.['predicateType']);
    const other = { type: 'https://example.com/x', bytes: Buffer.from('{"a":1}'), name: 'x' };
    for (const predicate of [SPDX, other, SPDX]) {
      await engine.attestations.attest(await signed({ name, predicate }));
    }
    assert.deepEqual(types(), [
      'https://spdx.dev/Document',
      other.type,
      'https://spdx.dev/Document',
    ]);
    await engine.attestations.attest(await signed({ name, predicate: SPDX, replace: true }));
    assert.deepEqual(types(), [other.type, 'https://spdx.dev/Document']);
  },
);

test('a signed bundle refers to the image, and is found by its form', root, async (t) => {
  await using made = await pushed(t);
  const { engine, name } = made;
  const predicate = { sbom: 'cyclonedx-json' } as const;
  await engine.attestations.attest(await signed({ name, predicate, referrer: true }));
  await engine.attestations.attest({ name, predicate: SPDX });
  const { document, format } = await engine.attestations.attached(name, {
    format: 'cyclonedx-json',
  });
  assert.equal(format, 'cyclonedx-json');
  assert.deepEqual(checkCyclonedx(document as object), []);
});

test('an image that is not here is pulled for its list', root, async (t) => {
  await using made = await pushed(t);
  const { engine, name } = made;
  await engine.images.remove(name, { force: true });
  await engine.attestations.attest({ name, predicate: SPDX });
  const { document } = await engine.attestations.attached(name);
  const { packages } = document as { packages: { name: string }[] };
  assert.deepEqual(
    packages.map((one) => one.name),
    [name, 'a'],
  );
});

test('what is no predicate is refused, and nothing is attached', root, async (t) => {
  await using made = await pushed(t);
  const { engine, name, registry } = made;
  const before = registry.manifests.size;
  for (const [text, message] of [
    ['[]', /x\.json is no JSON object/],
    ['{', /x\.json is not valid JSON/],
    ['{"_type":"a","predicate":{}}', /x\.json is a whole statement/],
  ] as const) {
    const predicate = { type: 'https://example.com/x', bytes: Buffer.from(text), name: 'x.json' };
    await assert.rejects(engine.attestations.attest({ name, predicate }), message);
  }
  assert.equal(registry.manifests.size, before);
});

test('an image without a list is said to have none', root, async (t) => {
  await using made = await pushed(t);
  await assert.rejects(made.engine.attestations.attached(made.name), /has no list of packages/);
});

test(
  'a push of what was built with attestations takes them along, about what is pushed',
  root,
  async (t) => {
    await using made = await house(t);
    const { engine, name } = made;
    await made.build({ sbom: true, provenance: { mode: 'min', version: 'v1' } });
    await engine.images.push({ name });
    const { manifests } = made.manifest('v1');
    const [image, about] = manifests.map(({ digest }) => digest);
    const statements = made
      .manifest(about ?? '')
      .layers.map(({ digest }) => made.statement(digest));
    assert.deepEqual(
      statements.map(({ predicateType, subject }) => [
        predicateType,
        `sha256:${subject[0]?.digest.sha256}`,
      ]),
      [
        ['https://spdx.dev/Document', image],
        ['https://slsa.dev/provenance/v1', image],
      ],
    );
    const { document, digest } = await engine.attestations.attached(name);
    assert.equal(digest, image);
    assert.deepEqual(document, statements[0]?.predicate);
  },
);

test('attestations of a build can refer to the image, which is no index then', root, async (t) => {
  await using made = await house(t);
  const { engine, name } = made;
  const outputs = [{ type: 'image', push: true, store: false }] as const;
  await made.build({ sbom: true, referrers: true, outputs });
  assert.equal(made.manifest('v1').layers.length, 1);
  const { document } = await engine.attestations.attached(name);
  assert.deepEqual(checkSpdx(document as object), []);
});
