import { readFileSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import type { Cidr } from './address.ts';

/** Where the machine itself sends packets: a range of addresses and the interface for it. */
export interface Route {
  readonly range: Cidr;
  readonly device: string;
}

/** Routes that are there but refuse: no reason not to use their range. */
const RTF_REJECT = 0x200;
const RTF_UP = 1;

/** The routes of the machine, but for those to everywhere. */
export function hostRoutes(proc = '/proc/net'): Route[] {
  return [...routes4(text(`${proc}/route`)), ...routes6(text(`${proc}/ipv6_route`))].filter(
    ({ range, device }) => range.prefix > 0 && device !== 'lo',
  );
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_net.5.html */
function routes4(table: string): Route[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .flatMap(([device = '', target = '', , flags = '', , , , mask = '']) => {
      if (!/^[0-9A-F]{8}$/.test(target) || !isUsed(flags)) return [];
      const prefix = swapped(mask).toString(2).replaceAll('0', '').length;
      return [{ device, range: { family: 4 as const, value: swapped(target), prefix } }];
    });
}

function routes6(table: string): Route[] {
  return table.split('\n').flatMap((line) => {
    const [target = '', prefix = '', , , , , , , flags = '', device = ''] = line
      .trim()
      .split(/\s+/);
    if (!/^[0-9a-f]{32}$/.test(target) || !isUsed(flags)) return [];
    const value = BigInt(`0x${target}`);
    return [{ device, range: { family: 6 as const, value, prefix: Number.parseInt(prefix, 16) } }];
  });
}

function isUsed(flags: string): boolean {
  const bits = Number.parseInt(flags, 16);
  return (bits & RTF_UP) !== 0 && (bits & RTF_REJECT) === 0;
}

/** The kernel prints addresses as the number that they are in its memory. */
function swapped(hex: string): bigint {
  return BigInt(Buffer.from(hex, 'hex').readUInt32LE(0));
}

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return '';
    throw error;
  }
}
