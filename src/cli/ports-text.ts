import type { ContainerSummary } from '../engine/container-types.ts';

type Ports = Pick<ContainerSummary, 'endpoints' | 'exposed' | 'networks' | 'state'>;

interface Port {
  /** `0.0.0.0:` and the like; empty where it is only exposed. */
  readonly host: string;
  readonly from: number;
  readonly port: number;
  readonly protocol: string;
}

/** `0.0.0.0:8080->80/tcp, 443/tcp`: the column PORTS. Neighbouring ports are one range. */
export function portsText({ endpoints, exposed, networks, state }: Ports): string {
  if (state !== 'running' && state !== 'paused') return '';
  const published = endpoints
    .flatMap(({ ports }) => ports)
    .map(({ hostIp, hostPort, containerPort, protocol }): Port => ({
      host: hostIp.includes(':') ? `[${hostIp}]:` : `${hostIp}:`,
      from: hostPort,
      port: containerPort,
      protocol,
    }));
  // Where there is no network of its own, nothing can be reached.
  const reachable = networks.some((name) => name === 'none' || name === 'host') ? [] : exposed;
  const open = reachable
    .map((text): Port => {
      const [port = '', protocol = 'tcp'] = text.split('/');
      return { host: '', from: Number(port), port: Number(port), protocol };
    })
    .filter(
      ({ port, protocol }) =>
        !published.some((one) => one.port === port && one.protocol === protocol),
    );
  return ranges([...published, ...open].toSorted(byPort))
    .map(({ first, last }) => {
      const span = (from: number, to: number): string =>
        from === to ? `${from}` : `${from}-${to}`;
      const inside = `${span(first.port, last.port)}/${first.protocol}`;
      return first.host === '' ? inside : `${first.host}${span(first.from, last.from)}->${inside}`;
    })
    .join(', ');
}

function byPort(a: Port, b: Port): number {
  return a.host.localeCompare(b.host) || a.protocol.localeCompare(b.protocol) || a.port - b.port;
}

function ranges(ports: readonly Port[]): { readonly first: Port; readonly last: Port }[] {
  const found: { first: Port; last: Port }[] = [];
  for (const port of ports) {
    const open = found.at(-1);
    const follows =
      open?.last.host === port.host &&
      open.last.protocol === port.protocol &&
      open.last.port + 1 === port.port &&
      open.last.from + 1 === port.from;
    if (open && follows) open.last = port;
    else found.push({ first: port, last: port });
  }
  return found;
}
