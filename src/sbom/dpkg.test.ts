import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packagesIn } from './testing/memory-files.ts';

const STATUS = '/var/lib/dpkg/status';
const LIBC = `Package: libc6
Status: install ok installed
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Multi-Arch: same
Source: glibc
Version: 2.36-9
Description: GNU C Library: Shared libraries
 Contains the standard libraries.
Homepage: https://www.gnu.org/software/libc/libc.html
`;
const FORMAT = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n';

const nameAll = async (contents: Record<string, string>): Promise<string[]> =>
  (await packagesIn(contents)).packages.map(({ name, version, architecture }) =>
    [name, version, architecture].filter((part) => part !== undefined).join(' '),
  );

test('a package of dpkg has all that its record says', async () => {
  const { packages } = await packagesIn({ [STATUS]: LIBC });
  assert.deepEqual(packages, [
    {
      kind: 'deb',
      name: 'libc6',
      version: '2.36-9',
      architecture: 'amd64',
      source: { name: 'glibc' },
      maintainer: 'GNU Libc Maintainers <debian-glibc@lists.debian.org>',
      homepage: 'https://www.gnu.org/software/libc/libc.html',
      description: 'GNU C Library: Shared libraries',
      foundIn: STATUS,
    },
  ]);
});

test('packages of which only the configuration is left are not listed', async () => {
  const removed = 'Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n';
  const never = 'Package: never\nStatus: unknown ok not-installed\n';
  const half = 'Package: half\nStatus: install ok half-configured\nVersion: 2\n';
  assert.deepEqual(await nameAll({ [STATUS]: [removed, never, half].join('\n') }), ['half 2']);
});

test('the same package for two architectures is two packages', async () => {
  const other = LIBC.replace('amd64', 'i386');
  assert.deepEqual(await nameAll({ [STATUS]: `${LIBC}\n${other}` }), [
    'libc6 2.36-9 amd64',
    'libc6 2.36-9 i386',
  ]);
});

test('images without dpkg have a file for each package', async () => {
  const files = {
    '/var/lib/dpkg/status.d/base': 'Package: base-files\nVersion: 12.4\nArchitecture: amd64\n',
    '/var/lib/dpkg/status.d/base.md5sums': 'Package: no\nVersion: 1\n',
  };
  assert.deepEqual(await nameAll(files), ['base-files 12.4 amd64']);
});

test('a source with a version of its own keeps it', async () => {
  const text = 'Package: gcc\nVersion: 4:12.2.0-3\nSource: gcc-defaults (1.203)\n';
  const { packages } = await packagesIn({ [STATUS]: text });
  assert.deepEqual(packages[0]?.source, { name: 'gcc-defaults', version: '1.203' });
});

test('records without a proper name and version are passed over, and that is said', async () => {
  const text = `Package: a b\nVersion: 1\n\nPackage: x\nVersion: ${'9'.repeat(300)}\n\n${LIBC}`;
  const { packages, notRead } = await packagesIn({ [STATUS]: text });
  assert.deepEqual(
    packages.map(({ name }) => name),
    ['libc6'],
  );
  assert.deepEqual(notRead, [
    { path: STATUS, reason: 'a record without a proper name and version was passed over' },
  ]);
});

test('a list that is too large is named and not read', async () => {
  const { packages, notRead } = await packagesIn({ [STATUS]: Buffer.alloc(65 * 1024 * 1024) });
  assert.deepEqual(packages, []);
  assert.deepEqual(notRead, [{ path: STATUS, reason: 'it is larger than 67108864 bytes' }]);
});

const LICENSES: readonly (readonly [what: string, text: string, expected: string | undefined])[] = [
  [
    'of all its files',
    'Files: *\nLicense: GPL-2+\n text\n\nFiles: a\nLicense: Expat\n',
    'GPL-2.0-or-later AND MIT',
  ],
  [
    'to choose from',
    'Files: *\nLicense: Artistic or GPL-1+\n',
    'Artistic-1.0-Perl OR GPL-1.0-or-later',
  ],
  [
    'with an exception',
    'Files: *\nLicense: GPL-2+ with Libtool exception\n',
    'GPL-2.0-or-later WITH Libtool-exception',
  ],
  [
    'with an unknown exception',
    'Files: *\nLicense: GPL-2 with OpenSSL exception\n',
    'LicenseRef-GPL-2.0-only-with-OpenSSL-exception',
  ],
  ['whose text alone is there', 'License: GPL-2\n text\n', undefined],
];
for (const [what, text, expected] of LICENSES) {
  test(`the licence of a copyright file ${what} is ${expected}`, async () => {
    const { packages } = await packagesIn({
      [STATUS]: LIBC,
      '/usr/share/doc/libc6/copyright': `${FORMAT}\n${text}`,
    });
    assert.equal(packages[0]?.license, expected);
  });
}

test('a copyright file for people has no licence', async () => {
  const { packages } = await packagesIn({
    [STATUS]: LIBC,
    '/usr/share/doc/libc6/copyright': 'This is free software.\n\nFiles: *\nLicense: GPL-2\n',
  });
  assert.equal(packages[0]?.license, undefined);
});
