import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packagesIn } from './testing/memory-files.ts';

test('packages of apk are read with what they were made from', async () => {
  const text =
    'C:Q1abc=\nP:musl-utils\nV:1.2.5-r0\nA:x86_64\nT:the musl utilities\nU:https://musl.libc.org/\n' +
    'L:MIT AND BSD-2-Clause\no:musl\nm:A B <a@example.com>\nF:sbin\nR:ldconfig\na:0:0:755\n\n';
  const { packages } = await packagesIn({ '/lib/apk/db/installed': text });
  assert.deepEqual(packages, [
    {
      kind: 'apk',
      name: 'musl-utils',
      version: '1.2.5-r0',
      architecture: 'x86_64',
      source: { name: 'musl' },
      maintainer: 'A B <a@example.com>',
      license: 'MIT AND BSD-2-Clause',
      homepage: 'https://musl.libc.org/',
      description: 'the musl utilities',
      foundIn: '/lib/apk/db/installed',
    },
  ]);
});

test('a module that npm has put in several places is listed once', async () => {
  const text = JSON.stringify({ name: '@a/b', version: '1.0.0', license: 'MIT' });
  const { packages } = await packagesIn({
    '/app/node_modules/c/node_modules/@a/b/package.json': text,
    '/app/node_modules/@a/b/package.json': text,
  });
  assert.deepEqual(packages, [
    {
      kind: 'npm',
      name: '@a/b',
      version: '1.0.0',
      license: 'MIT',
      foundIn: '/app/node_modules/@a/b/package.json',
    },
  ]);
});

test('descriptions that are none of a module are not read', async () => {
  const text = JSON.stringify({ name: 'x', version: '1' });
  const { packages } = await packagesIn({
    '/app/package.json': text,
    '/app/node_modules/.bin/package.json': text,
    '/app/node_modules/x/lib/package.json': text,
    '/app/node_modules/y/package.json': JSON.stringify({ type: 'module' }),
  });
  assert.deepEqual(packages, []);
});

test('old forms of licences and authors of modules are understood', async () => {
  const { packages } = await packagesIn({
    '/node_modules/a/package.json': JSON.stringify({
      name: 'a',
      version: '1.0.0',
      licenses: [{ type: 'MIT', url: 'x' }, { type: 'GPL-2.0' }],
      author: { name: 'Jane', email: 'j@example.com' },
      homepage: 'javascript:alert(1)',
    }),
  });
  const [{ license, maintainer, homepage } = {}] = packages;
  assert.deepEqual(
    [license, maintainer, homepage],
    ['(MIT OR GPL-2.0)', 'Jane <j@example.com>', undefined],
  );
});

for (const [what, text] of [
  ['is no JSON', '{'],
  ['is nested without end', '['.repeat(5000)],
  ['has a name that is no text', JSON.stringify({ name: {}, version: '1' })],
] as const) {
  test(`a description of a module that ${what} is passed over, and that is said`, async () => {
    const good = JSON.stringify({ name: 'good', version: '1' });
    const { packages, notRead } = await packagesIn({
      '/node_modules/bad/package.json': text,
      '/node_modules/good/package.json': good,
    });
    assert.deepEqual([packages.length, notRead[0]?.path], [1, '/node_modules/bad/package.json']);
  });
}

test('distributions of Python are read from their metadata', async () => {
  const { packages } = await packagesIn({
    '/usr/lib/python3/dist-packages/Foo_Bar-1.2.dist-info/METADATA':
      'Metadata-Version: 2.1\nName: Foo_Bar\nVersion: 1.2\nLicense: MIT\nAuthor: X\n\nName: no\n',
  });
  assert.deepEqual(
    packages.map(({ name, version, license, maintainer }) => [name, version, license, maintainer]),
    [['Foo_Bar', '1.2', 'MIT', 'X']],
  );
});

test('the distribution is what os-release says', async () => {
  const text = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n';
  const { distro } = await packagesIn({ '/usr/lib/os-release': text });
  assert.deepEqual(distro, {
    id: 'debian',
    version: '12',
    title: 'Debian GNU/Linux 12 (bookworm)',
  });
});

test('an ID of a distribution that is none is not taken', async () => {
  const { distro } = await packagesIn({ '/etc/os-release': 'ID=../../x\n' });
  assert.equal(distro, undefined);
});
