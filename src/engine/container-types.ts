import type { CallOptions } from '../base/progress.ts';
import type { PouredArchive } from './archive-types.ts';
import type { Digest } from '../oci/digest.ts';
import type { ContainerConfig } from '../oci/image-config.ts';
import type { EndpointRecord } from '../network/types.ts';
import type { OutputSink } from '../monitor/attachment.ts';
import type { LogEntry } from '../monitor/log.ts';
import type { TerminalSize } from '../monitor/resize.ts';
import type { ProcessList } from '../runtime/list-processes.ts';
import type { ContainerHealth, ContainerMount } from './containers/record.ts';
import type { StartedByPolicy } from './containers/start-by-policy.ts';
import type { CreateRequest, ResourceLimits, RestartPolicy } from './create-request.ts';
import type { ContainerChange } from './understand-types.ts';
import type { ContainerState } from '../store/tables.ts';

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
  /** Of its health check, where it has one. */
  readonly healthStatus: ContainerHealth['status'] | undefined;
  /** It runs, but its monitor was killed: nobody writes its log or its exit code. */
  readonly unmonitored: boolean;
  readonly mounts: readonly ContainerMount[];
  /** Names of the networks that it is on. */
  readonly networks: readonly string[];
  /** `80/tcp`: what it says that it listens on. */
  readonly exposed: readonly string[];
  /** Where it was asked for. */
  readonly size?: ContainerSize;
  /** Its places on networks, while it runs. */
  readonly endpoints: readonly EndpointRecord[];
}

/** Which containers are listed, and what of them. */
export interface ContainerListOptions {
  /** Also those that do not run. */
  readonly all?: boolean;
  /** Only those of one of these images, or of images that were committed from them: names or IDs. */
  readonly ancestors?: readonly string[];
  /** What they take on the disk is measured. */
  readonly size?: boolean;
}

/** What a container takes on the disk. */
export interface ContainerSize {
  /** Bytes of what it changed. */
  readonly written: number;
  /** That, and its image. */
  readonly whole: number;
}

/** What is known of one container. */
export interface ContainerDetails extends ContainerSummary {
  readonly argv: readonly string[];
  /** Goes when it ends. */
  readonly remove: boolean;
  /** Its first process; 0 when there is none. */
  readonly pid: number;
  readonly error: string;
  readonly oomKilled: boolean;
  readonly restartCount: number;
  readonly health?: ContainerHealth;
  readonly settings: CreateRequest;
  /** The image's configuration with the request on top. */
  readonly config: ContainerConfig;
  readonly hostname: string;
  readonly mounts: readonly ContainerMount[];
  /** What is hidden from it, and what it may read only, of the kernel's files. */
  readonly masked: readonly string[];
  readonly readonlyPaths: readonly string[];
  /** Processes that were started beside its own. */
  readonly execIds: readonly string[];
  /** Where its parts are on the disk. */
  readonly places: {
    readonly directory: string;
    readonly log: string;
    readonly merged: string;
    readonly upper: string;
    readonly work: string;
    readonly lower: readonly string[];
  };
}

/** What making a container needs beside the request. */
export interface CreateOptions extends CallOptions {
  /** The caller's own variables, for those that are asked for by name alone. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Brings an image that is not here; `name` is familiar. */
  readonly missing?: (name: string) => Promise<void>;
  /** Throws when this image must not be run. */
  readonly admit?: (id: Digest) => Promise<void>;
}

/** The streams of a process in a container. Leaving the scope leaves the process alone. */
export interface ExecSession extends Disposable {
  /** Its exit code, once it has ended and all of its output was handed on; 0 when it was left before. */
  readonly ended: Promise<number>;
  /** Resolves when it can take more. */
  send(chunk: Uint8Array): Promise<void>;
  /** Its standard input ends. */
  endInput(): void;
  /** Tells it how large its terminal is. */
  resize(size: TerminalSize): void;
}

/** The streams of a container. */
export interface ContainerSession extends ExecSession {
  readonly id: string;
  /** It has a terminal: all output is standard output. */
  readonly terminal: boolean;
  /** It takes input. */
  readonly interactive: boolean;
  /** Sends a signal to its first process. */
  kill(signal: string): void;
}

