import type { Attachment, NetworkCreateRequest, NetworkRecord } from '../network/types.ts';

/** A container on a network. */
export interface NetworkMember {
  readonly containerId: string;
  readonly name: string;
  readonly endpointId: string;
  readonly mac: string;
  /** With the length of the prefix, `10.0.0.2/24`; empty where it has none. */
  readonly ipv4: string;
  readonly ipv6: string;
}

/** A network, and who is on it. */
export interface NetworkDetails extends NetworkRecord {
  readonly members: readonly NetworkMember[];
}

/** How to put a container on a network. */
export type ConnectOptions = Omit<Attachment, 'name'>;

/** Which networks to remove. All conditions must hold. */
export interface NetworkPruneFilter {
  /** Made before. */
  readonly until?: Date;
  /** `key` or `key=value`; all of them. */
  readonly label?: readonly string[];
  /** None of them. */
  readonly labelNot?: readonly string[];
}

/** Networks of containers, by verb. */
export interface Networks {
  /**
   * Makes a network and returns its ID. Throws InvalidNetworkError, PredefinedNetworkError,
   * NetworkConflictError.
   */
  create(request: NetworkCreateRequest): Promise<string>;
  /** All of them, by name. */
  list(): Promise<NetworkDetails[]>;
  /** By name, ID, or how that begins. Throws NetworkNotFoundError. */
  inspect(name: string): Promise<NetworkDetails>;
  /**
   * Removes a network that no running container is on. Throws NetworkNotFoundError,
   * PredefinedNetworkError, NetworkConflictError.
   */
  remove(name: string): Promise<void>;
  /** Removes those that no running container is on; returns their names. */
  prune(filter?: NetworkPruneFilter): Promise<string[]>;
  /**
   * Puts a container on a network: now when it runs, from its next start on otherwise. Throws
   * NetworkNotFoundError, ContainerNotFoundError, NetworkConflictError, InvalidNetworkError.
   */
  connect(network: string, container: string, options?: ConnectOptions): Promise<void>;
  /**
   * Takes a container from a network. `force` does so as well when the container is gone.
   * Throws NetworkNotFoundError, ContainerNotFoundError, NetworkConflictError.
   */
  disconnect(
    network: string,
    container: string,
    options?: { readonly force?: boolean },
  ): Promise<void>;
}
