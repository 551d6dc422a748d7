import { release } from 'node:os';
import { join } from 'node:path';
import { NotPrivilegedError } from '../sys/errors.ts';
import { canMount } from '../sys/namespace.ts';
import { cgroupWarmer } from './cgroup-warmth.ts';
import { RuntimeFailedError } from './errors.ts';
import type { ProcessSpec, RuntimeInfo } from './executor.ts';
import { filterSource, type FilterSource } from './filters.ts';
import { groupPath } from './groups.ts';
import { cgroupLayout, hostLimits, type CgroupLayout } from './host.ts';
import {
  chooseRuntime,
  hidingUnified,
  runtimeArguments,
  type ChosenRuntime,
  type Facts,
  type ProbeSubject,
} from './probe.ts';
import { grantedCapabilities, ociSpec, specText, type SpecContext } from './spec.ts';
import { RUNTIME_STATE } from './state-dir.ts';

/** What {@link openContainerRuntime} needs to know. */
export interface ContainerRuntimeOptions {
  /** A directory of this store alone for run-time state. */
  readonly stateDir: string;
  readonly facts: Facts;
  readonly storeId: string;
}

/**
 * The runtime for containers that outlive the command which starts them. Unlike the executor's
 * processes they are in the machine's own mounts, and a monitor calls the runtime.
 */
export interface ContainerRuntime {
  readonly info: RuntimeInfo;
  readonly layout: CgroupLayout;
  /** The program and the arguments that come before the runtime's verb. */
  argv(log?: string): readonly string[];
  /** `config.json` for a process whose root is mounted at `rootfs`. Throws RuntimeFailedError. */
  configuration(asked: ProcessSpec, rootfs: string, terminal: boolean): Promise<string>;
  /** The capabilities that a process gets. */
  capabilities(asked: ProcessSpec): readonly string[];
  /** Where the runtime keeps what it knows of a container. */
  state(id: string): string;
  /** Directories of its control groups, whether they are there or not. */
  groups(id: string, parent: string | undefined): readonly string[];
}

/** Opens it; probes for a runtime once per boot. Throws RuntimeMissingError, NotPrivilegedError. */
export async function openContainerRuntime(
  options: ContainerRuntimeOptions,
): Promise<ContainerRuntime> {
  if (!canMount()) throw new NotPrivilegedError('running a container');
  const layout = cgroupLayout();
  const subject: ProbeSubject = {
    stateDir: options.stateDir,
    layout,
    context: { limits: hostLimits(), layout },
    cgroupsPath: (id) => groupPath(options.storeId, id),
  };
  if (layout.version !== 'none') cgroupWarmer(layout)();
  const chosen = await chooseRuntime(subject, options.facts);
  return new MonitoredRuntime(subject, chosen, options);
}

class MonitoredRuntime implements ContainerRuntime {
  readonly info: ChosenRuntime;
  readonly layout: CgroupLayout;
  readonly #subject: ProbeSubject;
  readonly #storeId: string;
  readonly #filter: FilterSource;

  constructor(subject: ProbeSubject, chosen: ChosenRuntime, options: ContainerRuntimeOptions) {
    this.info = chosen;
    this.layout = subject.layout;
    this.#subject = subject;
    this.#storeId = options.storeId;
    this.#filter = filterSource(subject, chosen, options.facts);
  }

  argv(log?: string): readonly string[] {
    return [
      ...hidingUnified(this.layout),
      ...runtimeArguments(this.info, this.#subject.stateDir, log, 'json'),
    ];
  }

  async configuration(asked: ProcessSpec, rootfs: string, terminal: boolean): Promise<string> {
    const { cgroups } = this.info;
    if (asked.cgroup !== undefined && cgroups === 'off') {
      throw new RuntimeFailedError(
        'limits for memory, CPU or processes need control groups, which cannot be used here',
      );
    }
    const context: SpecContext = {
      ...this.#subject.context,
      cgroups,
      cgroupsPath: groupPath(this.#storeId, asked.id, asked.cgroup?.parent),
      terminal,
      rootfs,
      prepared: '',
    };
    const seccomp = await this.#seccomp(asked, grantedCapabilities(asked, context));
    return specText(ociSpec(asked, { ...context, ...(seccomp && { seccomp }) }));
  }

  capabilities(asked: ProcessSpec): readonly string[] {
    return grantedCapabilities(asked, { ...this.#subject.context, cgroups: this.info.cgroups });
  }

  state(id: string): string {
    return join(this.#subject.stateDir, RUNTIME_STATE, id);
  }

  groups(id: string, parent: string | undefined): readonly string[] {
    if (this.info.cgroups === 'off') return [];
    const path = groupPath(this.#storeId, id, parent);
    return this.layout.roots.map((root) => root + path);
  }

  async #seccomp(
    { privileged, unfiltered, seccompProfile }: ProcessSpec,
    capabilities: readonly string[],
  ): Promise<SpecContext['seccomp']> {
    if (privileged === true || unfiltered === true) return undefined;
    if (seccompProfile !== undefined) {
      const { dockerSeccomp } = await import('./docker-seccomp.ts');
      const { arch } = process;
      return { rules: dockerSeccomp(seccompProfile, { arch, kernel: release(), capabilities }) };
    }
    return this.#filter(capabilities);
  }
}
