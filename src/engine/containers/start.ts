import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { attachTo, type Attachment, type OutputSink } from '../../monitor/attachment.ts';
import { createMonitored, pidIn } from '../../monitor/container.ts';
import type { ContainerRuntime } from '../../runtime/container-runtime.ts';
import { runtimeCall } from '../../runtime/container-call.ts';
import { RuntimeFailedError } from '../../runtime/errors.ts';
import type { ProcessSpec, SharedNamespaces } from '../../runtime/executor.ts';
import { loggedError, runtimeFailure } from '../../runtime/failure.ts';
import { identify } from '../../runtime/process-identity.ts';
import type { ContainerRow } from '../../store/tables.ts';
import { mountOverlay, unmount } from '../../sys/mount.ts';
import { ContainerConflictError, ContainerStartError } from './errors.ts';
import { noteEnd, release } from './end.ts';
import { exitCommand } from './exit-command.ts';
import { containerPaths, type ContainerPaths } from './layout.ts';
import type { ContainerParts } from './parts.ts';
import { fromRow, isUp, toRow, type Container, type ContainerRecord } from './record.ts';
import { rested } from './restart-policy.ts';
import { isOwned, settled } from './settle.ts';
import { isNetworked } from './network-kind.ts';
import { placeVolumes } from './place-volumes.ts';
import { networkFor, sharedOf } from './start-network.ts';
import { tell } from './tell.ts';
import { firstHealth } from '../tend/health.ts';
import { logLimits } from '../tend/log-options.ts';

/** How to start a container. */
export interface StartOptions extends CallOptions {
  /** Connects to its streams before it says a word. */
  readonly attach?: OutputSink;
  /** This process stays until it has ended, and then takes it away if it is to go. */
  readonly stay?: boolean;
  /** Its standard input ends with the first who was attached. */
  readonly inputOnce?: boolean;
  /** How often its restart policy has started it by now; a start by a user begins anew. */
  readonly restarts?: number;
}

/** A container that runs. */
export interface Started {
  /** Where `attach` was asked for. */
  readonly attachment?: Attachment;
  /** Resolves when the container and what is called at its end have ended. */
  readonly gone: Promise<void>;
  /** Lets go of it, so that this process may end. */
  leave(): void;
}

/**
 * Starts a container that was made or has ended. Throws ContainerStartError,
 * CommandNotFoundError, CommandNotExecutableError, ContainerConflictError when somebody else is
 * starting it.
 */
export async function startContainer(
  parts: ContainerParts,
  id: string,
  options: StartOptions = {},
): Promise<Started> {
  const { store } = parts;
  const runtime = await parts.runtime();
  const spec = readSpec(containerPaths(store.paths.containers, id));
  noteEnd(store, id);
  const container = claim(parts, id, options);
  const paths = containerPaths(store.paths.containers, id);
  const { settings } = container.record;
  await using undo = new AsyncDisposableStack();
  undo.defer(() => putBack(parts, container));
  const network = await networkFor(store, container, spec);
  undo.defer(() => network.undo());
  const shared = { ...sharedOf(store, container.record), network: network.namespace };
  release(store, id, settings.cgroupParent);
  mkdirSync(paths.merged, { recursive: true, mode: 0o700 });
  mkdirSync(paths.bundle, { recursive: true, mode: 0o700 });
  const { lower, upper, work, durable } = spec.root;
  // In the machine's own mounts: others look into it, and it outlives this process.
  mountOverlay(paths.merged, { lower, upper, work, volatile: durable !== true });
  undo.defer(() => unmount(paths.merged));
  undo.defer(() => release(store, id, settings.cgroupParent));
  const terminal = settings.terminal === true;
  const mounts = placeVolumes(store, id, spec.mounts);
  const asked: ProcessSpec = { ...spec, mounts, shared: defined(shared) };
  writeFileSync(
    join(paths.bundle, 'config.json'),
    await runtime.configuration(asked, paths.merged, terminal),
    { mode: 0o600 },
  );
  const made = await createMonitored({
    id,
    name: container.name,
    bundle: paths.bundle,
    runtime: runtime.argv(paths.runtimeLog),
    ...logOf(container.record, paths),
    terminal,
    stdin: settings.interactive !== true ? 'none' : options.inputOnce === true ? 'once' : 'open',
    exitCommand: exitCommand(parts, runtime, container, paths, {
      waiting: options.stay === true ? process.pid : undefined,
      more: isNetworked(settings),
    }),
    keep: network.reserved,
  });
  if ('refused' in made) throw refusal(paths, made.refused, spec.argv[0] ?? '');
  undo.defer(() => killCreated(runtime, id));
  const attachment = options.attach && attachTo(join(paths.bundle, 'attach'), options.attach);
  undo.defer(() => attachment?.[Symbol.dispose]());
  await network.connect(made.pid);
  // Before it says a word: whoever hears it finds it running.
  const note = began(parts, container, paths, made.pid, options);
  const failed = await runtimeCall(runtime.argv(paths.runtimeLog), ['start', id]);
  if (failed !== undefined) throw refusal(paths, failed, spec.argv[0] ?? '');
  note();
  undo.move();
  network.done();
  return {
    ...(attachment && { attachment }),
    gone: made.conmon.gone,
    leave: () => made.conmon.leave(),
  };
}

