import {
  bitsOf,
  formatAddress,
  formatCidr,
  lastOf,
  networkOf,
  overlaps,
  parseCidr,
  type Address,
  type Cidr,
} from './address.ts';
import { NetworkConflictError } from './errors.ts';
import type { Subnet } from './types.ts';

/** Where subnets are taken from when none is asked for: away from Docker's and podman's. */
const POOLS = ['10.192.0.0/11', '172.16.0.0/12', '192.168.0.0/16'];
const BITS = 20;
/** At most so many subnets are looked at in each pool. */
const TRIES = 4096;

/**
 * A subnet that overlaps with none of `taken`. Stores begin at places of their own (`seed`,
 * hex digits), so that two of them seldom choose the same. Throws NetworkConflictError.
 */
export function chooseSubnet(taken: readonly Cidr[], seed: string): Subnet {
  for (const text of POOLS) {
    const pool = parseCidr(text) as Cidr;
    const size = 1n << BigInt(bitsOf(pool) - BITS);
    const count = 1n << BigInt(BITS - pool.prefix);
    const start = BigInt(`0x${seed}`) % count;
    for (let n = 0n; n < count && n < TRIES; n++) {
      const value = pool.value + ((start + n) % count) * size;
      const candidate: Cidr = { family: 4, value, prefix: BITS };
      if (!taken.some((range) => overlaps(range, candidate))) return chosen(candidate);
    }
  }
  throw new NetworkConflictError('all predefined address pools have been fully subnetted', {
    hint: "Remove networks with 'stave network prune', or give one with --subnet.",
  });
}

/** A local IPv6 subnet of its own for a network (RFC 4193). `seed`: at least 14 hex digits. */
export function chooseSubnet6(seed: string): Subnet {
  return chosen({ family: 6, value: BigInt(`0xfd${seed.slice(0, 14)}`) << 64n, prefix: 64 });
}

function chosen(range: Cidr): Subnet {
  return { subnet: formatCidr(range), gateway: gatewayOf(range), chosen: true };
}

/** The first address of a subnet that a host can have. */
export function gatewayOf(range: Cidr): string {
  const { family, value } = networkOf(range);
  return formatAddress({ family, value: value + 1n });
}

/** The addresses of a subnet that hosts can have: not the network's own, and not the broadcast's. */
export function hostsOf(range: Cidr): { readonly first: bigint; readonly last: bigint } {
  const [first, last] = [networkOf(range).value, lastOf(range)];
  if (bitsOf(range) - range.prefix < 2) return { first, last };
  return { first: first + 1n, last: range.family === 4 ? last - 1n : last };
}

/**
 * The lowest address of a subnet that nobody has. Throws NetworkConflictError when there is
 * none.
 */
export function freeAddress(subnet: Subnet, taken: ReadonlySet<string>): string {
  const whole = parseCidr(subnet.subnet) as Cidr;
  const range = subnet.range === undefined ? whole : (parseCidr(subnet.range) as Cidr);
  const { first, last } = hostsOf(whole);
  const from = networkOf(range).value > first ? networkOf(range).value : first;
  const to = lastOf(range) < last ? lastOf(range) : last;
  const reserved = new Set([subnet.gateway, ...Object.values(subnet.reserved ?? {})]);
  for (let value = from; value <= to; value++) {
    const text = formatAddress({ family: whole.family, value });
    if (!taken.has(text) && !reserved.has(text)) return text;
  }
  throw new NetworkConflictError(
    `no available IPv${whole.family} addresses on this network's address pools`,
    {
      hint: 'Remove containers from it, or make one with a larger subnet.',
    },
  );
}

/** Whether a container may have this address of a subnet: one of its hosts, but the gateway. */
export function isHost(subnet: Subnet, address: Address): boolean {
  const range = parseCidr(subnet.subnet) as Cidr;
  const { first, last } = hostsOf(range);
  return (
    range.family === address.family &&
    address.value >= first &&
    address.value <= last &&
    formatAddress(address) !== subnet.gateway
  );
}
