import type { RegistrySettings } from './settings.ts';

/** Docker Hub: what its references say, where it answers, and how credentials for it are kept. */
export const HUB = {
  name: 'docker.io',
  endpoint: 'registry-1.docker.io',
  credentials: 'https://index.docker.io/v1/',
} as const;

/** The host that answers for the registry of a reference. */
export function endpointHost(registry: string): string {
  return registry === HUB.name ? HUB.endpoint : registry;
}

/** The host alone: no port, no brackets. */
export function hostName(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
}

/** True for this machine, by an address or by its name. */
export function isLoopback(host: string): boolean {
  const name = hostName(host);
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true;
  const { isIPv4 } = process.getBuiltinModule('node:net');
  return isIPv4(name) && name.startsWith('127.');
}

/**
 * True where TLS is not asked for: this machine, and what the settings list.
 *
 * @see https://docs.docker.com/reference/cli/dockerd/#insecure-registries
 */
export function isInsecure(host: string, { insecure = [], tlsVerify }: RegistrySettings): boolean {
  if (tlsVerify === false || isLoopback(host)) return true;
  const name = hostName(host);
  return insecure.some((rule) => {
    if (!rule.includes('/')) return rule === host || rule === name;
    return inNetwork(name, rule);
  });
}

/** Addresses that only mean something where one is: a token service there is a trap. */
const INNER = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::/127',
  '::ffff:0:0/96',
  'fc00::/7',
  'fe80::/10',
];

/** True for a literal address of this machine or of a private network. */
export function isInnerAddress(host: string): boolean {
  const name = hostName(host);
  return INNER.some((network) => inNetwork(name, network));
}

function inNetwork(address: string, network: string): boolean {
  const { isIP, BlockList } = process.getBuiltinModule('node:net');
  const [base = '', bits = ''] = network.split('/');
  const family = isIP(base);
  if (family === 0 || family !== isIP(address) || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(base, Number(bits), kind);
  return list.check(address, kind);
}
