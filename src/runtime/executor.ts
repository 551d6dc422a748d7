import type { CallOptions } from '../base/progress.ts';
import type { OciHooks } from './oci-spec.ts';
import type { PreparedSource } from './prepare.ts';

/** The root file system of a process: layers to stack, and where its changes go. */
export interface RootSpec {
  /** Overlay lower directories, bottom first. Without any, `upper` itself is the root. */
  readonly lower: readonly string[];
  readonly upper: string;
  readonly work: string;
  /**
   * Syncs inside reach the disk. Without it they do nothing: whoever keeps the result syncs
   * it as a whole, and `work` cannot be used for a second mount.
   */
  readonly durable?: boolean;
  /** Mount the root read-only once it is set up (`--read-only`). */
  readonly readonly?: boolean;
}

/** Something mounted into the root. `target` exists in the stacked root already. */
export type MountSpec =
  | {
      readonly type: 'bind';
      readonly source: string;
      readonly target: string;
      readonly readonly: boolean;
      readonly recursive?: boolean;
      /** Whether later mounts below it pass from one side to the other; `rprivate` by default. */
      readonly propagation?: string;
      /** Beside those for binding: `nosuid`. */
      readonly options?: readonly string[];
    }
  | {
      readonly type: 'tmpfs';
      readonly target: string;
      /** Bytes. */
      readonly size?: number;
      readonly mode?: number;
      readonly options?: readonly string[];
    }
  | {
      /** Something that is more than a path: see {@link PreparedSource}. */
      readonly type: 'prepared';
      readonly source: PreparedSource;
      readonly target: string;
      readonly readonly: boolean;
      readonly options?: readonly string[];
    };

/** Numeric identity inside the root; names were looked up before. */
export interface UserSpec {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

/** One process (tree) to run to its end in a root of its own. */
export interface ProcessSpec {
  readonly id: string;
  readonly root: RootSpec;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** More of `env`, that no disk may see. */
  readonly secretEnv?: readonly string[];
  readonly cwd: string;
  readonly user: UserSpec;
  readonly hostname: string;
  readonly mounts: readonly MountSpec[];
  readonly network: 'none' | 'host';
  /** Namespaces of others, or of the machine, in place of its own. */
  readonly shared?: SharedNamespaces;
  readonly domainname?: string;
  /** Kernel settings of its namespaces. */
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly oomScoreAdj?: number;
  /** Capability names (`CAP_CHOWN`); Docker's 14 by default. */
  readonly capabilities?: readonly string[];
  readonly noNewPrivileges?: boolean;
  /** Turns confinement off: all capabilities, no seccomp, no masks, host devices. */
  readonly privileged?: boolean;
  /** Bytes of /dev/shm; 64 MiB by default. */
  readonly shmSize?: number;
  readonly rlimits?: readonly {
    readonly type: string;
    readonly soft: number;
    readonly hard: number;
  }[];
  /** A new terminal for the process, wired to this process's own; without effect where it has none. */
  readonly terminal?: boolean;
  /** Attach this process's stdin; otherwise stdin is empty. */
  readonly stdin?: boolean;
  /** Limits for the whole tree. */
  readonly cgroup?: CgroupSpec;
  /** Devices of the machine beside the usual ones. */
  readonly devices?: readonly DeviceSpec[];
  /** Programs of the machine that the runtime calls on the way, for devices. */
  readonly hooks?: OciHooks;
  /** No filter for system calls. */
  readonly unfiltered?: boolean;
  /** A filter of its own: the text of a profile in Docker's form. */
  readonly seccompProfile?: string;
  /** Nothing of the kernel's files is hidden or read-only. */
  readonly unmasked?: boolean;
  /** Devices that it may use beside those that it has. */
  readonly deviceRules?: readonly DeviceRuleSpec[];
}

/** Devices by their numbers; absent ones mean any. */
export interface DeviceRuleSpec {
  readonly type: 'a' | 'b' | 'c';
  readonly major?: number;
  readonly minor?: number;
  /** Of `rwm`. */
  readonly access: string;
}

/** `host`, or the path of a namespace. */
export interface SharedNamespaces {
  readonly network?: string;
  readonly pid?: string;
  readonly ipc?: string;
  readonly uts?: string;
  readonly cgroup?: string;
}

/** Limits for a process and all that it starts. */
export interface CgroupSpec {
  /** Bytes. */
  readonly memory?: number;
  readonly memoryReservation?: number;
  /** 10 to 1000. */
  readonly blkioWeight?: number;
  /** Bytes of memory and swap together; -1 is without limit. Twice the memory by default. */
  readonly memorySwap?: number;
  /** 0 to 100. */
  readonly swappiness?: number;
  /** Processes wait for memory instead of being killed. */
  readonly oomKillDisable?: boolean;
  readonly pids?: number;
  /** 1.5 is one and a half. */
  readonly cpus?: number;
  /** Weight against others; 1024 is usual. */
  readonly cpuShares?: number;
  /** Microseconds, in each of which `cpuQuota` microseconds may be used. */
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  /** `0-2,4`: the processors to run on, and the memory nodes to use. */
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** Where in the tree of control groups; the store's own place by default. */
  readonly parent?: string;
}

/** A device of the machine that a process gets. */
export interface DeviceSpec {
  /** In the container. */
  readonly path: string;
  readonly type: 'c' | 'b';
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of `r`, `w` and `m`. */
  readonly access: string;
}

/** Where output goes. `inherit` hands this process's own descriptors on. */
export type ProcessIo =
  | 'inherit'
  | { stdout(chunk: Uint8Array): void; stderr(chunk: Uint8Array): void };

/** How a process ended. */
export type ExitStatus = { readonly code: number } | { readonly signal: NodeJS.Signals };

/**
 * Runs one process in a root file system to its end: all that RUN and a foreground `run`
 * need. The root is mounted in a private mount namespace and is gone when the call returns,
 * or when this process dies; so does the process tree. `signal` kills it.
 *
 * Signals that this process gets during a run with `io` `inherit` and no terminal go to the
 * process instead.
 *
 * Throws CommandNotFoundError (127), CommandNotExecutableError (126), RuntimeFailedError (125).
 */
export interface Executor extends AsyncDisposable {
  readonly runtime: RuntimeInfo;
  /** Says that a run comes in some milliseconds, which makes its start quicker. */
  soon(): void;
  run(process: ProcessSpec, io: ProcessIo, options?: RunOptions): Promise<ExitStatus>;
}

/** How to run one process. */
export interface RunOptions extends CallOptions {
  /** Called once with the number of the process whose death ends everything that was started. */
  readonly started?: (pid: number) => void;
  /** Another run is to be expected when this one has ended: what it needs may be started already. */
  readonly another?: boolean;
}

/** The OCI runtime that a probe chose. */
export interface RuntimeInfo {
  readonly name: 'crun' | 'runc';
  readonly path: string;
  readonly version: string;
  /** What had to be worked around, for `info`: `hybrid cgroups: v2 part hidden`. */
  readonly notes: readonly string[];
}
