import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnknownUserError } from './errors.ts';
import { resolveUser } from './user.ts';

const PASSWD = Buffer.from(`root:x:0:0:root:/root:/bin/sh
# comment
app:x:1000:1001:App:/home/app:/bin/sh
1000000:x:0:0::/:/bin/sh
nohome:x:7:8:::
big:x:4294967296:0::/:/bin/sh
`);
const GROUP = Buffer.from(`root:x:0:
app:x:1001:
wheel:x:10:root,app
video:x:44:app
4242:x:0:
`);

const resolve = (spec: string): unknown => resolveUser(spec, PASSWD, GROUP);

test('resolveUser() takes root and the groups that list it for an empty text', () => {
  assert.deepEqual(resolve(''), { uid: 0, gid: 0, additionalGids: [10], home: '/root' });
});

test('resolveUser() finds a name with its group, home and further groups', () => {
  assert.deepEqual(resolve('app'), {
    uid: 1000,
    gid: 1001,
    additionalGids: [10, 44],
    home: '/home/app',
  });
});

test('resolveUser() drops further groups when a group is given', () => {
  assert.deepEqual(resolve('app:video'), {
    uid: 1000,
    gid: 44,
    additionalGids: [],
    home: '/home/app',
  });
});

test('resolveUser() takes a number without an entry as it is', () => {
  assert.deepEqual(resolveUser('4711:4712', undefined, undefined), {
    uid: 4711,
    gid: 4712,
    additionalGids: [],
    home: '/',
  });
});

test('resolveUser() gives a number the group and home of its entry', () => {
  assert.deepEqual(resolve('1000'), {
    uid: 1000,
    gid: 1001,
    additionalGids: [10, 44],
    home: '/home/app',
  });
});

test('resolveUser() never looks a number up as a name', () => {
  assert.deepEqual(resolve('1000000'), { uid: 1000000, gid: 0, additionalGids: [], home: '/' });
  assert.deepEqual(resolve('app:4242'), {
    uid: 1000,
    gid: 4242,
    additionalGids: [],
    home: '/home/app',
  });
});

test('resolveUser() uses / where the entry names no home', () => {
  assert.deepEqual(resolve('nohome'), { uid: 7, gid: 8, additionalGids: [], home: '/' });
});

test('resolveUser() refuses numbers that do not fit, however they are written', () => {
  for (const spec of [
    '4294967296',
    '4294967295',
    '-1',
    'app:4294967296',
    'big',
    '18446744073709551616',
  ]) {
    assert.throws(() => resolve(spec), UnknownUserError, spec);
  }
  assert.deepEqual(resolve('4294967294'), {
    uid: 4294967294,
    gid: 0,
    additionalGids: [],
    home: '/',
  });
});

test('resolveUser() says which name it cannot find', () => {
  assert.throws(() => resolve('nosuchuser'), {
    message: 'unable to find user nosuchuser: no matching entries in passwd file',
    exitCode: 125,
  });
  assert.throws(() => resolve('app:nosuchgroup'), {
    message: 'unable to find group nosuchgroup: no matching entries in group file',
  });
});
