import { isIP } from 'node:net';
import { ValueError } from '../errors.ts';
import type { PlainFunction } from '../eval/scope.ts';
import { list, STRING, string, type Value } from '../value/value.ts';
import { define, integer, num, takes, text } from './define.ts';

/** A network: its first address as a number. */
interface Network {
  readonly address: bigint;
  readonly prefix: number;
  /** 32 or 128. */
  readonly bits: number;
}

/** Addresses of networks. */
export const CIDR: Readonly<Record<string, PlainFunction>> = {
  cidrhost: define([takes.text('prefix'), takes.number('hostnum')], (args) => {
    const network = parse(text(args, 0));
    const { n, d } = num(args, 1);
    const size = 1n << BigInt(network.bits - network.prefix);
    if (d !== 1n || n >= size || n < -size) {
      throw new ValueError(`prefix of ${network.prefix} does not accommodate a host numbered ${n}`);
    }
    return string(format(network.address + (n < 0n ? size + n : n), network.bits));
  }),
  cidrnetmask: define([takes.text('prefix')], (args) => {
    const { prefix, bits } = parse(text(args, 0));
    if (bits !== 32) throw new ValueError('only IPv4 networks are supported');
    return string(format(((1n << 32n) - 1n) ^ ((1n << BigInt(32 - prefix)) - 1n), 32));
  }),
  cidrsubnet: define(
    [takes.text('prefix'), takes.number('newbits'), takes.number('netnum')],
    subnet,
  ),
  cidrsubnets: define([takes.text('prefix')], subnets, takes.number('newbits')),
};

function parse(typed: string): Network {
  const [host = '', length = '', ...more] = typed.split('/');
  const version = isIP(host);
  const bits = version === 4 ? 32 : 128;
  if (version === 0 || more.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > bits) {
    throw new ValueError(`invalid CIDR expression: invalid CIDR address: ${typed}`);
  }
  const prefix = Number(length);
  const host0 = BigInt(bits - prefix);
  return { address: (addressOf(host, version) >> host0) << host0, prefix, bits };
}

function addressOf(host: string, version: number): bigint {
  if (version === 4) return host.split('.').reduce((all, one) => all * 256n + BigInt(one), 0n);
  const [head = '', tail] = withoutDots(host).split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array.from({ length: zeros }, () => '0'), ...last].reduce(
    (all, one) => all * 65_536n + BigInt(`0x${one}`),
    0n,
  );
}

/** `::ffff:1.2.3.4` with its end in hexadecimal. */
function withoutDots(host: string): string {
  return host.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a: string, b: string, c: string, d: string) =>
      `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`,
  );
}

function format(address: bigint, bits: number): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((address >> BigInt(112 - 16 * index)) & 65_535n).toString(16),
  );
  const zeros = [...groups.join(':').matchAll(/\b0(?::0)+\b/g)].toSorted(
    (a, b) => b[0].length - a[0].length,
  )[0];
  if (zeros === undefined) return groups.join(':');
  const text = groups.join(':');
  const [before, after] = [
    text.slice(0, zeros.index).replace(/:$/, ''),
    text.slice(zeros.index + zeros[0].length).replace(/^:/, ''),
  ];
  return `${before}::${after}`;
}

function subnet(args: readonly Value[]): Value {
  const network = parse(text(args, 0));
  const [more, { n }] = [integer(args, 1), num(args, 2)];
  const prefix = network.prefix + more;
  if (more < 0 || prefix > network.bits)
    throw new ValueError(
      `insufficient address space to extend prefix of ${network.prefix} by ${more}`,
    );
  if (n < 0n || n >= 1n << BigInt(more))
    throw new ValueError(`prefix extension of ${more} does not accommodate a subnet numbered ${n}`);
  const address = network.address + (n << BigInt(network.bits - prefix));
  return string(`${format(address, network.bits)}/${prefix}`);
}

/** One after the other, each at the next address that its size allows. */
function subnets(args: readonly Value[]): Value {
  const network = parse(text(args, 0));
  const end = network.address + (1n << BigInt(network.bits - network.prefix));
  let next = network.address;
  const found = args.slice(1).map((_, index) => {
    const more = integer(args, index + 1);
    const prefix = network.prefix + more;
    if (more < 1) throw new ValueError('must extend prefix by at least one bit');
    if (prefix > network.bits)
      throw new ValueError(
        `would extend prefix to ${prefix} bits, which is too long for an address of ${network.bits}`,
      );
    const size = 1n << BigInt(network.bits - prefix);
    const address = ((next + size - 1n) / size) * size;
    if (address + size > end)
      throw new ValueError(
        `not enough remaining address space for a subnet with a prefix of ${prefix} bits`,
      );
    next = address + size;
    return string(`${format(address, network.bits)}/${prefix}`);
  });
  return list(STRING, found);
}
