import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { StaveError } from '../base/errors.ts';
import {
  contains,
  formatAddress,
  formatCidr,
  lastOf,
  networkOf,
  overlaps,
  parseAddress,
  parseCidr,
  type Cidr,
} from './address.ts';
import { checkAttachment } from './allocate.ts';
import { defineNetwork } from './define.ts';
import { NetworkConflictError } from './errors.ts';
import { bridgeName, vethName } from './interfaces.ts';
import { chooseSubnet, freeAddress, isHost } from './pool.ts';
import { exposedPorts, parsePorts } from './port-spec.ts';
import { ruleset } from './rules.ts';

const v4 = fc.record({
  family: fc.constant(4 as const),
  value: fc.bigInt(0n, 2n ** 32n - 1n),
  prefix: fc.integer({ min: 0, max: 32 }),
});
const v6 = fc.record({
  family: fc.constant(6 as const),
  value: fc.bigInt(0n, 2n ** 128n - 1n),
  prefix: fc.integer({ min: 0, max: 128 }),
});
const around = (others: readonly Cidr[] = []): Parameters<typeof defineNetwork>[1] => ({
  id: 'ab'.repeat(32),
  storeId: '0123456789ab',
  now: 0,
  others,
  host: [],
});

test('parseCidr() reads what formatCidr() writes', () => {
  fc.assert(
    fc.property(fc.oneof(v4, v6), (range) => {
      assert.deepEqual(parseCidr(formatCidr(range)), { ...range });
    }),
    { numRuns: 200 },
  );
});

test('overlaps() is true exactly when an end of one is in the other', () => {
  fc.assert(
    fc.property(v4, v4, (a, b) => {
      const ends = (one: Cidr): bigint[] => [networkOf(one).value, lastOf(one)];
      const meets =
        ends(a).some((value) => contains(b, { family: 4, value })) ||
        ends(b).some((value) => contains(a, { family: 4, value }));
      assert.equal(overlaps(a, b), meets);
      assert.equal(overlaps(b, a), meets);
    }),
    { numRuns: 200 },
  );
});

test('parsePorts() gives ports in range, or an error for users, for any text', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '80',
      '0',
      '65535',
      '65536',
      '8000-8010',
      '8010-8000',
      '[::1]',
      '::1',
      '127.0.0.1',
      'tcp',
      'udp',
      '',
      '-',
      '1e3',
      '٣',
    ),
    fc.string({ maxLength: 6 }),
  );
  const text = fc
    .array(fc.tuple(piece, fc.constantFrom(':', '/', '-', '')), { maxLength: 5 })
    .map((pieces) => pieces.flat().join(''));
  fc.assert(
    fc.property(text, (typed) => {
      let specs;
      try {
        specs = parsePorts([typed]);
      } catch (error) {
        assert.ok(error instanceof StaveError, String(error));
        assert.ok(!error.message.includes('undefined'));
        return;
      }
      for (const { hostIp, hostPort, containerPort } of specs) {
        for (const port of [containerPort, ...[hostPort ?? 1].flat()]) {
          assert.ok(Number.isInteger(port) && port >= 1 && port <= 65535, typed);
        }
        if (hostIp !== undefined) {
          const address = parseAddress(hostIp);
          assert.ok(address && formatAddress(address) === hostIp);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('exposedPorts() bounds what an image says', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ maxLength: 12 }), fc.constant('1-65535/udp'))),
      (texts) => {
        assert.ok(exposedPorts(texts).length <= 20_000);
      },
    ),
    { numRuns: 100 },
  );
});

