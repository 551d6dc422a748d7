import { closeSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isatty } from 'node:tty';
import { memoryFile } from '../sys/memory-file.ts';
import { mountOverlay, shareMounts, type Mount } from '../sys/mount.ts';
import { canMount, inPrivateMounts } from '../sys/namespace.ts';
import { NotPrivilegedError } from '../sys/errors.ts';
import { RuntimeFailedError } from './errors.ts';
import type { ChildJob } from './executor-child.ts';
import type { ExitStatus, Executor, ProcessIo, ProcessSpec, RunOptions } from './executor.ts';
import { loggedError, runtimeFailure } from './failure.ts';
import { cgroupWarmer } from './cgroup-warmth.ts';
import { filterSource, type FilterSource } from './filters.ts';
import { cgroupLayout, hostLimits } from './host.ts';
import { launch, type Launch, OWN_MOUNTS, OWN_PROCESSES } from './launch.ts';
import { Spare } from './spare.ts';
import { OutputGate } from './output-gate.ts';
import {
  chooseRuntime,
  runtimeArguments,
  tidyHidden,
  type ChosenRuntime,
  type Facts,
  type ProbeSubject,
} from './probe.ts';
import { grantedCapabilities, ociSpec, specText } from './spec.ts';
import { memoryPath, prepare, type Preparation } from './prepare.ts';
import { makeBundle, makeBundles, removeDebris, sweep, type Bundle } from './state-dir.ts';

/** As in bin/stave: with them, the child may wait for itself when it ends. */
const NO_COMPILER_THREADS = ['--no-concurrent-sparkplug', '--no-concurrent-recompilation'];

/** What an executor needs to know. */
export interface ExecutorOptions {
  /** A directory of this store alone for run-time state; made when it is first used. */
  readonly stateDir: string;
  /** Where answers are kept that took time to find; forgotten with the executor without it. */
  readonly facts?: Facts;
  /** Names the control groups of this store. */
  readonly storeId: string;
}

/**
 * Opens the means to run processes: probes for a runtime, once per boot. Throws
 * RuntimeMissingError, NotPrivilegedError.
 *
 * Where this process has mounts of its own (`enterPrivateMounts`), roots are mounted in it;
 * otherwise by a child in a namespace of its own. Either way they vanish with the process,
 * and so does everything that it started.
 */
export async function openExecutor(options: ExecutorOptions): Promise<Executor> {
  if (!canMount()) throw new NotPrivilegedError('running a process in a container');
  const layout = cgroupLayout();
  // Flat, so that a store that is gone leaves no directory of its own behind.
  const prefix = `/stave/${options.storeId}-`;
  const subject: ProbeSubject = {
    stateDir: options.stateDir,
    layout,
    context: { limits: hostLimits(), layout },
    cgroupsPath: (id) => prefix + id,
  };
  const facts = options.facts ?? new Map<string, string>();
  const runtime = await chooseRuntime(subject, facts);
  return new OciExecutor(
    subject,
    runtime,
    facts,
    layout.roots.map((root) => root + prefix),
  );
}

class OciExecutor implements Executor {
  readonly runtime: ChosenRuntime;
  readonly #subject: ProbeSubject;
  readonly #cgroups: readonly string[];
  readonly #filter: FilterSource;
  readonly #warm: () => void;
  #swept = false;
  #running = 0;
  /** Where bundles are mounted so that a spare sees it. */
  #shared: Mount | undefined;
  #spare: Spare | undefined;

  constructor(
    subject: ProbeSubject,
    runtime: ChosenRuntime,
    facts: Facts,
    cgroups: readonly string[],
  ) {
    this.#subject = subject;
    this.runtime = runtime;
    this.#filter = filterSource(subject, runtime, facts);
    this.#cgroups = cgroups;
    this.#warm = runtime.cgroups === 'off' ? () => undefined : cgroupWarmer(subject.layout);
  }

  soon(): void {
    this.#warm();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spare?.[Symbol.asyncDispose]();
    this.#spare = undefined;
    this.#shared?.[Symbol.dispose]();
    this.#shared = undefined;
  }

