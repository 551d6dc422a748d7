import { closeSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { givenPort, keepPort, type KeptPort } from '../sys/listen.ts';
import { parseAddress, type Address } from './address.ts';
import { InvalidPortError, PortTakenError } from './errors.ts';
import type { PortSpec, PublishedPort } from './types.ts';

/** Ports that are kept for a container. Leaving the scope gives them back. */
export interface ReservedPorts extends Disposable {
  readonly ports: readonly PublishedPort[];
  readonly fds: readonly number[];
}

/** What the network that ports are published by can do. */
export interface PortSide {
  readonly networkName: string;
  /** Where to listen when no address is given. */
  readonly defaultIp?: string;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** What containers have by our rules, whether or not somebody still keeps it. */
  readonly taken: readonly PublishedPort[];
}

const RETRIES = 16;

/**
 * Takes ports of the machine. Throws PortTakenError when one is not to be had; then none is
 * kept.
 */
export function reservePorts(specs: readonly PortSpec[], side: PortSide): ReservedPorts {
  const kept: KeptPort[] = [];
  const ports: PublishedPort[] = [];
  const close = (): void => {
    for (const { fd } of kept.splice(0)) closeSync(fd);
  };
  try {
    for (const spec of specs) {
      const taken = reserve(spec, addressesOf(spec, side), [...side.taken, ...ports]);
      kept.push(...taken.map(({ port }) => port));
      ports.push(
        ...taken.map(({ hostIp, port }) => ({
          hostIp,
          hostPort: port.port,
          containerPort: spec.containerPort,
          protocol: spec.protocol,
        })),
      );
    }
  } catch (error) {
    close();
    throw error;
  }
  return { ports, fds: kept.map(({ fd }) => fd), [Symbol.dispose]: close };
}

function addressesOf({ hostIp = '' }: PortSpec, side: PortSide): readonly string[] {
  const wanted = hostIp === '' ? (side.defaultIp ?? '') : hostIp;
  if (wanted === '') return [...(side.ipv4 ? ['0.0.0.0'] : []), ...(side.ipv6 ? ['::'] : [])];
  if (wanted === '::1') {
    throw new InvalidPortError('cannot publish at ::1: nothing can be sent on from there', {
      hint: 'Publish at 127.0.0.1.',
    });
  }
  if (wanted.includes(':') ? side.ipv6 : side.ipv4) return [wanted];
  const family = wanted.includes(':') ? 'IPv6' : 'IPv4';
  throw new InvalidPortError(
    `cannot publish at ${wanted}: network ${side.networkName} has no ${family}`,
  );
}

type Taken = readonly { readonly hostIp: string; readonly port: KeptPort }[];

/** The same port at all addresses: the one asked for, the first free of a range, or any. */
function reserve(
  { hostPort, protocol }: PortSpec,
  addresses: readonly string[],
  taken: readonly PublishedPort[],
): Taken {
  const candidates =
    hostPort === undefined
      ? Array<number>(RETRIES).fill(0)
      : typeof hostPort === 'number'
        ? [hostPort]
        : Array.from({ length: hostPort[1] - hostPort[0] + 1 }, (_, n) => hostPort[0] + n);
  let failure: unknown;
  for (const candidate of candidates) {
    try {
      return reserveAt(candidate, protocol, addresses, taken);
    } catch (error) {
      if (!(error instanceof PortTakenError)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

function reserveAt(
  wanted: number,
  protocol: 'tcp' | 'udp',
  addresses: readonly string[],
  taken: readonly PublishedPort[],
): Taken {
  const kept: { hostIp: string; port: KeptPort }[] = [];
  try {
    for (const hostIp of addresses) {
      const port = kept[0]?.port.port ?? wanted;
      const place = `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:${port}`;
      const clash = taken.some(
        (one) => one.hostPort === port && one.protocol === protocol && meets(one.hostIp, hostIp),
      );
      if (clash) throw new PortTakenError(place, 'port is already allocated');
      kept.push({ hostIp, port: keep({ hostIp, port, protocol, place }) });
    }
    return kept;
  } catch (error) {
    for (const { port } of kept) closeSync(port.fd);
    throw error;
  }
}

function keep(one: {
  readonly hostIp: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly place: string;
}): KeptPort {
  const address = bytesOf(parseAddress(one.hostIp) as Address);
  try {
    // What comes by IPv6's loopback address cannot be sent on: `localhost` must go on to IPv4's.
    const deaf = address.length > 4;
    return keepPort({ protocol: one.protocol, address, port: one.port, deaf });
  } catch (error) {
    if (isErrno(error, 'EADDRINUSE')) {
      // A container that is started again by the one who watched it: it has its ports still.
      const given = givenPort({ protocol: one.protocol, address, port: one.port });
      if (given) return given;
      throw new PortTakenError(one.place, 'port is already allocated', {
        hint: "Choose another port; 'stave ps' and 'ss -tulpn' say who has it.",
        cause: error,
      });
    }
    if (isErrno(error, 'EACCES')) {
      throw new PortTakenError(one.place, 'permission denied', {
        hint: 'Only root may use ports that low.',
        cause: error,
      });
    }
    if (isErrno(error, 'EADDRNOTAVAIL')) {
      throw new PortTakenError(one.place, 'cannot assign requested address', {
        hint: 'It is no address of this machine.',
        cause: error,
      });
    }
    throw error;
  }
}

/** Whether two listening addresses are, or include, the same. */
function meets(a: string, b: string): boolean {
  if (a.includes(':') !== b.includes(':')) return false;
  return a === b || [a, b].some((one) => one === '0.0.0.0' || one === '::');
}

function bytesOf({ family, value }: Address): Uint8Array {
  const hex = value.toString(16).padStart(family === 4 ? 8 : 32, '0');
  return Buffer.from(hex, 'hex');
}
