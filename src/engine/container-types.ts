import type { CallOptions } from '../base/progress.ts';
import type { PouredArchive } from './archive-types.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { ContainerChange } from './understand-types.ts';
import type { ExitStatus } from '../runtime/executor.ts';

/** A container to run in the foreground. Absent members take the image's values. */
export interface RunRequest {
  readonly image: string;
  /** Of an index, the image for this platform; by default the one for this machine. */
  readonly platform?: Platform;
  /** Replaces CMD. */
  readonly command?: readonly string[];
  readonly name?: string;
  readonly entrypoint?: readonly string[];
  /** `K=V`, or `K` alone to take the caller's value out of `environment`. */
  readonly env?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly hostname?: string;
  /** `source:target[:options]` as typed. */
  readonly volumes?: readonly string[];
  /** `--mount` as typed. */
  readonly mounts?: readonly string[];
  /** `--volumes-from` as typed. */
  readonly volumesFrom?: readonly string[];
  /** Of volumes of `volumes` that have to be made. */
  readonly volumeDriver?: string;
  readonly network?: 'default' | 'host' | 'none';
  readonly labels?: Readonly<Record<string, string>>;
  readonly remove?: boolean;
  readonly interactive?: boolean;
  readonly terminal?: boolean;
  readonly readonly?: boolean;
  readonly privileged?: boolean;
  readonly noNewPrivileges?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly shmSize?: number;
  readonly cidfile?: string;
  /** Bytes. */
  readonly memory?: number;
  readonly cpus?: number;
  readonly pidsLimit?: number;
  readonly ulimits?: readonly {
    readonly type: string;
    readonly soft: number;
    readonly hard: number;
  }[];
  readonly extraHosts?: readonly string[];
  readonly tmpfs?: readonly string[];
}

/** One row of `ps`. */
export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  /** As typed at `run`; the ID when that name now means another image. */
  readonly image: string;
  readonly imageId: Digest;
  /** Arguments with a blank stand in quotes. */
  readonly command: string;
  readonly created: Date;
  readonly state: 'created' | 'running' | 'exited';
  readonly started: Date | undefined;
  readonly finished: Date | undefined;
  readonly exitCode: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** What is known of one container. */
export interface ContainerDetails extends ContainerSummary {
  readonly argv: readonly string[];
  /** Goes when it ends. */
  readonly remove: boolean;
  /** Its first process; 0 when there is none. */
  readonly pid: number;
  /** Bytes that it wrote, and with those of its image; where they were asked for. */
  readonly size?: { readonly written: number; readonly whole: number };
}

/** Containers, by verb. */
export interface Containers {
  /** Runs to the end, with this process's own input and output. */
  run(
    request: RunRequest,
    options?: CallOptions & {
      readonly environment?: Readonly<Record<string, string | undefined>>;
      /** Brings an image that is not here; `name` is familiar. */
      readonly missing?: (name: string) => Promise<void>;
      /** Throws when this image must not be run. */
      readonly admit?: (id: Digest) => Promise<void>;
    },
  ): Promise<ExitStatus>;
  /** What it changed of its image's files. Throws ContainerNotFoundError. */
  changes(name: string): Promise<ContainerChange[]>;
  list(options?: { readonly all?: boolean }): Promise<ContainerSummary[]>;
  /**
   * A tar of the files that a container sees, running or not, without what is mounted on them.
   * Throws ContainerNotFoundError.
   */
  export(name: string, options?: CallOptions): Promise<PouredArchive>;
  /** Throws ContainerNotFoundError. */
  inspect(name: string, options?: { readonly size?: boolean }): Promise<ContainerDetails>;
  /** Throws ContainerNotFoundError, ContainerConflictError when it runs and `force` is not set. */
  remove(
    name: string,
    options?: {
      readonly force?: boolean;
      /** Its anonymous volumes go, too. */
      readonly volumes?: boolean;
    },
  ): Promise<string>;
  /** Removes those that do not run; without limits all of them. */
  prune(filter?: ContainerPruneFilter): Promise<ContainersPruned>;
}

/** Which containers to remove. All conditions must hold. */
export interface ContainerPruneFilter {
  /** Made before. */
  readonly until?: Date;
  /** `key` or `key=value`; all of them. */
  readonly label?: readonly string[];
  /** None of them. */
  readonly labelNot?: readonly string[];
}

/** IDs of the containers that were removed, and the bytes that they had written. */
export interface ContainersPruned {
  readonly removed: readonly string[];
  readonly bytes: number;
}
