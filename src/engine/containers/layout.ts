import { join } from 'node:path';

/** Where the parts of a container are. */
export interface ContainerPaths {
  readonly directory: string;
  /** What it changed. */
  readonly upper: string;
  readonly work: string;
  /** Stubs to mount on, stacked between the image and the changes. */
  readonly mountPoints: string;
  /** Its root while it runs, in the machine's own mounts. */
  readonly merged: string;
  /** The process as it was asked for, for each of its starts. */
  readonly process: string;
  /** What the runtime is given. */
  readonly bundle: string;
  /** One directory for each process that was started beside. */
  readonly execs: string;
  /** Written by the monitor: the process, itself, its end. */
  readonly pidFile: string;
  readonly monitorPidFile: string;
  readonly exit: string;
  readonly oom: string;
  /** What the runtime complained about. */
  readonly runtimeLog: string;
  /** What it said. */
  readonly log: string;
}

/** The layout of one container below `containers`, the directory of all of them. */
export function containerPaths(containers: string, id: string): ContainerPaths {
  const directory = join(containers, id);
  const bundle = join(directory, 'bundle');
  return {
    directory,
    upper: join(directory, 'upper'),
    work: join(directory, 'work'),
    mountPoints: join(directory, 'mount-points'),
    merged: join(directory, 'merged'),
    process: join(directory, 'process.json'),
    bundle,
    execs: join(directory, 'exec'),
    pidFile: join(bundle, 'pidfile'),
    monitorPidFile: join(bundle, 'conmon.pid'),
    exit: join(bundle, 'exit'),
    oom: join(bundle, 'oom'),
    runtimeLog: join(bundle, 'runtime.log'),
    log: join(directory, 'ctr.log'),
  };
}