test('chooseSubnet() never overlaps with what is taken', () => {
  const pools = ['10.192.0.0/11', '172.16.0.0/12', '192.168.0.0/16'].map((text) => parseCidr(text));
  const blocks = pools.flatMap((pool) => {
    assert.ok(pool);
    const { value, prefix } = pool;
    const family = 4 as const;
    return Array.from({ length: 2 ** (20 - prefix) }, (_, index) =>
      networkOf({ family, value: value + (BigInt(index) << 12n), prefix: 20 }),
    );
  });
  const taken = fc.array(
    fc.tuple(
      fc.constantFrom(10n, 172n, 192n),
      fc.bigInt(0n, 2n ** 24n - 1n),
      fc.integer({ min: 9, max: 24 }),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(
      taken,
      fc.bigInt(0n, 2n ** 48n - 1n).map((n) => n.toString(16).padStart(12, '0')),
      (list, seed) => {
        const ranges = list.map(([first, rest, prefix]) =>
          networkOf({ family: 4, value: (first << 24n) | rest, prefix }),
        );
        // Where nothing is left, it says so.
        if (blocks.every((block) => ranges.some((one) => overlaps(one, block)))) {
          assert.throws(() => chooseSubnet(ranges, seed), NetworkConflictError);
          return;
        }
        const { subnet, gateway } = chooseSubnet(ranges, seed);
        const range = parseCidr(subnet);
        const address = parseAddress(gateway);
        assert.ok(range && address && contains(range, address));
        assert.deepEqual(ranges.filter((one) => overlaps(one, range)).map(formatCidr), []);
      },
    ),
    { numRuns: 100 },
  );
});

test('freeAddress() gives each address once, and none that is reserved', () => {
  const request = {
    name: 'small',
    subnets: ['10.9.0.0/28'],
    ranges: ['10.9.0.8/29'],
    reserved: ['printer=10.9.0.9'],
  };
  const [subnet] = defineNetwork(request, around()).subnets;
  assert.ok(subnet);
  const taken = new Set<string>();
  for (;;) {
    let next: string;
    try {
      next = freeAddress(subnet, taken);
    } catch (error) {
      assert.match(String(error), /no available IPv4 addresses/);
      break;
    }
    assert.ok(!taken.has(next) && next !== '10.9.0.9' && next !== '10.9.0.15');
    assert.ok(isHost(subnet, parseAddress(next) as Cidr));
    taken.add(next);
  }
  assert.equal(taken.size, 6);
});

test('defineNetwork() refuses names and subnets that are none, without a bug', () => {
  const odd = fc.oneof(
    fc.string(),
    fc.constantFrom('../x', 'a b', '-rf', 'ä', 'x\ny', '10.0.0.0/8', '::/0', '0.0.0.0/0'),
  );
  fc.assert(
    fc.property(odd, odd, odd, (name, subnet, gateway) => {
      try {
        const network = defineNetwork({ name, subnets: [subnet], gateways: [gateway] }, around());
        assert.match(network.name, /^[a-zA-Z0-9][\w.-]*$/);
      } catch (error) {
        assert.ok(error instanceof StaveError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});

test('checkAttachment() lets no alias through that would be another line for the name server', () => {
  const network = defineNetwork({ name: 'net', subnets: ['10.9.0.0/24'] }, around());
  const alias = fc.oneof(
    fc.string(),
    fc.constantFrom('a,b', 'a b', 'a\n10.0.0.1 x', '', '-x', '.'),
  );
  fc.assert(
    fc.property(alias, (text) => {
      try {
        checkAttachment(network, { name: 'net', aliases: [text] });
        assert.match(text, /^[\w][\w.-]*$/);
      } catch (error) {
        assert.ok(error instanceof StaveError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});

test('interface names are at most 15 bytes, and rules name nothing but them', () => {
  const network = defineNetwork({ name: 'net', subnets: ['10.9.0.0/24'] }, around());
  assert.equal(bridgeName('0123456789ab', network.id).length, 15);
  assert.equal(vethName('0123456789ab', network.id).length, 15);
  const rules = ruleset('0123456789ab', [{ network, endpoints: [] }]);
  for (const [, name] of rules.matchAll(/"([^"]*)"/g)) assert.equal(name, 'sb01234abababab');
});
