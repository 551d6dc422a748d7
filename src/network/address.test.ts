import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  contains,
  formatAddress,
  formatCidr,
  networkOf,
  overlaps,
  parseAddress,
  parseCidr,
  type Cidr,
} from './address.ts';

const cidr = (text: string): Cidr => parseCidr(text) as Cidr;

test('parseAddress() refuses what is no address', () => {
  const wrong = ['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', '1.2.3.-4', '1.2.3.4 ', ':::'];
  const wrong6 = [
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7',
    '::1.2.3',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8:9',
  ];
  for (const text of [...wrong, ...wrong6]) assert.equal(parseAddress(text), undefined, text);
});

test('formatAddress() writes IPv6 as RFC 5952 wants it', () => {
  const pairs = [
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
    ['fd00::', 'fd00::'],
  ] as const;
  for (const [typed, shown] of pairs) {
    const address = parseAddress(typed);
    assert.ok(address, typed);
    assert.equal(formatAddress(address), shown);
  }
});

test('parseCidr() refuses prefixes that are none', () => {
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '/8',
    '::/129',
    '10.0.0.0/-1',
  ]) {
    assert.equal(parseCidr(text), undefined, text);
  }
});

test('networkOf() takes the bits of hosts away', () => {
  assert.equal(formatCidr(networkOf(cidr('10.1.2.3/20'))), '10.1.0.0/20');
});

test('overlaps() and contains() do not mix families', () => {
  assert.equal(overlaps(cidr('0.0.0.0/0'), cidr('::/0')), false);
  assert.equal(contains(cidr('::/0'), cidr('10.0.0.0/8')), false);
  assert.equal(overlaps(cidr('10.0.0.0/8'), cidr('10.255.0.0/16')), true);
  assert.equal(overlaps(cidr('10.0.0.0/16'), cidr('10.1.0.0/16')), false);
});
