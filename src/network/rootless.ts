import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { helperPath } from '../sys/helper.ts';
import { namesIn } from '../sys/names-in.ts';
import { randomHex } from '../sys/random.ts';
import { startAndWait } from '../sys/start-service.ts';
import { dnsNamesOf } from './allocate.ts';
import { InvalidNetworkError, NetworkSetupError } from './errors.ts';
import { withNetworkLock } from './lock.ts';
import type { NetworkParts } from './parts.ts';
import { exposedPorts } from './port-spec.ts';
import { endpointFrom, endpointRow, networkNamed, tellNetwork } from './records.ts';
import { reservePorts } from './reserve.ts';
import { resolverFor } from './resolver.ts';
import { forwardPorts } from './slirp-ports.ts';
import type {
  ContainerNetworks,
  EndpointRecord,
  NetworkedContainer,
  NetworkRequest,
  PreparedNetwork,
  PublishedPort,
} from './types.ts';

const TUN = '/dev/net/tun';
const START_LIMIT = 5000;
/** The kernel takes so many bytes for the path of a socket. */
const SOCKET_PATH = 107;
/** What slirp4netns gives the one behind it, and the name server that it is. */
const SLIRP_IP = '10.0.2.100';
const SLIRP_DNS = '10.0.2.3';
const SLIRP_GATEWAY = '10.0.2.2';

/**
 * The networks of a user who is not root: each container is connected by a process of its own,
 * pasta or slirp4netns. There is `bridge` and nothing else, and it cannot be changed while a
 * container runs.
 */
export function rootlessNetworks(parts: NetworkParts): ContainerNetworks {
  const { store, stateDir } = parts;
  const refuse = (): Promise<never> =>
    Promise.reject(
      new NetworkSetupError('networks of running containers are changed by root only'),
    );
  return {
    endpoints: (id) => store.read((tables) => tables.endpoints.of(id).map(endpointFrom)),
    prepare: (container, request) =>
      withNetworkLock(stateDir, () => Promise.resolve(prepare(parts, container, request))),
    release: (id) => Promise.resolve(drop(parts, [id])),
    connect: refuse,
    disconnect: refuse,
    rename: () => Promise.resolve(),
    reconcile(alive) {
      const known = store.read((tables) => tables.endpoints.list().map((one) => one.container));
      if (known.length === 0) return Promise.resolve();
      const living = alive();
      drop(
        parts,
        known.filter((id) => !living.has(id)),
      );
      return Promise.resolve();
    },
  };
}

type Connector = { readonly name: 'pasta' | 'slirp4netns'; readonly path: string };

/** Throws NetworkSetupError, with what to do, where a user cannot have a network. */
export function findConnector(tun = TUN): Connector {
  const pasta = helperPath('pasta');
  const slirp = helperPath('slirp4netns');
  const found: Connector | undefined =
    pasta !== undefined
      ? { name: 'pasta', path: pasta }
      : slirp !== undefined
        ? { name: 'slirp4netns', path: slirp }
        : undefined;
  if (!found) {
    throw new NetworkSetupError('containers of users other than root need pasta or slirp4netns', {
      hint: "Install the package 'passt', or use --network host or --network none.",
    });
  }
  try {
    accessSync(tun, constants.W_OK);
  } catch (error) {
    throw new NetworkSetupError(`${tun} is not writable: ${found.name} cannot connect containers`, {
      hint: `Have root run 'chmod 0666 ${tun}', or use --network host or --network none.`,
      cause: error,
    });
  }
  return found;
}

function prepare(
  parts: NetworkParts,
  container: NetworkedContainer,
  request: NetworkRequest,
): PreparedNetwork {
  const { store } = parts;
  drop(parts, [container.id]);
  const [attachment = { name: 'default' }, ...more] = request.networks;
  const network = store.read((tables) => networkNamed(tables, attachment.name));
  const wanted = attachment.ip ?? attachment.ip6 ?? attachment.mac ?? attachment.aliases?.[0];
  if (network.name !== 'bridge' || more.length > 0 || wanted !== undefined) {
    throw new InvalidNetworkError(
      'users other than root have the network bridge only, and no say in it',
      {
        hint: 'Networks between containers need root.',
      },
    );
  }
  const connector = findConnector();
  const ports = portsOf(parts, request);
  const endpoint: EndpointRecord = {
    endpointId: randomHex(32),
    containerId: container.id,
    containerName: container.name,
    networkId: network.id,
    networkName: network.name,
    interfaceName: connector.name === 'pasta' ? 'eth0' : 'tap0',
    mac: '',
    ip: connector.name === 'pasta' ? '' : SLIRP_IP,
    prefix: connector.name === 'pasta' ? 0 : 24,
    ...(connector.name === 'slirp4netns' && { gateway: SLIRP_GATEWAY }),
    aliases: [],
    dnsNames: dnsNamesOf(container, []),
    ports,
  };
  const at = store.clock.now().getTime();
  store.note((tables) => {
    tables.endpoints.put(endpointRow(endpoint));
    tellNetwork(tables, 'connect', network, at, container.id);
  });
  const own = resolverFor(request, []);
  const isSlirp = connector.name === 'slirp4netns' && (request.dns?.length ?? 0) === 0;
  return {
    reserved: [],
    closeReserved: () => undefined,
    endpoints: [endpoint],
    resolver: isSlirp ? { ...own, nameservers: [SLIRP_DNS] } : own,
    hostsEntries: endpoint.ip === '' ? [] : [[endpoint.ip, [container.hostname]]],
    beside: { startFor: (pid) => start(parts, connector, endpoint, pid) },
  };
}

