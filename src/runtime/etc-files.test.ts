import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsFile, resolvConf } from './etc-files.ts';

test('hostsFile() lists localhost, added hosts and the container itself', () => {
  const lines = hostsFile({
    hostname: 'c0ffee',
    address: '10.0.0.2',
    extraHosts: ['db:10.0.0.9', 'six=fd00::1'],
  }).split('\n');
  assert.equal(lines[0], '127.0.0.1\tlocalhost');
  assert.deepEqual(lines.slice(-4), ['10.0.0.9\tdb', 'fd00::1\tsix', '10.0.0.2\tc0ffee', '']);
});

test("hostsFile() starts from the machine's own file where it is given", () => {
  assert.equal(
    hostsFile({ host: '127.0.0.1 me', extraHosts: ['a:1.2.3.4'] }),
    '127.0.0.1 me\n1.2.3.4\ta\n',
  );
});

test('resolvConf() leaves name servers of the machine itself out for other networks', () => {
  const host = 'nameserver 127.0.0.53\nnameserver 9.9.9.9\nsearch lan\n';
  assert.equal(resolvConf(host, 'none'), 'nameserver 9.9.9.9\nsearch lan\n');
  assert.equal(resolvConf(host, 'host'), host);
});
