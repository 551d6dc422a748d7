import type { CallOptions } from '../base/progress.ts';
import type { PouredArchive } from './archive-types.ts';
import type { Digest } from '../oci/digest.ts';
import type { CreateRequest } from './create-request.ts';
import type { ContainerChange } from './understand-types.ts';
import type { ContainerState } from '../store/tables.ts';
import type { ExitStatus } from '../runtime/executor.ts';

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
  readonly state: ContainerState;
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
    request: CreateRequest,
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