/** A process to start beside those of a container. */
export interface ExecRequest {
  readonly command: readonly string[];
  /** `K=V`. */
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
  readonly interactive?: boolean;
  readonly terminal?: boolean;
  readonly privileged?: boolean;
}

/** Which part of what a container said. */
export interface LogRequest {
  /** So many of the last lines. */
  readonly tail?: number;
  readonly since?: Date;
  readonly until?: Date;
  /** Goes on until it has ended. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** What a container uses at a moment. */
export interface ContainerUse {
  readonly id: string;
  readonly name: string;
  /** Nanoseconds of processors' time since its start. */
  readonly cpu: number;
  /** When it was read, in nanoseconds of a clock that only grows. */
  readonly at: number;
  /** Bytes, without what the kernel would give up at once. */
  readonly memory: number;
  /** Bytes that it may have; the machine's memory where there is no limit. */
  readonly memoryLimit: number;
  readonly received: number;
  readonly sent: number;
  readonly read: number;
  readonly written: number;
  readonly processes: number;
}

/** Containers, by verb. Names are taken as typed: a name, an ID, an ID's beginning. */
export interface Containers {
  /** Makes a container and leaves it at that. Errors have exit code 125 to 127. */
  create(request: CreateRequest, options?: CreateOptions): Promise<{ readonly id: string }>;
  /**
   * Makes a container and starts it; with `attach` its streams are had from the first word on,
   * and this process stays with it. What cannot be started leaves nothing.
   */
  run(
    request: CreateRequest,
    options?: CreateOptions & { readonly attach?: OutputSink },
  ): Promise<{ readonly id: string; readonly session?: ContainerSession }>;
  /** One that runs already stays as it is; attaching to it is `attach`. */
  start(
    name: string,
    options?: CallOptions & { readonly attach?: OutputSink },
  ): Promise<ContainerSession | undefined>;
  /**
   * Starts those that do not run and have one of these policies, as after a boot; tells of each
   * that was started or could not be.
   */
  startByPolicy(policies: readonly RestartPolicy['name'][]): AsyncIterable<StartedByPolicy>;
  /** Throws ContainerConflictError when it does not run. */
  attach(name: string, sink: OutputSink): Promise<ContainerSession>;
  /** With a sink its streams are had; otherwise it runs in the background. */
  exec(name: string, request: ExecRequest, sink?: OutputSink): Promise<ExecSession | undefined>;
  /** Asks it to end, and kills it after `timeout` seconds (-1: never). */
  stop(name: string, options?: StopRequest): Promise<void>;
  restart(name: string, options?: StopRequest & Pick<CallOptions, 'progress'>): Promise<void>;
  /** Throws ContainerConflictError when it does not run. */
  kill(name: string, signal?: string): Promise<void>;
  /** Resolves with its exit code once it does not run. */
  wait(name: string, options?: { readonly signal?: AbortSignal }): Promise<number>;
  rename(name: string, wanted: string): Promise<void>;
  pause(name: string): Promise<void>;
  unpause(name: string): Promise<void>;
  logs(name: string, request?: LogRequest): Promise<AsyncIterable<LogEntry>>;
  /** Its processes as the machine's `ps` lists them. */
  top(name: string, options?: readonly string[]): Promise<ProcessList>;
  /** Changes limits and the restart policy, also while it runs. */
  update(name: string, request: UpdateRequest): Promise<void>;
  /** Of those that run; of one that does not, all is 0. */
  use(names: readonly string[]): Promise<readonly ContainerUse[]>;
  /** What it changed of its image's files. Throws ContainerNotFoundError. */
  changes(name: string): Promise<ContainerChange[]>;
  list(options?: ContainerListOptions): Promise<ContainerSummary[]>;
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
  /** What its monitor calls when a container has ended: see `engine/containers/after-exit.ts`. */
  afterExit(id: string): Promise<void>;
  /** Stays as long as containers need somebody who does: see `engine/tend/tend.ts`. */
  tend(): Promise<void>;
}

/** How a container is stopped. */
export interface StopRequest {
  /** Seconds until it is killed; -1 never does. The container's own by default. */
  readonly timeout?: number;
  readonly signal?: string;
}

/** What `update` changes. */
export interface UpdateRequest {
  readonly limits?: ResourceLimits;
  readonly restart?: RestartPolicy;
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