/** Throws ContainerConflictError when it was removed meanwhile; or stopped, where its policy starts it. */
function checkWanted(
  id: string,
  row: ContainerRow | undefined,
  { restarts = 0 }: StartOptions,
): asserts row is ContainerRow {
  if (!row) throw new ContainerConflictError(`container ${id} was removed`);
  if (restarts > 0 && row.state !== 'restarting') {
    throw new ContainerConflictError(`container ${id} is not to be started again`);
  }
}

/** Notes that this process starts it, and that nobody else is. */
function claim({ store }: ContainerParts, id: string, options: StartOptions): Container {
  const owner = identify(process.pid);
  if (!owner) throw new Error('this process is not in /proc');
  return store.note(({ containers }) => {
    const row = containers.get(id);
    checkWanted(id, row, options);
    const container = settled(fromRow(row), store.paths.containers);
    const { record } = container;
    if (isOwned(record) && record.owner?.pid !== process.pid) {
      throw new ContainerConflictError(`container ${id} is being started by another command`);
    }
    if (isUp(container.state)) {
      throw new ContainerConflictError(`container ${id} runs already`);
    }
    const claimed = { ...container, record: { ...record, owner } };
    containers.put(toRow(claimed));
    return claimed;
  });
}

/** Nothing of it ran. What a user wanted meanwhile stays. */
function putBack({ store }: ContainerParts, { id, state, record }: Container): void {
  const { owner: _owner, ...before } = record;
  store.note(({ containers }) => {
    const row = containers.get(id);
    if (!row) return;
    const now = fromRow(row);
    if (!isUp(now.state)) {
      const { owner: _, ...rest } = now.record;
      containers.put(toRow({ ...now, record: rest }));
      return;
    }
    const { stopRequested } = now.record;
    const back = { ...now, state, record: { ...before, ...(stopRequested && { stopRequested }) } };
    containers.put(stopRequested && state === 'restarting' ? rested(back) : toRow(back));
  });
}

/** The process of a container as it was asked for. Throws ContainerStartError. */
export function readSpec(paths: ContainerPaths): ProcessSpec {
  try {
    return JSON.parse(readFileSync(paths.process, 'utf8'), (key, value: unknown) =>
      // Without limit is written as nothing.
      value === null && (key === 'soft' || key === 'hard') ? Infinity : value,
    ) as ProcessSpec;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new ContainerStartError(
      'this container was made by a version that could not start it again',
    );
  }
}

function defined(shared: Readonly<Record<string, string | undefined>>): SharedNamespaces {
  return Object.fromEntries(Object.entries(shared).filter(([, place]) => place !== undefined));
}

function logOf(
  { settings }: ContainerRecord,
  paths: ContainerPaths,
): { readonly log?: string; readonly logLimit?: number } {
  if (settings.logDriver === 'none') return {};
  const limits = logLimits(settings);
  // More than one file is the helper's business.
  return { log: paths.log, ...(limits?.files === 1 && { logLimit: limits.size }) };
}

function refusal(paths: ContainerPaths, said: string | undefined, command: string): Error {
  const message = loggedError(paths.runtimeLog) ?? said;
  if (message === undefined) return new RuntimeFailedError('the container could not be started');
  return runtimeFailure(message, command);
}

/** The process that waits for its start goes, and with it its monitor. */
async function killCreated(runtime: ContainerRuntime, id: string): Promise<void> {
  await runtimeCall(runtime.argv(), ['delete', '--force', id]);
}

/** Writes down that it runs. What it returns tells so, once it is true. */
function began(
  { store, clock }: ContainerParts,
  { id }: Container,
  paths: ContainerPaths,
  pid: number,
  { stay, restarts = 0 }: StartOptions,
): () => void {
  const monitorPid = pidIn(paths.monitorPidFile);
  const init = identify(pid);
  const monitor = monitorPid === undefined ? undefined : identify(monitorPid);
  const now = clock.now().getTime();
  store.note((tables) => {
    const row = tables.containers.get(id);
    checkWanted(id, row, { restarts });
    const container = fromRow(row);
    const {
      owner,
      process: _process,
      monitor: _monitor,
      exitCode: _exitCode,
      oomKilled: _oom,
      error: _error,
      stopRequested: _stop,
      restartAt: _at,
      restartDelay,
      health: _health,
      ...record
    } = container.record;
    const health = firstHealth(record.config);
    const started = toRow({
      ...container,
      state: 'running',
      record: {
        ...record,
        ...(stay === true && owner && { owner }),
        // One that has ended already is told from every other process, too.
        process: init ?? { pid, start: '', boot: '' },
        ...(monitor && { monitor }),
        startedAt: now,
        restartCount: restarts,
        // A start by a user begins anew.
        ...(restarts > 0 && restartDelay !== undefined && { restartDelay }),
        ...(health && { health }),
      },
    });
    tables.containers.put(started);
  });
  return () =>
    store.note((tables) => {
      const row = tables.containers.get(id);
      if (row) tell(tables, 'start', row, now);
    });
}
