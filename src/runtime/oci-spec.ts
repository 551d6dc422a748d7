import type { OciSeccomp } from './seccomp.ts';

/**
 * The parts of a runtime configuration that stave writes.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md
 */
export interface OciSpec {
  readonly ociVersion: string;
  readonly process: OciProcess;
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname?: string;
  readonly domainname?: string;
  readonly mounts: readonly OciMount[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly hooks?: OciHooks;
  readonly linux: OciLinux;
}

/** Programs that the runtime calls, by the moment. */
export type OciHooks = Readonly<Record<string, readonly OciHook[]>>;

/** One program of the machine. */
export interface OciHook {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly timeout?: number;
}

interface OciProcess {
  readonly terminal: boolean;
  readonly consoleSize?: { readonly width: number; readonly height: number };
  readonly user: {
    readonly uid: number;
    readonly gid: number;
    readonly umask: number;
    readonly additionalGids: readonly number[];
  };
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities: {
    readonly bounding: readonly string[];
    readonly effective: readonly string[];
    readonly permitted: readonly string[];
    readonly inheritable: readonly string[];
    readonly ambient: readonly string[];
  };
  readonly rlimits?: readonly {
    readonly type: string;
    readonly soft: number;
    readonly hard: number;
  }[];
  readonly noNewPrivileges: boolean;
  readonly oomScoreAdj?: number;
}

/** One mount of a runtime configuration. */
export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** A node for /dev. `path` is inside the container. */
export interface OciDevice {
  readonly path: string;
  readonly type: 'c' | 'b';
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A rule of the device control group; absent numbers mean any. */
export interface OciDeviceRule {
  readonly allow: boolean;
  readonly type?: 'a' | 'b' | 'c';
  readonly major?: number;
  readonly minor?: number;
  readonly access: string;
}

interface OciLinux {
  readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
  readonly cgroupsPath?: string;
  readonly resources?: {
    readonly devices?: readonly OciDeviceRule[];
    readonly memory?: {
      readonly limit?: number;
      readonly swap?: number;
      readonly reservation?: number;
      readonly swappiness?: number;
      readonly disableOOMKiller?: boolean;
    };
    readonly blockIO?: { readonly weight: number };
    readonly pids?: { readonly limit: number };
    readonly cpu?: {
      readonly shares?: number;
      readonly quota?: number;
      readonly period?: number;
      readonly cpus?: string;
      readonly mems?: string;
    };
  };
  readonly devices?: readonly OciDevice[];
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly seccomp?: OciSeccomp;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
}
