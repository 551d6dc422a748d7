import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cyclonedxDocument } from './cyclonedx.ts';
import { licenseOf } from './license.ts';
import type { Described, Package, PackageList } from './package.ts';
import { packageUrl } from './purl.ts';
import { spdxDocument } from './spdx.ts';
import { checkCyclonedx, checkSpdx } from './testing/check-documents.ts';

const ABOUT: Described = {
  name: 'example.com/app:v1',
  digest: `sha256:${'a'.repeat(64)}`,
  purl: 'pkg:docker/example.com/app@v1',
  created: new Date('2026-01-02T03:04:05.678Z'),
  toolVersion: '1.2.3',
};
const LIST: PackageList = {
  distro: { id: 'debian', version: '12', title: 'Debian GNU/Linux 12' },
  packages: [
    {
      kind: 'deb',
      name: 'libstdc++6',
      version: '12.2.0-14',
      architecture: 'amd64',
      source: { name: 'gcc-12' },
      maintainer: 'Debian GCC <debian-gcc@lists.debian.org>',
      license: 'GPL-3.0-only AND public-domain',
      homepage: 'https://gcc.gnu.org/',
      description: 'GNU Standard C++ Library v3',
      foundIn: '/var/lib/dpkg/status',
    },
    { kind: 'npm', name: '@a/b', version: '1.0.0', license: 'MIT', foundIn: '/x/package.json' },
    { kind: 'npm', name: 'c', version: '1', license: 'SEE LICENSE IN x', foundIn: '/c' },
    { kind: 'pypi', name: 'Foo_Bar', version: '1', license: 'MIT OR Zlib', foundIn: '/y' },
    { kind: 'pypi', name: 'foo-bar', version: '1', foundIn: '/z' },
  ],
  notRead: [{ path: '/var/lib/rpm/Packages', reason: 'not of SQLite' }],
};

test('spdxDocument() has all that SPDX 2.3 asks for', () => {
  assert.deepEqual(checkSpdx(spdxDocument(LIST, ABOUT)), []);
  assert.deepEqual(checkSpdx(spdxDocument({ packages: [], notRead: [] }, ABOUT)), []);
});

test('cyclonedxDocument() has all that CycloneDX 1.6 asks for', () => {
  assert.deepEqual(checkCyclonedx(cyclonedxDocument(LIST, ABOUT)), []);
  assert.deepEqual(checkCyclonedx(cyclonedxDocument({ packages: [], notRead: [] }, ABOUT)), []);
});

test('the same list gives the same document, and another one another name', () => {
  for (const make of [spdxDocument, cyclonedxDocument]) {
    const [one, same] = [make(LIST, ABOUT), make(structuredClone(LIST), ABOUT)];
    assert.deepEqual(one, same);
    const { documentNamespace, serialNumber } = one as Record<string, unknown>;
    const other = make({ ...LIST, packages: [] }, ABOUT) as Record<string, unknown>;
    assert.notEqual(
      other['documentNamespace'] ?? other['serialNumber'],
      documentNamespace ?? serialNumber,
    );
  }
});

test('spdxDocument() says what a reference to a licence stands for', () => {
  const { packages, hasExtractedLicensingInfos } = spdxDocument(LIST, ABOUT) as {
    packages: { name: string; licenseDeclared: string }[];
    hasExtractedLicensingInfos: { licenseId: string; extractedText: string }[];
  };
  const of = (name: string): string | undefined =>
    packages.find((one) => one.name === name)?.licenseDeclared;
  assert.equal(of('libstdc++6'), 'GPL-3.0-only AND LicenseRef-public-domain');
  const texts = new Map(
    hasExtractedLicensingInfos.map((one) => [one.licenseId, one.extractedText]),
  );
  assert.equal(texts.get('LicenseRef-public-domain'), 'public-domain');
  assert.equal(texts.get(of('c') ?? ''), 'SEE LICENSE IN x');
});

const EXPRESSIONS: readonly (readonly [text: string, expression: string])[] = [
  ['mit', 'MIT'],
  ['(MIT or  Apache-2.0) and zlib', '(MIT OR Apache-2.0) AND Zlib'],
  ['GPL-2.0-only with Classpath-exception-2.0', 'GPL-2.0-only WITH Classpath-exception-2.0'],
  ['LGPLv2+ and MIT', 'LicenseRef-LGPLv2-plus AND MIT'],
  ['LicenseRef-mine', 'LicenseRef-mine'],
];
for (const [text, expression] of EXPRESSIONS) {
  test(`licenseOf() reads ${JSON.stringify(text)} as ${expression}`, () => {
    assert.equal(licenseOf(text).expression, expression);
  });
}
for (const text of [
  'MIT Apache-2.0',
  'MIT AND',
  '(MIT',
  'MIT)',
  'OR',
  '(MIT) WITH LLVM-exception',
  'MIT WITH LLVM-exception WITH LLVM-exception',
  'see é',
]) {
  test(`licenseOf() takes ${JSON.stringify(text)} for one name`, () => {
    const { expression, references } = licenseOf(text);
    assert.match(expression, /^LicenseRef-[A-Za-z0-9.-]+$/);
    assert.deepEqual([...references], [[expression, text]]);
  });
}

test('names that come to the same characters are told apart', () => {
  assert.notEqual(licenseOf('a b').expression, licenseOf('a_b').expression);
});

const deb = (more: Partial<Package>): Package => ({
  kind: 'deb',
  name: 'a',
  version: '1',
  foundIn: '/x',
  ...more,
});
const URLS: readonly (readonly [found: Package, url: string])[] = [
  [
    deb({
      name: 'libstdc++6',
      version: '1:2~a+b',
      architecture: 'amd64',
      source: { name: 'gcc', version: '3' },
    }),
    'pkg:deb/debian/libstdc%2B%2B6@1:2~a%2Bb?arch=amd64&distro=debian-12&upstream=gcc%403',
  ],
  [
    deb({ kind: 'rpm', name: 'Bash', version: '1:5-2', source: { name: 'bash', version: '5-2' } }),
    'pkg:rpm/debian/Bash@5-2?distro=debian-12&epoch=1&upstream=bash-5-2.src.rpm',
  ],
  [deb({ kind: 'npm', name: '@a/b' }), 'pkg:npm/%40a/b@1'],
  [deb({ kind: 'pypi', name: 'Foo_Bar' }), 'pkg:pypi/foo-bar@1'],
];
for (const [found, url] of URLS) {
  test(`packageUrl() is ${url}`, () => {
    assert.equal(packageUrl(found, { id: 'debian', version: '12' }), url);
  });
}
