import assert from 'node:assert/strict';
import { END, header } from '../support/tar-blocks.ts';
import { hostileCases } from './house.ts';
import { bad, directory, file, good, link } from './layers.ts';

const octal = (number: string): string => `${Number(number).toString(8).padStart(7, '0')}\0`;
const SECOND = 1_000_000_000n;
const xattr = (name: string, value: Buffer | string): ReadonlyMap<string, Buffer> =>
  new Map([[name, Buffer.from(value as string)]]);
/** `cap_net_raw+ep`, in the form of version 2. */
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex');

hostileCases('kinds of files', [
  good(
    'a device of every sort',
    [
      [
        { path: 'null', type: 'char', mode: 0o666, device: { major: 1, minor: 3 } },
        { path: 'disk', type: 'block', mode: 0o600, device: { major: 8, minor: 0 } },
        { path: 'zero', type: 'block', device: { major: 0, minor: 0 } },
        { path: 'large', type: 'char', device: { major: 4095, minor: 1_048_575 } },
        { path: 'pipe', type: 'fifo', mode: 0o4622, uid: 5 },
      ],
    ],
    async ({ layers }) => {
      const lines = (await layers())[0] ?? [];
      assert.equal(lines.length, 5);
      assert.match(lines.find((line) => line.startsWith('/null ')) ?? '', /^\/null 20666 0:0 259 /);
      assert.match(lines.find((line) => line.startsWith('/pipe ')) ?? '', /^\/pipe 14622 5:0 0 /);
    },
  ),
  ...[
    ['4096', '0'],
    ['1', '1048576'],
    ['2097151', '0'],
  ].map(([major = '', minor = '']) =>
    bad(
      `the device ${major}:${minor}, beyond what Linux numbers`,
      /bad number/,
      Buffer.concat([
        header({ name: 'dev', flag: '3', major: octal(major), minor: octal(minor) }),
        END,
      ]),
    ),
  ),
  good(
    'bits that give rights, on all that can have them',
    [
      [
        file('suid', 'x', { mode: 0o4755 }),
        file('sgid', 'x', { mode: 0o2755, uid: 1000, gid: 1000 }),
        file('both', 'x', { mode: 0o7777, uid: 7 }),
        file('none', 'x', { mode: 0 }),
        directory('tmp', { mode: 0o1777 }),
        directory('shared', { mode: 0o2775, gid: 50 }),
        file('shared/x', 'x', { mode: 0o600 }),
        directory('closed', { mode: 0 }),
        file('closed/x'),
      ],
    ],
    async ({ layers }) =>
      assert.deepEqual(
        (await layers())[0]?.map((line) => line.split(' ').slice(0, 3).join(' ')),
        [
          '/both 107777 7:0',
          '/closed 40000 0:0',
          '/closed/x 100644 0:0',
          '/none 100000 0:0',
          '/sgid 102755 1000:1000',
          '/shared 42775 0:50',
          '/shared/x 100600 0:0',
          '/suid 104755 0:0',
          '/tmp 41777 0:0',
        ],
      ),
  ),
  good(
    'capabilities of a file',
    [
      [
        file('ping', 'x', {
          mode: 0o755,
          uid: 3,
          xattrs: xattr('security.capability', CAPABILITY),
        }),
      ],
    ],
    async ({ layers }) =>
      assert.match((await layers())[0]?.[0] ?? '', /security\.capability=01000002/),
  ),
  bad('capabilities that are none', /impossible attribute/, [
    file('x', 'x', { xattrs: xattr('security.capability', 'nonsense') }),
  ]),
  good(
    'an attribute in no name space, which is left out with a warning',
    [
      [
        file('x', 'x'.repeat(70_000), { xattrs: xattr('nowhere.x', 'y') }),
        directory('d', { xattrs: xattr('nowhere.x', 'y') }),
      ],
    ],
    async ({ layers, ran }) => {
      assert.match((await layers())[0]?.join('\n') ?? '', /^\/d [^\n]* "" \n.*x" $/);
      assert.match(ran.stderr, /^WARNING: .*"nowhere\.x".*\n$/);
    },
  ),
  bad('an attribute larger than any may be', /attribute/, [
    file('x', 'x', { xattrs: xattr('user.x', 'y'.repeat(70_000)) }),
  ]),
  bad('an attribute with a longer name than any may have', /attribute/, [
    file('x', 'x', { xattrs: xattr(`user.${'n'.repeat(300)}`, 'y') }),
  ]),
  bad('an attribute of users on a link', /attribute|operation/, [
    { ...link('l', 'x'), xattrs: xattr('user.x', 'y') },
  ]),
  good(
    'labels and sums of another machine, which are left out',
    [
      [
        file('x', 'x', {
          xattrs: new Map([
            ['security.selinux', Buffer.from('system_u:object_r:etc_t:s0\0')],
            ['security.ima', Buffer.from('0401', 'hex')],
            ['security.evm', Buffer.from('02', 'hex')],
            ['user.kept', Buffer.from([0, 255, 10])],
            ['user.__proto__', Buffer.from('p')],
          ]),
        }),
      ],
    ],
    async ({ layers }) =>
      assert.match((await layers())[0]?.[0] ?? '', / user\.__proto__=70 user\.kept=00ff0a$/),
  ),
  good(
    'owners up to the last but one',
    [[file('x', 'x', { uid: 2 ** 32 - 2, gid: 65_534 }), directory('d', { uid: 2 ** 31 })]],
    async ({ layers }) => {
      const [d = '', x = ''] = (await layers())[0] ?? [];
      assert.match(d, /^\/d \d+ 2147483648:0 /);
      assert.match(x, /^\/x \d+ 4294967294:65534 /);
    },
  ),
  ...[2 ** 32 - 1, 2 ** 32, 2 ** 40].map((uid) =>
    bad(`the owner ${uid}`, /owner beyond/, [file('x', 'x', { uid })]),
  ),
  ...[2 ** 32 - 1, 2 ** 32].map((gid) =>
    bad(`the group ${gid}`, /owner beyond/, [directory('x', { gid })]),
  ),
  good(
    'times before and far after ours, in all the forms that they have',
    [
      [
        file('epoch', 'x', { mtime: 0n }),
        file('before', 'x', { mtime: -1n }),
        file('war', 'x', { mtime: -1_000_000_000n * SECOND }),
        file('y2038', 'x', { mtime: (2n ** 31n + 5n) * SECOND + 7n }),
        file('y2500', 'x', { mtime: 16_725_225_600n * SECOND }),
        directory('d', { mtime: -5n * SECOND }),
        { ...link('l', 'x'), mtime: 2n ** 32n * SECOND },
      ],
    ],
    async ({ layers }) => {
      const lines = (await layers())[0] ?? [];
      assert.equal(lines.length, 7);
      assert.match(lines.find((line) => line.startsWith('/war ')) ?? '', / -1000000000 /);
    },
  ),
  good(
    'a time that no disk can hold',
    [[file('x', 'x', { mtime: 2n ** 62n * SECOND })]],
    async ({ names }) => assert.deepEqual(await names(), [['/x']]),
  ),
  good(
    'files with nothing in them, and a layer with nothing in it',
    [[file('empty', ''), directory('d')], [], [file('one', '1')]],
    async ({ names }) => assert.deepEqual(await names(), [['/d', '/empty'], [], ['/one']]),
  ),
  good(
    'two thousand small files in a hundred directories',
    [Array.from({ length: 2_000 }, (_, at) => file(`d${at % 100}/f${at}`, String(at)))],
    async ({ names }) => assert.equal((await names())[0]?.length, 2_100),
  ),
  good(
    'one directory with many names that begin alike',
    [Array.from({ length: 500 }, (_, at) => file(`${'same'.repeat(50)}${at}`, ''))],
    async ({ names }) => assert.equal((await names())[0]?.length, 500),
  ),
  good(
    'passwords of a pipe, a link and a device, which nobody reads at load',
    [
      [
        { path: 'etc/passwd', type: 'fifo' },
        link('etc/group', '/dev/zero'),
        { path: 'etc/shadow', type: 'char', device: { major: 1, minor: 5 } },
      ],
    ],
    async ({ names }) =>
      assert.deepEqual(await names(), [['/etc', '/etc/group', '/etc/passwd', '/etc/shadow']]),
  ),
  good(
    'programs that are called like those that unpack',
    [
      ['tar', 'xz', 'bzip2', 'gzip', 'zstd', 'unpigz'].map((name) =>
        file(`bin/${name}`, '#!/bin/sh\ntouch /canary\n', { mode: 0o755 }),
      ),
    ],
    async ({ names }) => assert.equal((await names())[0]?.length, 7),
  ),
]);
