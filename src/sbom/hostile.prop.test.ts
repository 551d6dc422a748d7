import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { cyclonedxDocument } from './cyclonedx.ts';
import { spdxDocument } from './spdx.ts';
import { checkCyclonedx, checkSpdx } from './testing/check-documents.ts';
import { packagesIn, packagesOnDisk } from './testing/memory-files.ts';

const ABOUT = { name: 'app', created: new Date(0), toolVersion: '1' };
const PLACES = [
  '/var/lib/dpkg/status',
  '/var/lib/dpkg/status.d/x',
  '/usr/share/doc/a/copyright',
  '/lib/apk/db/installed',
  '/etc/os-release',
  '/node_modules/a/package.json',
  '/lib/a.dist-info/METADATA',
];
/** Pieces of the lists, and what does not belong there. */
const piece = fc.oneof(
  fc.constantFrom(
    'Package: a\n',
    'Version: 1\n',
    'Status: install ok installed\n',
    'Source: b (2)\n',
    '\n',
    'License: GPL-2+ and (MIT or ',
    ')\n',
    'Files: *\n',
    'Maintainer: A <b@c>\n',
    ' more\n',
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n',
    'P:a\n',
    'V:1\n',
    'L:MIT AND\n',
    'ID=a\n',
    'VERSION_ID="1"\n',
    'Name: a\n',
    '{"name":"a",',
    '}',
    '"version":"1"',
    ',"license":[{}]',
    ',"author":{"name":1}',
    'U:http://x/"\n',
    'A:\u0000\n',
  ),
  fc.string({ maxLength: 20, unit: 'binary' }),
);
const file = fc.oneof(
  fc.array(piece, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

test('whatever lists hold, reading them ends, and the documents are valid', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...PLACES), file), async (files) => {
      const list = await packagesIn(files);
      for (const { name, version } of list.packages) assert.doesNotMatch(name + version, /\s/);
      assert.deepEqual(checkSpdx(spdxDocument(list, ABOUT)), []);
      assert.deepEqual(checkCyclonedx(cyclonedxDocument(list, ABOUT)), []);
    }),
    { numRuns: 200 },
  );
});

test('whatever a database of rpm holds, nothing but a word about it comes out', async () => {
  const path = '/var/lib/rpm/rpmdb.sqlite';
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const data = Buffer.concat([Buffer.from('SQLite format 3\0'), bytes]);
      const { packages, notRead } = await packagesOnDisk({ [path]: data });
      assert.deepEqual(packages, []);
      assert.equal(notRead[0]?.path, path);
    }),
    { numRuns: 50 },
  );
});
