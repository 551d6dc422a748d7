import { isIP } from 'node:net';
import { goQuote } from '../base/go-quote.ts';
import { closest } from '../base/suggest.ts';
import { InstructionValueError } from './errors.ts';

const PROTOCOLS = ['tcp', 'udp', 'sctp'];

/** What one word of EXPOSE says. */
export interface ExposedPorts {
  /** Every single port, `80/tcp`. */
  readonly ports: readonly string[];
  /** The protocol is not in lower case. */
  readonly oddCase: boolean;
  /** An address or a host port is named; both are dropped. */
  readonly hostPart: boolean;
}

interface PortRange extends Omit<ExposedPorts, 'ports'> {
  readonly first: number;
  readonly last: number;
  /** In lower case. */
  readonly proto: string;
}

/**
 * Reads `[ip:][hostport:]port[-port][/proto]`. Throws {@link InstructionValueError} for ports
 * beyond 65535, ranges that run backwards, unknown protocols and malformed addresses.
 */
export function parsePorts(word: string): ExposedPorts {
  const { first, last, proto, oddCase, hostPart } = readPorts(word);
  const ports = Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${proto}`);
  return { ports, oddCase, hostPart };
}

/** As {@link parsePorts}, for whoever does not want the ports one by one. */
export function readPorts(word: string): PortRange {
  const parts = word.split(':');
  const containerPart = parts.at(-1) ?? '';
  const hostPort = parts.at(-2) ?? '';
  const address = parts.slice(0, -2).join(':');
  const { proto, range } = protocolOf(word, containerPart);
  checkAddress(address);
  const [first, last] = portRange(range, `invalid containerPort: ${range}`);
  if (hostPort !== '') {
    const [from, to] = portRange(hostPort, `invalid hostPort: ${hostPort}`);
    if (last - first !== to - from && last !== first) {
      throw new InstructionValueError(
        `invalid ranges specified for container and host Ports: ${range} and ${hostPort}`,
      );
    }
  }
  const lower = proto.toLowerCase();
  return {
    first,
    last,
    proto: lower,
    oddCase: proto !== lower,
    hostPart: address !== '' || hostPort !== '',
  };
}

function protocolOf(word: string, part: string): { proto: string; range: string } {
  const slash = part.indexOf('/');
  const range = slash < 0 ? part : part.slice(0, slash);
  const proto = slash < 0 ? '' : part.slice(slash + 1);
  if (range === '')
    throw new InstructionValueError(`invalid port: ${goQuote(word)}: no port specified`);
  if (proto === '') return { proto: 'tcp', range };
  if (!PROTOCOLS.includes(proto.toLowerCase())) {
    const near = closest(proto.toLowerCase(), PROTOCOLS);
    const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
    throw new InstructionValueError(
      `invalid port: ${goQuote(word)}: invalid proto: ${proto}${hint}`,
    );
  }
  return { proto, range };
}

function checkAddress(address: string): void {
  if (address === '') return;
  const plain = /^\[.*\]$/.test(address) ? address.slice(1, -1) : address;
  if (isIP(plain) === 0) throw new InstructionValueError(`invalid IP address: ${plain}`);
}

function portRange(text: string, problem: string): readonly [number, number] {
  const dash = text.indexOf('-');
  const first = portNumber(dash < 0 ? text : text.slice(0, dash));
  const last = dash < 0 ? first : portNumber(text.slice(dash + 1));
  if (first === undefined || last === undefined || last < first) {
    throw new InstructionValueError(problem);
  }
  return [first, last];
}

function portNumber(text: string): number | undefined {
  if (!/^\+?\d{1,20}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}
