import { bridgeName, tableName } from './interfaces.ts';
import type { EndpointRecord, NetworkRecord, PublishedPort } from './types.ts';

/** A network with whoever is on it. */
export interface LiveNetwork {
  readonly network: NetworkRecord;
  readonly endpoints: readonly EndpointRecord[];
}

/** Whether a port is published at all addresses of its family. */
function isAny(hostIp: string): boolean {
  return hostIp === '0.0.0.0' || hostIp === '::';
}

/** Takes all rules of a store away, whether there are any or not. */
export function noRules(storeId: string): string {
  const table = `inet ${tableName(storeId)}`;
  return `add table ${table}\ndelete table ${table}\n`;
}

/**
 * All rules of a store as one transaction of `nft -f`: it replaces what was there before, and
 * touches nothing else. Nothing in it is outside text: names of interfaces are made of digits,
 * addresses and ports were parsed.
 *
 * What comes from elsewhere reaches containers by published ports only; networks do not reach
 * each other; internal networks reach nothing. Packets for the machine's loopback addresses,
 * which the way back of published ports needs on bridges, are let in from nowhere.
 */
export function ruleset(storeId: string, live: readonly LiveNetwork[]): string {
  const bridges = live.map(({ network }) => `"${bridgeName(storeId, network.id)}"`);
  const all = `{ ${bridges.join(', ')} }`;
  const chains = [
    chain('raw', 'filter hook prerouting priority raw', [
      `iifname ${all} ip daddr 127.0.0.0/8 drop`,
      ...live.flatMap((one) => internalNames(storeId, one)),
    ]),
    ...translations(live),
    chain(
      'postrouting',
      'nat hook postrouting priority srcnat',
      live.flatMap((one) => masquerades(storeId, one)),
    ),
    chain('forward', 'filter hook forward priority filter', [
      ...live.flatMap(({ network }) => {
        const bridge = `"${bridgeName(storeId, network.id)}"`;
        if (!network.internal) return [];
        return [
          `iifname ${bridge} oifname != ${bridge} drop`,
          `oifname ${bridge} iifname != ${bridge} drop`,
        ];
      }),
      'ct state established,related accept',
      'ct status dnat accept',
      ...live.map(({ network }) => {
        const bridge = `"${bridgeName(storeId, network.id)}"`;
        return `oifname ${bridge} iifname != ${bridge} drop`;
      }),
    ]),
  ];
  return `${noRules(storeId)}table inet ${tableName(storeId)} {\n${chains.join('')}}\n`;
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  const lines = rules.map((rule) => `    ${rule}\n`).join('');
  return `  chain ${name} {\n    type ${hook}; policy accept;\n${lines}  }\n`;
}

/** On an internal network only those on it may ask for names: others would be answered from outside. */
function internalNames(storeId: string, { network, endpoints }: LiveNetwork): string[] {
  if (!network.internal) return [];
  const ask = `iifname "${bridgeName(storeId, network.id)}" meta l4proto { tcp, udp } th dport 53`;
  const [v4, v6] = [endpoints.map(({ ip }) => ip), endpoints.map(({ ip6 }) => ip6 ?? '')].map(
    (list) => list.filter((ip) => ip !== ''),
  );
  return [
    v4 && v4.length > 0
      ? `${ask} ip saddr != { ${v4.join(', ')} } drop`
      : `${ask} meta nfproto ipv4 drop`,
    v6 && v6.length > 0
      ? `${ask} ip6 saddr != { ${v6.join(', ')} } drop`
      : `${ask} meta nfproto ipv6 drop`,
  ];
}

function masquerades(storeId: string, { network }: LiveNetwork): string[] {
  if (
    network.internal ||
    network.options['com.docker.network.bridge.enable_ip_masquerade'] === 'false'
  ) {
    return [];
  }
  const bridge = `"${bridgeName(storeId, network.id)}"`;
  return network.subnets.flatMap(({ subnet }) => {
    const ip = subnet.includes(':') ? 'ip6' : 'ip';
    return [
      `${ip} saddr ${subnet} oifname != ${bridge} masquerade`,
      // A container that calls itself, or a neighbour, by the machine's address.
      `${ip} saddr ${subnet} ${ip} daddr ${subnet} ct status dnat masquerade`,
      ...(ip === 'ip' ? [`ip saddr 127.0.0.0/8 oifname ${bridge} masquerade`] : []),
    ];
  });
}

interface Mapping extends PublishedPort {
  readonly target: string;
}

function translations(live: readonly LiveNetwork[]): string[] {
  const ports: Mapping[] = live.flatMap(({ endpoints }) =>
    endpoints.flatMap((endpoint) =>
      endpoint.ports.flatMap((port) => {
        const target = port.hostIp.includes(':') ? endpoint.ip6 : endpoint.ip;
        return target === undefined || target === '' ? [] : [{ ...port, target }];
      }),
    ),
  );
  if (ports.length === 0) return [];
  const kinds = [
    { name: 'one4', ip: 'ip', v6: false, any: false },
    { name: 'any4', ip: 'ip', v6: false, any: true },
    { name: 'one6', ip: 'ip6', v6: true, any: false },
    { name: 'any6', ip: 'ip6', v6: true, any: true },
  ] as const;
  const used = kinds
    .map((kind) => ({
      ...kind,
      ports: ports.filter(
        ({ hostIp }) => hostIp.includes(':') === kind.v6 && isAny(hostIp) === kind.any,
      ),
    }))
    .filter((kind) => kind.ports.length > 0);
  const maps = used.map(({ name, v6, any, ports: own }) => {
    const address = v6 ? 'ipv6_addr' : 'ipv4_addr';
    const elements = own.map(
      (port) =>
        `${any ? '' : `${port.hostIp} . `}${port.protocol} . ${port.hostPort} : ${port.target} . ${port.containerPort}`,
    );
    const key = `${any ? '' : `${address} . `}inet_proto . inet_service`;
    return `  map ${name} {\n    type ${key} : ${address} . inet_service\n    elements = { ${elements.join(', ')} }\n  }\n`;
  });
  const rules = used.map(
    ({ name, ip, any }) =>
      `    meta nfproto ${ip === 'ip' ? 'ipv4' : 'ipv6'} dnat ${ip} to ${any ? '' : `${ip} daddr . `}meta l4proto . th dport map @${name}\n`,
  );
  const local = ['meta l4proto { tcp, udp } fib daddr type local jump published'];
  return [
    ...maps,
    `  chain published {\n${rules.join('')}  }\n`,
    chain('prerouting', 'nat hook prerouting priority dstnat', local),
    chain('output', 'nat hook output priority -100', [
      // The kernel sends nothing from there to other interfaces.
      'ip6 daddr ::1 return',
      ...local,
    ]),
  ];
}
