import { closeSync, readdirSync } from 'node:fs';
import { ErrnoError } from './errors.ts';
import { native } from './native.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_TYPE = 3;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const ONE = Buffer.from(new Int32Array([1]).buffer);
const V4_SIZE = 16;
const V6_SIZE = 28;

/** An address and port of this machine to keep. */
export interface ListenAddress {
  readonly protocol: 'tcp' | 'udp';
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** 0 for any free one. */
  readonly port: number;
  /** Whoever connects is refused: nobody will ever answer at this end. */
  readonly deaf?: boolean;
}

/** A port that nobody else can have while the descriptor is open. Children do not inherit it. */
export interface KeptPort {
  readonly fd: number;
  readonly port: number;
}

/**
 * Takes a port for whoever holds the descriptor. Throws ErrnoError: EADDRINUSE when somebody
 * has it, EACCES when this user may not, EADDRNOTAVAIL when the address is not this machine's.
 *
 * @see https://man7.org/linux/man-pages/man7/ip.7.html
 */
export function keepPort({ protocol, address, port, deaf = false }: ListenAddress): KeptPort {
  const c = native();
  const v6 = address.length !== 4;
  const fd = c.socket(
    v6 ? AF_INET6 : AF_INET,
    (protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC,
    0,
  );
  if (fd < 0) throw new ErrnoError(c.errno(), 'socket');
  try {
    const check = (result: number, call: string): void => {
      if (result !== 0) throw new ErrnoError(c.errno(), call);
    };
    // For datagrams it would let two have the port; for streams, connections that linger do not keep it.
    if (protocol === 'tcp' && !deaf) {
      check(c.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ONE, ONE.length), 'setsockopt');
    }
    if (v6) check(c.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, ONE, ONE.length), 'setsockopt');
    const name = socketAddress(address, port);
    check(c.bind(fd, name, name.length), 'bind');
    if (protocol === 'tcp' && !deaf) check(c.listen(fd, 1), 'listen');
    const size = Buffer.from(new Uint32Array([name.length]).buffer);
    check(c.getsockname(fd, name, size), 'getsockname');
    return { fd, port: name.readUInt16BE(2) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * A port that this process was given by the one that started it, who keeps it as well: nobody
 * else can take it before that has ended. Undefined when it was given none like this.
 */
export function givenPort({ protocol, address, port }: ListenAddress): KeptPort | undefined {
  const c = native();
  const wanted = socketAddress(address, port);
  for (const fd of openDescriptors()) {
    const name = Buffer.alloc(wanted.length);
    const size = Buffer.from(new Uint32Array([name.length]).buffer);
    if (c.getsockname(fd, name, size) !== 0 || !name.equals(wanted)) continue;
    const type = Buffer.alloc(4);
    const typeSize = Buffer.from(new Uint32Array([type.length]).buffer);
    if (c.getsockopt(fd, SOL_SOCKET, SO_TYPE, type, typeSize) !== 0) continue;
    const isStream = new Int32Array(Uint8Array.from(type).buffer)[0] === SOCK_STREAM;
    if (isStream === (protocol === 'tcp')) return { fd, port };
  }
  return undefined;
}

function openDescriptors(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2);
}

function socketAddress(address: Uint8Array, port: number): Buffer {
  const v6 = address.length !== 4;
  const name = Buffer.alloc(v6 ? V6_SIZE : V4_SIZE);
  name.set(new Uint8Array(new Uint16Array([v6 ? AF_INET6 : AF_INET]).buffer));
  name.writeUInt16BE(port, 2);
  name.set(address, v6 ? 8 : 4);
  return name;
}
