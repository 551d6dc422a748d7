/** A published port as `-p` asks for it: one container port, ranges are taken apart. */
export interface PortSpec {
  /** The machine's address to listen on; absent for all of them. */
  readonly hostIp?: string;
  /** One port, or the first and last of a range of which a free one is taken; absent for any free one. */
  readonly hostPort?: number | readonly [first: number, last: number];
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
}

/** A port as it was published. */
export interface PublishedPort {
  /** `0.0.0.0` and `::` are all addresses. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
}

/** How a container wants to be on a network. */
export interface Attachment {
  /** The network's name or ID as asked for; `default` is the network `bridge`. */
  readonly name: string;
  /** Further names there; user-made networks only. */
  readonly aliases?: readonly string[];
  /** Addresses that must be these ones. */
  readonly ip?: string;
  readonly ip6?: string;
  readonly mac?: string;
  readonly driverOpts?: Readonly<Record<string, string>>;
  /** The network with the highest value gives the default route; 0 unless given. */
  readonly gwPriority?: number;
}

/** The container that networks are prepared for. */
export interface NetworkedContainer {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly hostname: string;
}

/** All that a container wants of networks. `host`, `none` and `container:ID` need none of this. */
export interface NetworkRequest {
  readonly networks: readonly Attachment[];
  readonly publish?: readonly PortSpec[];
  /** Publishes every exposed port at a free one (`-P`). */
  readonly publishAll?: boolean;
  /** `80/tcp`, `1000-1010/udp`, as `EXPOSE` and `--expose` have them. */
  readonly exposed?: readonly string[];
  /** `--dns`, `--dns-search`, `--dns-option`. */
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  /** `name:address`; the address may be `host-gateway`. */
  readonly extraHosts?: readonly string[];
}

/** A container's place on one network, while it runs. */
export interface EndpointRecord {
  /** 64 hex digits. */
  readonly endpointId: string;
  readonly containerId: string;
  readonly containerName: string;
  readonly networkId: string;
  readonly networkName: string;
  /** The interface in the container, `eth0`. */
  readonly interfaceName: string;
  readonly mac: string;
  readonly ip: string;
  readonly prefix: number;
  /** Absent on an internal network. */
  readonly gateway?: string;
  readonly ip6?: string;
  readonly prefix6?: number;
  readonly gateway6?: string;
  /** As asked for. */
  readonly aliases: readonly string[];
  /** All names that others there can call it by. */
  readonly dnsNames: readonly string[];
  readonly driverOpts?: Readonly<Record<string, string>>;
  readonly gwPriority?: number;
  /** The address that was asked for, if any. */
  readonly asked?: { readonly ip?: string; readonly ip6?: string; readonly mac?: string };
  /** What is published by way of this network. */
  readonly ports: readonly PublishedPort[];
  /** The name servers that the container asked for. */
  readonly upstreams?: readonly string[];
}

/** The content of a container's /etc/resolv.conf. */
export interface Resolver {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** Connects a container that a user who is not root has started, from outside. */
export interface BesideProcess {
  /**
   * To be called when the container's first process exists and waits (between create and
   * start). Resolves when the network is up. The process that does it ends with the container.
   */
  startFor(pid: number): Promise<void>;
}

/** A network that a container can be started in. */
export interface PreparedNetwork {
  /**
   * Path of the network namespace to join; absent when the runtime shall make one, which
   * {@link beside} then connects.
   */
  readonly netns?: string;
  /**
   * Open descriptors that keep the published ports. Whoever monitors the container gets them
   * (as further stdio), so that they are closed with its end; {@link closeReserved} closes them here.
   */
  readonly reserved: readonly number[];
  readonly closeReserved: () => void;
  readonly endpoints: readonly EndpointRecord[];
  readonly resolver: Resolver;
  /** Lines for /etc/hosts after those for localhost: address and names. */
  readonly hostsEntries: readonly (readonly [address: string, names: readonly string[]])[];
  readonly beside?: BesideProcess;
}

/** A network as it is kept. */
export interface NetworkRecord {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly driver: 'bridge' | 'host' | 'null';
  readonly internal: boolean;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly attachable: boolean;
  /** The default bridge's has none before its first container. */
  readonly subnets: readonly Subnet[];
  /** `-o`, as given. */
  readonly options: Readonly<Record<string, string>>;
  readonly ipamOptions: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A range of addresses of a network. */
export interface Subnet {
  /** `10.200.0.0/20`. */
  readonly subnet: string;
  readonly gateway: string;
  /** Where addresses are taken from when not from all of the subnet. */
  readonly range?: string;
  /** Names and addresses that no container may get (`--aux-address`). */
  readonly reserved?: Readonly<Record<string, string>>;
  /** Chosen here, so another may be chosen when the machine comes to use it itself. */
  readonly chosen?: boolean;
}

/** A network to be made. */
export interface NetworkCreateRequest {
  readonly name: string;
  /** `bridge` unless given. */
  readonly driver?: string;
  /** One for each range; `subnet` may be absent where nothing else is given. */
  readonly subnets?: readonly string[];
  readonly gateways?: readonly string[];
  readonly ranges?: readonly string[];
  /** `name=address`. */
  readonly reserved?: readonly string[];
  readonly internal?: boolean;
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
  readonly attachable?: boolean;
  readonly options?: Readonly<Record<string, string>>;
  readonly ipamOptions?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A running container, to be connected to or taken from a network. */
export interface RunningContainer extends NetworkedContainer {
  /** Its first process. */
  readonly pid: number;
}

/**
 * The networks of one store. All calls that change something are done one after the other,
 * whichever process makes them.
 *
 * Errors that a user can meet are those of `network/errors.ts`; a call that throws leaves
 * nothing behind.
 */
export interface ContainerNetworks {
  /**
   * Makes a container's network: namespace, addresses, names, ports. What an earlier start of
   * this container left is removed first. The container has to be registered before, in a
   * state that counts as alive for {@link reconcile}.
   */
  prepare(container: NetworkedContainer, request: NetworkRequest): Promise<PreparedNetwork>;
  /** Undoes {@link prepare}; nothing happens when there is nothing. */
  release(containerId: string): Promise<void>;
  /** The places of a container on networks, in the order of its interfaces. No lock, no waiting. */
  endpoints(containerId: string): readonly EndpointRecord[];
  /** Puts a running container on a further network. */
  connect(container: RunningContainer, attachment: Attachment): Promise<EndpointRecord>;
  /** Takes a running container from a network; its published ports move to another one it is on. */
  disconnect(container: RunningContainer, network: string): Promise<void>;
  /** Other containers know it by its new name from now on. */
  rename(containerId: string, name: string): Promise<void>;
  /**
   * Removes what containers left that do not live any more: namespaces, interfaces, rules,
   * addresses, names. `alive` is called when nobody else changes networks; IDs of all
   * containers that run or are being started.
   */
  reconcile(alive: () => ReadonlySet<string>): Promise<void>;
}