  async run(asked: ProcessSpec, io: ProcessIo, options: RunOptions = {}): Promise<ExitStatus> {
    options.signal?.throwIfAborted();
    const { stateDir } = this.#subject;
    this.#warm();
    if (!this.#swept) sweep(stateDir, this.#cgroups);
    this.#swept = true;
    if (asked.cgroup !== undefined && this.runtime.cgroups === 'off') {
      throw new RuntimeFailedError(
        'limits for memory, CPU or processes need control groups, which cannot be used here',
      );
    }

    const prefix = groupPrefix(this.#subject, asked);
    const context = {
      ...this.#subject.context,
      cgroups: this.runtime.cgroups,
      cgroupsPath: prefix + asked.id,
    };
    const seccomp =
      asked.privileged === true || asked.unfiltered === true
        ? undefined
        : await this.#filter(grantedCapabilities(asked, context));
    using bundle = makeBundle(stateDir, asked.id);
    if (asked.cgroup?.parent !== undefined) {
      bundle.write(
        'groups',
        JSON.stringify(this.#subject.layout.roots.map((root) => root + prefix)),
      );
    }
    const stdin = stdinOf(asked);
    const terminal = asked.terminal === true && stdin !== undefined && isatty(stdin);
    const spec = ociSpec(asked, {
      ...context,
      terminal,
      rootfs: bundle.rootfs,
      prepared: bundle.prepared,
      ...(seccomp && { seccomp }),
    });
    const config = specText(spec);
    const preparation = preparationOf(asked, bundle, config);
    if (preparation?.config === undefined) bundle.write('config.json', config);
    using gate =
      io === 'inherit'
        ? undefined
        : new OutputGate(io, () => loggedError(bundle.log) !== undefined);
    using debris = this.#debris(asked.id, prefix);
    const status = await this.#launch(asked, bundle, gate ?? io, {
      ...options,
      stdin,
      terminal,
      preparation,
    });
    if ('code' in status) debris.disarm();
    const failed = 'code' in status && status.code !== 0;
    const complaint = failed ? (loggedError(bundle.log) ?? gate?.complaint()) : undefined;
    if (complaint !== undefined) throw runtimeFailure(complaint, asked.argv[0] ?? '');
    gate?.open();
    return status;
  }

  async #launch(
    asked: ProcessSpec,
    bundle: Bundle,
    io: ProcessIo,
    options: RunOptions &
      Pick<Launch, 'stdin' | 'terminal'> & { readonly preparation: Preparation | undefined },
  ): Promise<ExitStatus> {
    const { preparation, ...rest } = options;
    // The runtime keeps a copy of its configuration in its state.
    const hidden = preparation?.config === undefined ? undefined : memoryPath(bundle.prepared);
    const stateDir = hidden ?? this.#subject.stateDir;
    const argv = [
      ...OWN_PROCESSES,
      // In JSON the runtime's errors can be told from its warnings; it writes them to stderr too, though.
      ...runtimeArguments(this.runtime, stateDir, bundle.log, io === 'inherit' ? 'text' : 'json'),
      'run',
      '--bundle',
      hidden ?? bundle.path,
      asked.id,
    ];
    const common = {
      io,
      scratch: bundle.path,
      ...rest,
    };
    const { lower, upper, work, durable } = asked.root;
    const overlay = { lower, upper, work, volatile: durable !== true };
    if (inPrivateMounts()) {
      options.signal?.throwIfAborted();
      // Before anything is mounted below it.
      if (options.another === true && this.#running === 0) this.#share();
      using _count = this.#counted();
      using _root = mountOverlay(bundle.rootfs, overlay);
      using _sources = preparation && prepare(preparation);
      const spare = usual(io, rest.stdin, hidden) ? this.#takeSpare() : undefined;
      const started = (pid: number): void => {
        options.started?.(pid);
        if (options.another === true) this.#makeSpare(bundle);
      };
      if (spare) return await spare.run(asked.id, { ...common, started });
      return await launch({ ...common, argv, started });
    }

    const job: ChildJob = {
      rootfs: bundle.rootfs,
      overlay,
      argv,
      log: bundle.log,
      ...(preparation && { preparation }),
    };
    const input = memoryFile(Buffer.from(JSON.stringify(job)));
    try {
      const program = join(
        import.meta.dirname,
        // This code may have been bundled into a folder beside its own.
        '../runtime',
        import.meta.filename.endsWith('.ts') ? 'executor-child.ts' : 'executor-child.js',
      );
      return await launch({
        ...common,
        argv: [...OWN_MOUNTS, process.execPath, ...NO_COMPILER_THREADS, program],
        input,
      });
    } finally {
      closeSync(input);
    }
  }

  #share(): void {
    this.#shared ??= shareMounts(makeBundles(this.#subject.stateDir));
  }

  #counted(): Disposable {
    this.#running += 1;
    return {
      [Symbol.dispose]: () => {
        this.#running -= 1;
      },
    };
  }

  #takeSpare(): Spare | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare?.isAlive !== false) return spare;
    // Its pipes are still open.
    void spare[Symbol.asyncDispose]();
    return undefined;
  }

  #makeSpare({ path }: Bundle): void {
    if (!this.#shared || this.#spare) return;
    const { stateDir } = this.#subject;
    try {
      this.#spare = new Spare({
        runtime: runtimeArguments(this.runtime, stateDir, undefined, 'json'),
        bundles: this.#shared.target,
        scratch: path,
      });
    } catch {
      // The next run starts everything itself, and says what it lacks.
    }
  }

  /** What a runtime leaves that was killed; one that came to its end cleans up by itself. */
  #debris(id: string, prefix: string): Disposable & { disarm(): void } {
    const groups = this.#subject.layout.roots.map((root) => root + prefix);
    let armed = true;
    return {
      disarm() {
        armed = false;
      },
      [Symbol.dispose]: () => {
        tidyHidden(this.#subject, prefix + id);
        if (armed) removeDebris(this.#subject.stateDir, id, groups);
      },
    };
  }
}

/** Whether a {@link Spare} does what a process needs. */
function usual(io: ProcessIo, stdin: number | undefined, hidden: string | undefined): boolean {
  return io !== 'inherit' && stdin === undefined && hidden === undefined;
}

/** Where the control groups of a process are; its id comes behind it. */
function groupPrefix(subject: ProbeSubject, { cgroup }: ProcessSpec): string {
  const own = subject.cgroupsPath('');
  return cgroup?.parent === undefined ? own : posix.join('/', cgroup.parent, posix.basename(own));
}

/** What has to be there before the runtime starts; usually nothing. */
function preparationOf(
  { mounts, secretEnv = [] }: ProcessSpec,
  bundle: Bundle,
  config: string,
): Preparation | undefined {
  const sources = mounts.map((mount) => (mount.type === 'prepared' ? mount.source : null));
  if (secretEnv.length === 0 && sources.every((source) => source === null)) return undefined;
  return {
    directory: bundle.prepared,
    sources,
    ...(secretEnv.length > 0 && { config }),
  };
}

/**
 * What the process reads from. A runtime drives the terminal that it has as stdin, so one is
 * handed on even if nobody is to type; with none at hand there is no terminal to be wired to.
 */
function stdinOf(asked: ProcessSpec): number | undefined {
  if (asked.stdin === true) return 0;
  return asked.terminal === true ? [0, 1].find((fd) => isatty(fd)) : undefined;
}
