import type { PublishedPort } from '../engine/network-types.ts';

interface Shown {
  /** Empty for a port that is not published. */
  readonly ip: string;
  readonly port: number;
  readonly hostPort: number;
  readonly protocol: string;
}

interface Group {
  readonly ip: string;
  readonly protocol: string;
  readonly first: number;
  last: number;
}

/**
 * The column PORTS of `ps`: what is published, and what is exposed beside it (`80/tcp`).
 * Ports that follow each other and keep their numbers are one range.
 */
export function portsText(published: readonly PublishedPort[], exposed: readonly string[]): string {
  const ports = shownPorts(published, exposed).toSorted(
    (a, b) => a.port - b.port || compare(a.ip, b.ip) || a.hostPort - b.hostPort,
  );
  const done: string[] = [];
  const groups = new Map<string, Group>();
  const moved: string[] = [];
  for (const { ip, port, hostPort, protocol } of ports) {
    if (ip !== '' && hostPort !== port) {
      moved.push(`${place(ip, String(hostPort))}->${port}/${protocol}`);
      continue;
    }
    const key = `${ip}/${protocol}`;
    const group = groups.get(key);
    if (group && port === group.last + 1) {
      group.last = port;
      continue;
    }
    if (group) done.push(groupText(group));
    groups.set(key, { ip, protocol, first: port, last: port });
  }
  return [...done, ...[...groups.values()].map(groupText), ...moved].join(', ');
}

function shownPorts(published: readonly PublishedPort[], exposed: readonly string[]): Shown[] {
  const shown = published.map(({ hostIp, hostPort, containerPort, protocol }) => ({
    ip: hostIp,
    port: containerPort,
    hostPort,
    protocol,
  }));
  const known = new Set(shown.map(({ port, protocol }) => `${port}/${protocol}`));
  const rest = exposed
    .filter((text) => !known.has(text))
    .flatMap((text): Shown[] => {
      const [, port, protocol = 'tcp'] = /^(\d+)(?:\/(\w+))?$/.exec(text) ?? [];
      return port === undefined ? [] : [{ ip: '', port: Number(port), hostPort: 0, protocol }];
    });
  return [...shown, ...rest];
}

function groupText({ ip, first, last, protocol }: Group): string {
  const range = first === last ? String(first) : `${first}-${last}`;
  return ip === '' ? `${range}/${protocol}` : `${place(ip, range)}->${range}/${protocol}`;
}

/** `127.0.0.1:80`, `[::]:80`. */
export function place(ip: string, port: string): string {
  return `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
