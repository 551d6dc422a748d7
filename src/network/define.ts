import {
  contains,
  formatAddress,
  formatCidr,
  networkOf,
  overlaps,
  parseAddress,
  parseCidr,
  type Cidr,
} from './address.ts';
import { InvalidNetworkError, NetworkConflictError, PredefinedNetworkError } from './errors.ts';
import { chooseSubnet, chooseSubnet6, gatewayOf, isHost } from './pool.ts';
import type { NetworkCreateRequest, NetworkRecord, Subnet } from './types.ts';

/** Networks that are always there, and another word for one of them. */
const PREDEFINED = ['bridge', 'host', 'none', 'default'];
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;
/** Fewer addresses than these are not enough for a gateway and a container. */
const LONGEST = { 4: 30, 6: 126 } as const;
const SHORTEST = { 4: 8, 6: 32 } as const;
const MAXIMUM_MTU = 65535;

/** What a new network must not get in the way of. */
export interface Surroundings {
  readonly id: string;
  readonly storeId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Ranges of other networks of this store: they must not be asked for. */
  readonly others: readonly Cidr[];
  /** Ranges that the machine uses: they are not chosen. */
  readonly host: readonly Cidr[];
}

/** Throws PredefinedNetworkError and InvalidNetworkError when no network can be called so. */
export function checkNetworkName(name: string): void {
  if (PREDEFINED.includes(name)) {
    throw new PredefinedNetworkError(`operation is not permitted on predefined ${name} network`);
  }
  if (!NAME.test(name)) {
    throw new InvalidNetworkError(
      `invalid network name ${JSON.stringify(name)}: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
  }
}

/**
 * The record for a network that was asked for. Throws InvalidNetworkError, and
 * NetworkConflictError when its addresses are not free.
 */
export function defineNetwork(request: NetworkCreateRequest, around: Surroundings): NetworkRecord {
  const { name, driver = 'bridge', options = {}, ipamOptions = {}, labels = {} } = request;
  checkNetworkName(name);
  if (driver !== 'bridge') throw driverError(driver);
  checkOptions(options);
  const subnets = subnetsOf(request, around);
  const ipv6 = request.ipv6 ?? subnets.some(({ subnet }) => subnet.includes(':'));
  const ipv4 = request.ipv4 ?? true;
  const has = (family: 4 | 6): boolean =>
    subnets.some(({ subnet }) => subnet.includes(':') === (family === 6));
  if (!ipv4 && !ipv6) throw new InvalidNetworkError('IPv4 or IPv6 must be enabled');
  if (!ipv4 && has(4)) throw new InvalidNetworkError('a network without IPv4 has no IPv4 subnet');
  if (!ipv6 && has(6)) throw new InvalidNetworkError('a network without IPv6 has no IPv6 subnet');
  const all = [
    ...(ipv4 && !has(4) ? [chooseSubnet([...around.others, ...around.host], around.storeId)] : []),
    ...subnets,
    ...(ipv6 && !has(6) ? [chooseSubnet6(around.id)] : []),
  ];
  return {
    id: around.id,
    name,
    createdAt: around.now,
    driver: 'bridge',
    internal: request.internal === true,
    ipv4,
    ipv6,
    attachable: request.attachable === true,
    subnets: all,
    options,
    ipamOptions,
    labels,
  };
}

function driverError(driver: string): Error {
  if (driver === 'host' || driver === 'null' || driver === 'none') {
    return new PredefinedNetworkError(
      `only one instance of "${driver === 'none' ? 'null' : driver}" network is allowed`,
    );
  }
  return new InvalidNetworkError(
    `could not find plugin ${driver} in v1 plugin registry: plugin not found`,
    {
      hint: "Networks are made by the driver 'bridge'.",
    },
  );
}

/** What `-o` can say; the rest of Docker's options would do nothing here. */
const OPTIONS: Readonly<Record<string, (value: string) => boolean>> = {
  'com.docker.network.driver.mtu': (value) =>
    /^\d{1,5}$/.test(value) && Number(value) >= 68 && Number(value) <= MAXIMUM_MTU,
  'com.docker.network.bridge.enable_icc': isBoolean,
  'com.docker.network.bridge.enable_ip_masquerade': isBoolean,
  'com.docker.network.bridge.host_binding_ipv4': (value) => parseAddress(value)?.family === 4,
};

function isBoolean(value: string): boolean {
  return value === 'true' || value === 'false';
}

function checkOptions(options: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(options)) {
    const fits = Object.hasOwn(OPTIONS, key) ? OPTIONS[key] : undefined;
    if (!fits) {
      throw new InvalidNetworkError(`the driver 'bridge' has no option ${JSON.stringify(key)}`, {
        hint: `It has: ${Object.keys(OPTIONS).join(', ')}.`,
      });
    }
    if (!fits(value)) {
      throw new InvalidNetworkError(`invalid value ${JSON.stringify(value)} of option ${key}`);
    }
  }
}

function subnetsOf(request: NetworkCreateRequest, { others }: Surroundings): Subnet[] {
  const ranges = (request.subnets ?? []).map(subnetRange);
  const made: (Subnet & { readonly at: Cidr })[] = [];
  for (const at of ranges) {
    if (made.some((one) => overlaps(one.at, at))) {
      throw new InvalidNetworkError('multiple overlapping subnet configuration is not supported');
    }
    if (others.some((one) => overlaps(one, at))) {
      throw new NetworkConflictError(
        'invalid pool request: Pool overlaps with other one on this address space',
        {
          hint: `A network of this store has addresses of ${formatCidr(at)}.`,
        },
      );
    }
    made.push({ at, subnet: formatCidr(at), gateway: gatewayOf(at) });
  }
  if (
    made.length === 0 &&
    [request.gateways, request.ranges, request.reserved].some((list) => (list?.length ?? 0) > 0)
  ) {
    throw new InvalidNetworkError('every ip-range or gateway must have a corresponding subnet');
  }
  const gateways = placed(made, request.gateways ?? [], 'gateway', (text) => parseAddress(text));
  const pools = placed(made, request.ranges ?? [], 'range', (text) => parseCidr(text));
  return made.map(({ at: range, ...subnet }, index) => {
    const gateway = gateways.get(index);
    const pool = pools.get(index);
    if (gateway && !isHost({ ...subnet, gateway: '' }, gateway)) {
      throw new InvalidNetworkError(
        `gateway ${formatAddress(gateway)} is no host of ${subnet.subnet}`,
      );
    }
    const reserved = reservedIn(request.reserved ?? [], range, made);
    return {
      ...subnet,
      ...(gateway && { gateway: formatAddress(gateway) }),
      ...(pool && { range: formatCidr(networkOf(pool)) }),
      ...(Object.keys(reserved).length > 0 && { reserved }),
    };
  });
}

function subnetRange(text: string): Cidr {
  const range = parseCidr(text);
  if (!range) throw new InvalidNetworkError(`invalid subnet ${text}: invalid CIDR block notation`);
  const whole = networkOf(range);
  if (whole.value !== range.value) {
    throw new InvalidNetworkError(`invalid subnet ${text}: it should be ${formatCidr(whole)}`);
  }
  if (range.prefix > LONGEST[range.family] || range.prefix < SHORTEST[range.family]) {
    throw new InvalidNetworkError(
      `invalid subnet ${text}: prefixes go from /${SHORTEST[range.family]} to /${LONGEST[range.family]}`,
    );
  }
  return range;
}

/** Which subnet each of these belongs to; each subnet can have one. */
function placed<T extends ReturnType<typeof parseAddress>>(
  subnets: readonly { readonly at: Cidr }[],
  texts: readonly string[],
  what: 'gateway' | 'range',
  parse: (text: string) => T,
): Map<number, NonNullable<T>> {
  const found = new Map<number, NonNullable<T>>();
  for (const text of texts) {
    const value = parse(text);
    if (!value) throw new InvalidNetworkError(`invalid ${what} ${JSON.stringify(text)}`);
    const index = subnets.findIndex(({ at }) =>
      'prefix' in value
        ? contains(at, value) && (value as unknown as Cidr).prefix >= at.prefix
        : contains(at, value),
    );
    if (index === -1) throw new InvalidNetworkError(`no matching subnet for ${what} ${text}`);
    if (found.has(index)) {
      throw new InvalidNetworkError(
        `cannot configure multiple ${what}s (${text}) on the same subnet`,
      );
    }
    found.set(index, value);
  }
  return found;
}

function reservedIn(
  texts: readonly string[],
  range: Cidr,
  all: readonly { readonly at: Cidr }[],
): Record<string, string> {
  const found: [string, string][] = [];
  for (const text of texts) {
    const equals = text.indexOf('=');
    const address = parseAddress(text.slice(equals + 1));
    if (equals < 1 || !address || !all.some(({ at }) => contains(at, address))) {
      throw new InvalidNetworkError(`no matching subnet for aux-address ${text}`);
    }
    if (contains(range, address)) found.push([text.slice(0, equals), formatAddress(address)]);
  }
  return Object.fromEntries(found);
}
