/** An address of either family as a number. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A range of addresses: `10.0.0.0/8`. */
export interface Cidr extends Address {
  readonly prefix: number;
}

const GROUP = /^[0-9a-fA-F]{1,4}$/;
const PREFIX = /^(?:0|[1-9]\d{0,2})$/;

/** Reads an address in its usual text form, without a zone; undefined when it is none. */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(':')) return parseV6(text);
  const value = parseV4(text);
  return value === undefined ? undefined : { family: 4, value };
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    // A leading zero means octal to some readers and nothing to others.
    if (!PREFIX.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseV6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array<bigint>(missing).fill(0n), ...(tail ?? [])];
  return { family: 6, value: all.reduce((value, group) => (value << 16n) | group, 0n) };
}

function groupsOf(text: string, last: boolean): bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part);
      if (v4 === undefined) return undefined;
      groups.push(v4 >> 16n, v4 & 0xffffn);
    } else if (GROUP.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

/** The usual text of an address; IPv6 as RFC 5952 wants it. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((by) => (value >> by) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  // The first of the longest runs of zeros, of two at least.
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === '0') length++;
    if (length > best.length) best = { at, length };
  }
  if (best.at === -1) return groups.join(':');
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`;
}

/** Reads `address/prefix`, whether or not bits of hosts are set; undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(text.slice(0, Math.max(0, slash)));
  const digits = text.slice(slash + 1);
  if (!address || !PREFIX.test(digits) || Number(digits) > bitsOf(address)) return undefined;
  return { ...address, prefix: Number(digits) };
}

/** `10.0.0.0/8`. */
export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr)}/${cidr.prefix}`;
}

/** The same range with no bits of hosts set. */
export function networkOf(cidr: Cidr): Cidr {
  return { ...cidr, value: cidr.value & ~hostMask(cidr) };
}

/** The last address of a range. */
export function lastOf(cidr: Cidr): bigint {
  return cidr.value | hostMask(cidr);
}

/** Whether the address is in the range. */
export function contains(cidr: Cidr, address: Address): boolean {
  return (
    cidr.family === address.family &&
    address.value >= networkOf(cidr).value &&
    address.value <= lastOf(cidr)
  );
}

/** Whether two ranges have addresses in common. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.prefix < b.prefix ? contains(a, b) : contains(b, a);
}

/** 32 or 128. */
export function bitsOf({ family }: Address): number {
  return family === 4 ? 32 : 128;
}

function hostMask(cidr: Cidr): bigint {
  return (1n << BigInt(bitsOf(cidr) - cidr.prefix)) - 1n;
}
