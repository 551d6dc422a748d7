import { InvalidPortError } from './errors.ts';
import { formatAddress, parseAddress } from './address.ts';
import type { PortSpec } from './types.ts';

type Range = readonly [first: number, last: number];

/** More ports of one container than this are a slip of the fingers. */
const MOST = 20_000;

/**
 * Reads what `-p` takes: `[address:][port[-port]:]port[-port][/tcp|udp]`; an IPv6 address in
 * brackets. Throws InvalidPortError.
 */
export function parsePorts(texts: readonly string[]): PortSpec[] {
  const specs = texts.flatMap(parsePort);
  if (specs.length > MOST) throw new InvalidPortError(`more than ${MOST} published ports`);
  // What is said twice is meant once.
  const seen = new Set<string>();
  return specs.filter((spec) => {
    const key = JSON.stringify([spec.hostIp, spec.hostPort, spec.containerPort, spec.protocol]);
    if (spec.hostPort === undefined || !seen.has(key)) return seen.add(key);
    return false;
  });
}

function parsePort(text: string): PortSpec[] {
  const slash = text.indexOf('/');
  const places = slash === -1 ? text : text.slice(0, slash);
  const protocol = protocolOf(slash === -1 ? 'tcp' : text.slice(slash + 1));
  const lastColon = places.lastIndexOf(':');
  const container = places.slice(lastColon + 1);
  const before = lastColon === -1 ? '' : places.slice(0, lastColon);
  const colon = before.lastIndexOf(':');
  const host = before.slice(colon + 1);
  if (container === '') throw new InvalidPortError(`No port specified: ${text}<empty>`);
  const hostIp = colon === -1 ? undefined : hostAddress(before.slice(0, colon), text);
  const ports = rangeOf(container, 'Invalid containerPort: ');
  const hosts = host === '' ? undefined : rangeOf(host, 'Invalid hostPort: ');
  if (ports[0] === 0) throw new InvalidPortError(`Invalid containerPort: ${container}`);
  const width = ports[1] - ports[0];
  if (hosts && width > 0 && hosts[1] - hosts[0] !== width) {
    throw new InvalidPortError(
      `Invalid ranges specified for container and host Ports: ${container} and ${host}`,
    );
  }
  return Array.from({ length: width + 1 }, (_, index) => {
    const wanted = hosts && hostPortOf(hosts, width, index);
    return {
      ...(hostIp !== undefined && { hostIp }),
      ...(wanted !== undefined && { hostPort: wanted }),
      containerPort: ports[0] + index,
      protocol,
    };
  });
}

/** Port 0 is any free one, as for the kernel. */
function hostPortOf([first, last]: Range, width: number, index: number): PortSpec['hostPort'] {
  if (first === 0 && last === 0) return undefined;
  return width > 0 || first === last ? first + index : [first, last];
}

function hostAddress(text: string, whole: string): string {
  const bare = /^\[(.*)\]$/.exec(text)?.[1];
  const address = parseAddress(bare ?? text);
  if (text === '') throw new InvalidPortError(`Invalid ip address: ${whole}`);
  if (!address || (bare !== undefined) !== (address.family === 6)) {
    throw new InvalidPortError(`Invalid ip address: ${bare ?? text}`, {
      ...(address?.family === 6 && { hint: `Put it in brackets: [${text}].` }),
    });
  }
  return formatAddress(address);
}

function rangeOf(text: string, complaint: string): Range {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (!match || last > 65535 || first > last) throw new InvalidPortError(complaint + text);
  return [first, last];
}

function protocolOf(text: string): 'tcp' | 'udp' {
  const protocol = text.toLowerCase();
  if (protocol === 'tcp' || protocol === 'udp') return protocol;
  if (protocol === 'sctp') throw new InvalidPortError('ports of sctp cannot be published');
  throw new InvalidPortError(`Invalid proto: ${text}`);
}

/**
 * The ports of `EXPOSE` and `--expose`: `80`, `80/tcp`, `1000-1010/udp`. Those that cannot be
 * published (`sctp`) and texts that are none are left out: images say what they like.
 */
export function exposedPorts(
  texts: readonly string[],
): Pick<PortSpec, 'containerPort' | 'protocol'>[] {
  const found = new Map<string, Pick<PortSpec, 'containerPort' | 'protocol'>>();
  for (const text of texts) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp))?$/i.exec(text);
    if (!match) continue;
    const protocol = (match[3]?.toLowerCase() ?? 'tcp') as 'tcp' | 'udp';
    const last = Number(match[2] ?? match[1]);
    for (let port = Math.max(1, Number(match[1])); port <= Math.min(last, 65535); port++) {
      if (found.size >= MOST) return [...found.values()];
      found.set(`${port}/${protocol}`, { containerPort: port, protocol });
    }
  }
  return [...found.values()];
}
