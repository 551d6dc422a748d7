/** A volume as it is asked for. */
export interface VolumeRequest {
  /** Made up where there is none. */
  readonly name?: string;
  /** `local`, the only one there is. */
  readonly driver?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the local driver: `type`, `device` and `o`, as mount(8) takes them. */
  readonly options?: Readonly<Record<string, string>>;
}

/** A volume as it is. */
export interface VolumeDetails {
  readonly name: string;
  readonly driver: string;
  readonly created: Date;
  /** Made for a container that named none. */
  readonly anonymous: boolean;
  /** Undefined where none were given. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly options: Readonly<Record<string, string>> | undefined;
  /** Where its files are. */
  readonly mountpoint: string;
  /** IDs of the containers that have it, running or not. */
  readonly users: readonly string[];
}

/** Which volumes. Values of `name` and `driver` are ORed, of `label` ANDed; keys are ANDed. */
export interface VolumeFilter {
  /** Whether no container has it. */
  readonly dangling?: boolean;
  /** Regular expressions. */
  readonly name?: readonly string[];
  readonly driver?: readonly string[];
  /** `key` or `key=value`. */
  readonly label?: readonly string[];
  /** None of them. */
  readonly labelNot?: readonly string[];
}

/** Names of the volumes that were removed, and the bytes that were in them. */
export interface VolumesPruned {
  readonly removed: readonly string[];
  readonly bytes: number;
}

/** Volumes, by verb. */
export interface Volumes {
  /** Returns its name; one that is there already stays as it is. Throws VolumeError. */
  create(request?: VolumeRequest): Promise<string>;
  list(filter?: VolumeFilter): Promise<VolumeDetails[]>;
  /** Throws VolumeNotFoundError. */
  inspect(name: string): Promise<VolumeDetails>;
  /** Throws VolumeNotFoundError but with `force`, VolumeInUseError. */
  remove(name: string, options?: { readonly force?: boolean }): Promise<void>;
  /** Removes those that no container has: anonymous ones, with `all` every one. */
  prune(
    filter?: Pick<VolumeFilter, 'label' | 'labelNot'> & { readonly all?: boolean },
  ): Promise<VolumesPruned>;
}