/** Whether they can be had is found out now; the process that connects takes them when it starts. */
function portsOf({ store }: NetworkParts, request: NetworkRequest): readonly PublishedPort[] {
  const { publish = [], publishAll = false, exposed = [] } = request;
  const said = new Set(publish.map((one) => `${one.containerPort}/${one.protocol}`));
  const rest = publishAll
    ? exposedPorts(exposed).filter((one) => !said.has(`${one.containerPort}/${one.protocol}`))
    : [];
  const taken = store.read((tables) =>
    tables.endpoints.list().flatMap((row) => endpointFrom(row).ports),
  );
  using reserved = reservePorts([...publish, ...rest], {
    networkName: 'bridge',
    ipv4: true,
    ipv6: false,
    taken,
  });
  return reserved.ports;
}

async function start(
  parts: NetworkParts,
  connector: Connector,
  { containerId, ports }: EndpointRecord,
  pid: number,
): Promise<void> {
  const place = placeOf(parts, containerId);
  mkdirSync(join(parts.stateDir, 'connect'), { recursive: true, mode: 0o700 });
  const isPasta = connector.name === 'pasta';
  if (!isPasta && place.length > SOCKET_PATH) {
    throw new NetworkSetupError(`the path of the store is too long for slirp4netns: ${place}`);
  }
  const args = isPasta ? pastaArguments(ports, place) : slirpArguments(place, pid);
  const isReady = (): boolean => (isPasta ? isWritten(place) : existsSync(place));
  // By its ID pasta may not look at a process that may do more than itself.
  const namespace = isPasta ? openSync(`/proc/${pid}/ns/net`, 'r') : undefined;
  const started = await startAndWait(connector.path, args, {
    isReady,
    timeout: START_LIMIT,
    ...(namespace !== undefined && { fd: namespace }),
  }).finally(() => {
    if (namespace !== undefined) closeSync(namespace);
  });
  if ('failure' in started) {
    drop(parts, [containerId]);
    throw new NetworkSetupError(`${connector.name} ${started.failure}`, {
      hint: 'Use --network host or --network none, or look into the log of the system.',
    });
  }
  if (!isPasta) await forwardPorts(place, ports);
}

/**
 * For a network namespace that it has open as descriptor 3.
 *
 * @see https://passt.top/builds/latest/web/passt.1.html
 */
export function pastaArguments(ports: readonly PublishedPort[], pidFile: string): string[] {
  const forward = (protocol: 'tcp' | 'udp', letter: string): string[] => {
    const own = ports.filter((one) => one.protocol === protocol);
    if (own.length === 0) return [letter, 'none'];
    return own.flatMap(({ hostIp, hostPort, containerPort }) => [
      letter,
      `${hostIp === '0.0.0.0' ? '' : `${hostIp}/`}${hostPort}:${containerPort}`,
    ]);
  };
  return [
    '--config-net',
    '--quiet',
    '--ns-ifname',
    'eth0',
    // The way to the machine's own loopback is none of the container's business.
    '--no-map-gw',
    ...forward('tcp', '--tcp-ports'),
    ...forward('udp', '--udp-ports'),
    '--tcp-ns',
    'none',
    '--udp-ns',
    'none',
    '--pid',
    pidFile,
    '--netns',
    '/proc/self/fd/3',
  ];
}

function slirpArguments(socket: string, pid: number): string[] {
  const fixed = ['--configure', '--mtu=65520', '--disable-host-loopback'];
  return [...fixed, `--api-socket=${socket}`, String(pid), 'tap0'];
}

function placeOf({ stateDir }: NetworkParts, containerId: string): string {
  return join(stateDir, 'connect', containerId.slice(0, 16));
}

function isWritten(file: string): boolean {
  return existsSync(file) && readFileSync(file, 'latin1').trim() !== '';
}

function drop(parts: NetworkParts, ids: readonly string[]): void {
  const { store } = parts;
  const at = store.clock.now().getTime();
  for (const id of ids) {
    const rows = store.read((tables) => tables.endpoints.of(id));
    if (rows.length === 0) continue;
    store.note((tables) => {
      for (const row of rows) {
        tellNetwork(tables, 'disconnect', networkNamed(tables, row.network), at, id);
      }
      tables.endpoints.remove(id);
    });
    const place = placeOf(parts, id);
    if (existsSync(place)) endConnector(place);
    rmSync(place, { force: true });
  }
}

/** The one that was given this file or socket, and no other. */
function endConnector(place: string): void {
  for (const name of namesIn('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      const isOurs = words.includes(place) || words.includes(`--api-socket=${place}`);
      if (isOurs) process.kill(Number(name), 'SIGTERM');
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) throw error;
    }
  }
}
