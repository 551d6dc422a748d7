import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseIndex, parseManifest } from '../../oci/parse-manifest.ts';
import { checkSpdx } from '../../sbom/testing/check-documents.ts';
import type { BuildInput } from '../build-input.ts';
import { bench, root } from '../testing/bench.ts';
import type { Output } from './spec.ts';

const DOCKERFILE = 'FROM scratch\nRUN install\nRUN remove';
const SBOM = { toolVersion: '1.0' };
const at = (name: string, version: string): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n\n`;

interface Statement {
  readonly predicateType: string;
  readonly subject: readonly {
    readonly name: string;
    readonly digest: { readonly sha256: string };
  }[];
  readonly predicate: { readonly packages: readonly { readonly name: string }[] };
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sbom-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return join(path, 'out');
}

/** Two packages are installed, and one of them is removed. */
async function built(t: TestContext, output: Output, input: Partial<BuildInput>): Promise<void> {
  await bench(t).build(
    DOCKERFILE,
    { names: ['docker.io/library/app:1'], outputs: [output], ...input },
    async (_store, upper, { argv }) => {
      mkdirSync(`${upper}/var/lib/dpkg`, { recursive: true });
      const left = argv.at(-1) === 'install' ? at('b', '2') : '';
      writeFileSync(`${upper}/var/lib/dpkg/status`, at('a', '1') + left);
    },
  );
}

const read = (...path: string[]): Statement =>
  JSON.parse(readFileSync(join(...path), 'utf8')) as Statement;

test('a list of packages is attached beside the provenance, about the image', root, async (t) => {
  const directory = folder(t);
  const provenance = { mode: 'min', version: 'v1' } as const;
  await built(t, { type: 'oci', to: { directory } }, { sbom: SBOM, provenance });
  const blob = (digest: string): string => join(directory, 'blobs', digest.replace(':', '/'));
  const [entry] = parseIndex(readFileSync(join(directory, 'index.json'))).manifests;
  const [image, about] = parseIndex(readFileSync(blob(entry!.digest))).manifests;
  const { layers } = parseManifest(readFileSync(blob(about!.digest)));
  assert.deepEqual(
    layers.map(({ annotations }) => annotations?.['in-toto.io/predicate-type']),
    ['https://spdx.dev/Document', 'https://slsa.dev/provenance/v1'],
  );
  const { subject, predicate, predicateType } = read(blob(layers[0]!.digest));
  assert.equal(predicateType, 'https://spdx.dev/Document');
  assert.deepEqual(subject, [
    {
      name: 'pkg:docker/app@1?platform=linux%2Famd64',
      digest: { sha256: image?.digest.slice('sha256:'.length) },
    },
  ]);
  assert.deepEqual(checkSpdx(predicate), []);
  assert.deepEqual(
    predicate.packages.map(({ name }) => name),
    ['app:1', 'a'],
  );
});

test('with a source date two builds list the same bytes', root, async (t) => {
  const texts: string[] = [];
  for (let run = 0; run < 2; run += 1) {
    const directory = folder(t);
    const input = { sbom: SBOM, sourceDateEpoch: 1_600_000_000 };
    await built(t, { type: 'oci', to: { directory } }, input);
    texts.push(readFileSync(join(directory, 'index.json'), 'utf8'));
  }
  assert.equal(texts[0], texts[1]);
});

test('type=local has the list as a file, about the files', root, async (t) => {
  const directory = folder(t);
  await built(t, { type: 'local', directory }, { sbom: SBOM });
  assert.ok(readdirSync(directory).includes('sbom.spdx.json'));
  const { subject } = read(directory, 'sbom.spdx.json');
  assert.deepEqual(
    subject.map(({ name }) => name),
    ['var/lib/dpkg/status'],
  );
});

const REFUSED: readonly (readonly [output: Output, input: Partial<BuildInput>, message: RegExp])[] =
  [
    [{ type: 'image', push: true }, {}, /referrers: there are none to attach/],
    [{ type: 'image' }, { sbom: SBOM }, /are for what is pushed/],
    [
      { type: 'docker', to: { path: '/x' } },
      { sbom: SBOM, referrers: false },
      /no room for attestations/,
    ],
  ];
for (const [output, input, message] of REFUSED) {
  test(`attestations of a build are refused: ${message.source}`, async (t) => {
    await assert.rejects(built(t, output, { referrers: true, ...input }), message);
  });
}
