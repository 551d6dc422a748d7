import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { AttestRequest } from '../../engine/attestation-types.ts';
import { fakeEngine } from '../testing/fake-engine.ts';
import { type CliOptions, type CliResult, runCli } from '../testing/run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'stave-sbom-'));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'p.json'), '{"a":1}');
writeFileSync(join(folder, 'k.key'), 'a key');

const run = (args: readonly string[], options: CliOptions = {}): Promise<CliResult> =>
  runCli(args, { engine: fakeEngine().engine, cwd: folder, ...options });

/** What `attest` asked of the engine. */
async function asked(...args: string[]): Promise<AttestRequest> {
  const { engine } = fakeEngine();
  const requests: AttestRequest[] = [];
  const { attestations } = engine;
  const attest: typeof attestations.attest = (request, options) => {
    requests.push(request);
    return attestations.attest(request, options);
  };
  const { stderr } = await run(['attest', ...args, 'app'], {
    engine: { ...engine, attestations: { ...attestations, attest } },
  });
  assert.equal(stderr, '');
  return requests[0]!;
}

test('sbom prints a table, with a dash for what is not known', async () => {
  const { stdout, code } = await run(['sbom', 'app']);
  assert.equal(
    stdout,
    'NAME       VERSION   TYPE      ARCH      LICENSE\n' +
      'libc6      2.36-9    deb       amd64     LGPL-2.1-or-later\n' +
      'left-pad   1.3.0     npm       -         -\n',
  );
  assert.equal(code, 0);
});

test('sbom writes a document into a file, no later than SOURCE_DATE_EPOCH', async () => {
  const { stdout } = await run(['sbom', '--format', 'spdx-json', '-o', 'out.json', 'app'], {
    env: { SOURCE_DATE_EPOCH: '5' },
  });
  assert.equal(stdout, '');
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')), {
    format: 'spdx-json',
    sourceDateEpoch: 5,
  });
});

test('sbom --attached prints the document as it is', async () => {
  const { stdout } = await run(['sbom', '--attached', 'app']);
  assert.deepEqual(JSON.parse(stdout), { attached: true });
});

test('attest knows the short names of types, and takes any URI', async () => {
  const bytes = Buffer.from('{"a":1}');
  for (const [typed, type] of [
    ['spdxjson', 'https://spdx.dev/Document'],
    ['slsaprovenance1', 'https://slsa.dev/provenance/v1'],
    ['https://example.com/x', 'https://example.com/x'],
  ] as const) {
    const { predicate } = await asked('--predicate', 'p.json', '--type', typed);
    assert.deepEqual(predicate, { type, bytes, name: 'p.json' });
  }
});

test('attest --sbom is SPDX unless it is to be CycloneDX', async () => {
  assert.deepEqual((await asked('--sbom')).predicate, { sbom: 'spdx-json' });
  const { predicate, key } = await asked('--sbom', '--type=cyclonedx', '--key', 'k.key');
  assert.deepEqual(predicate, { sbom: 'cyclonedx-json' });
  assert.equal(key?.name, 'k.key');
});

const REFUSED: readonly (readonly [args: string, message: RegExp])[] = [
  ['attest app', /nothing to say: --predicate is missing/],
  ['attest --sbom --predicate p.json app', /exclude each other/],
  ['attest --predicate p.json app', /--type is missing/],
  ['attest --predicate p.json --type spdx app', /unknown type of statement "spdx"/],
  ['attest --predicate none.json --type vuln app', /none\.json.*no such file/],
  ['attest --sbom --type vuln app', /--sbom is of --type spdxjson or cyclonedx/],
  ['attest --sbom --referrer app', /--key is missing/],
  ['attest --sbom --key k.key --referrer --replace app', /leave --referrer out/],
  ['sbom --attached --format table app', /not a table/],
  ['sbom --format spdx app', /must be one of table, spdx-json, cyclonedx-json/],
  ['sbom -o none/x app', /failed to write the list of packages/],
];
for (const [args, message] of REFUSED) {
  test(`refused: ${args}`, async () => {
    const { stdout, stderr, code } = await run(args.split(' '));
    assert.match(stderr, message);
    assert.equal(stdout, '');
    assert.notEqual(code, 0);
  });
}
