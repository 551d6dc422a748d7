import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants, hostname as machineName } from 'node:os';
import { join, posix } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { Exit, isErrno, StaveError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { ContainerConfig, ImageConfig } from '../../oci/image-config.ts';
import { hostPlatform } from '../../oci/platform.ts';
import { adjustCapabilities } from '../../runtime/capabilities.ts';
import type { ExitStatus, Executor, ProcessSpec } from '../../runtime/executor.ts';
import { identify } from '../../runtime/process-identity.ts';
import { resolveUser } from '../../runtime/user.ts';
import { stubMountPoints } from '../../snapshot/mount-points.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow } from '../../store/tables.ts';
import type { Containers, RunRequest } from '../container-types.ts';
import { ImageNotFoundError } from '../errors.ts';
import { findImage } from '../images/find.ts';
import { copyMetadata } from './copy-tree.ts';
import { ContainerConflictError, ContainerStartError } from './errors.ts';
import { checkProgram } from './find-program.ts';
import { planMounts, prepareMounts, type MountPlan } from './mounts.ts';
import { checkName, randomName } from './names.ts';
import { argvOf, environmentOf } from './process-plan.ts';
import { reap, removeContainer } from './reap.ts';
import { fromRow, toRow, type Container, type ContainerRecord } from './record.ts';

/** What containers are made of. */
export interface ContainerParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  /** Opened by the first container: listing needs none. */
  readonly executor: () => Promise<Executor>;
  readonly clock: Clock;
}

type RunOptions = NonNullable<Parameters<Containers['run']>[1]>;

const MINIMUM_MEMORY = 6 * 1024 * 1024;
/** A larger file of users is none. */
const USERS_LIMIT = 10 * 1024 * 1024;
/** The kernel's own directories: their mount points must not land in the container's changes. */
const SYSTEM_DIRECTORIES = ['/proc', '/sys', '/dev'];
const SHORT_ID = 12;
/** What a shell adds to the number of a signal that ended a process. */
const SIGNALLED = 128;

/**
 * Runs a container in the foreground. Everything that can be wrong with a request is found
 * before anything is made. Errors of the engine have exit code 125.
 */
export async function runContainer(
  parts: ContainerParts,
  request: RunRequest,
  options: RunOptions,
): Promise<ExitStatus> {
  try {
    return await run(parts, request, options);
  } catch (error) {
    if (!(error instanceof StaveError) || error.exitCode !== Exit.failure) throw error;
    throw new ContainerStartError(error.message, {
      hint: error.hint,
      httpStatus: error.httpStatus,
      cause: error,
    });
  }
}

async function run(
  parts: ContainerParts,
  request: RunRequest,
  options: RunOptions,
): Promise<ExitStatus> {
  const { store } = parts;
  if (request.name !== undefined) checkName(request.name);
  if (request.memory !== undefined && request.memory < MINIMUM_MEMORY) {
    throw new ContainerStartError('Minimum memory limit allowed is 6MB');
  }
  const capabilities = adjustCapabilities(request.capAdd, request.capDrop);
  const image = imageOf(store, request.image);
  const config = configOf(store, image);
  const argv = argvOf(request, config);
  const mounts = planMounts(request, config);
  const layers = image.chain === undefined ? [] : parts.snapshotter.stack(image.chain);
  if (!layers)
    throw new ContainerStartError(`image ${request.image} is not whole: layers are missing`);
  const view = parts.snapshotter.view(layers);

  warnOfPlatform(image, options);
  const id = randomBytes(32).toString('hex');
  const network = networkOf(request, options);
  const hostname = request.hostname ?? (network === 'host' ? machineName() : id.slice(0, SHORT_ID));
  const user = userOf(request, config, view);
  const env = environmentOf(request, config, {
    hostname,
    home: user.home,
    caller: options.environment ?? {},
  });
  const cwd = posix.resolve('/', request.workdir ?? config.WorkingDir ?? '/');
  checkProgram(view, { command: argv[0] ?? '', env, cwd, mounted: targetsOf(mounts) });

  const executor = await parts.executor();
  reap(store);
  writeCidfile(request.cidfile, id);
  using ending = new Ending(parts, request, id);
  register(parts, request, image, config, id, argv);
  const directory = join(store.paths.containers, id);
  const root = makeRoot(directory, view);
  const prepared = prepareMounts(mounts, {
    view,
    directory,
    volumes: join(store.paths.root, 'volumes'),
    hostname,
    network,
    extraHosts: request.extraHosts ?? [],
  });
  const stubs = join(directory, 'mount-points');
  const places = stubMountPoints(
    view,
    [
      ...prepared.map(({ mount, kind }) => ({ path: mount.target, kind })),
      ...[...SYSTEM_DIRECTORIES, cwd].map((path) => ({ path, kind: 'directory' as const })),
    ],
    stubs,
  );
  const spec: ProcessSpec = {
    id,
    root: {
      lower: [
        ...layers.map((layer) => store.paths.layerFs(layer)),
        ...(places.made ? [stubs] : []),
      ],
      ...root,
      durable: request.remove !== true,
      readonly: request.readonly === true,
    },
    argv,
    env,
    cwd,
    user,
    hostname,
    mounts: prepared.map(({ mount }, index) => ({
      ...mount,
      target: places.resolved[index] ?? mount.target,
    })),
    network,
    capabilities,
    ...limitsOf(request),
    noNewPrivileges: request.noNewPrivileges === true,
    privileged: request.privileged === true,
    terminal: request.terminal === true,
    stdin: request.interactive === true,
  };
  const status = await executor
    .run(spec, 'inherit', {
      ...(options.signal && { signal: options.signal }),
      started: (pid) => ending.started(pid),
    })
    .catch((error: unknown) => {
      if (error instanceof StaveError) ending.failed();
      throw error;
    });
  ending.finished('code' in status ? status.code : SIGNALLED + constants.signals[status.signal]);
  return status;
}

/** Docker would fetch it now; until images can be pulled that is for the user to do. */
function imageOf(store: Store, name: string): ImageRow {
  try {
    return findImage(store, name);
  } catch (error) {
    if (!(error instanceof ImageNotFoundError)) throw error;
    const full = error.message.replace(/^No such image: /, '');
    throw new ContainerStartError(`Unable to find image '${full}' locally`, {
      hint: error.hint ?? 'Build it, or bring it here with load or import.',
      httpStatus: 404,
      cause: error,
    });
  }
}

function configOf(store: Store, image: ImageRow): ContainerConfig {
  const config = JSON.parse(store.blobs.readSync(image.id).toString('utf8')) as ImageConfig;
  return config.config ?? {};
}

function warnOfPlatform({ platform }: ImageRow, options: CallOptions): void {
  const host = hostPlatform(process.arch);
  if (platform.os === host.os && platform.architecture === host.architecture) return;
  const [asked, own] = [platform, host].map((one) => `${one.os}/${one.architecture}`);
  reporter(options.progress).warn({
    code: 'PLATFORM',
    message: `The requested image's platform (${asked}) does not match the detected host platform (${own}) and no specific platform was requested`,
  });
}

function networkOf(request: RunRequest, options: CallOptions): 'host' | 'none' {
  const { network = 'default' } = request;
  if (network !== 'default') return network;
  reporter(options.progress).warn({
    code: 'NETWORK_HOST',
    message: "there is no network for containers yet: this one uses the machine's own",
    hint: 'Say --network host or --network none to choose.',
  });
  return 'host';
}

function userOf(
  request: RunRequest,
  config: ContainerConfig,
  view: StackView,
): ReturnType<typeof resolveUser> {
  return resolveUser(
    request.user ?? config.User ?? '',
    view.read('/etc/passwd', USERS_LIMIT),
    view.read('/etc/group', USERS_LIMIT),
  );
}

function targetsOf({ volumes, tmpfs }: MountPlan): string[] {
  return [...SYSTEM_DIRECTORIES, ...[...volumes, ...tmpfs].map(({ target }) => target)];
}

function limitsOf(request: RunRequest): Pick<ProcessSpec, 'cgroup' | 'rlimits' | 'shmSize'> {
  const { memory, cpus, pidsLimit, ulimits = [], shmSize } = request;
  const cgroup = {
    ...(memory !== undefined && { memory }),
    ...(cpus !== undefined && { cpus }),
    ...(pidsLimit !== undefined && pidsLimit > 0 && { pids: pidsLimit }),
  };
  return {
    ...(Object.keys(cgroup).length > 0 && { cgroup }),
    ...(ulimits.length > 0 && {
      rlimits: ulimits.map(({ type, soft, hard }) => ({
        type: type.startsWith('RLIMIT_') ? type : `RLIMIT_${type.toUpperCase()}`,
        soft: soft < 0 ? Infinity : soft,
        hard: hard < 0 ? Infinity : hard,
      })),
    }),
    ...(shmSize !== undefined && { shmSize }),
  };
}

function writeCidfile(path: string | undefined, id: string): void {
  if (path === undefined) return;
  try {
    writeFileSync(path, id, { flag: 'wx' });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    throw new ContainerStartError(
      `container ID file found, make sure the other container isn't running or delete ${path}`,
    );
  }
}

/** The row comes before everything else of a container, so that nothing of it is ever without one. */
function register(
  { store, clock }: ContainerParts,
  request: RunRequest,
  image: ImageRow,
  config: ContainerConfig,
  id: string,
  argv: readonly string[],
): void {
  const owner = identify(process.pid);
  if (!owner) throw new Error('this process is not in /proc');
  store.write(({ containers }) => {
    const taken = (name: string): boolean => containers.list().some((row) => row.name === name);
    const name = request.name ?? randomName(taken);
    const other = containers.list().find((row) => row.name === name);
    if (other) {
      throw new ContainerConflictError(
        `Conflict. The container name "/${name}" is already in use by container "${other.id}". You have to remove (or rename) that container to be able to reuse that name.`,
        { exitCode: Exit.usage },
      );
    }
    const container: Container = {
      id,
      name,
      image: image.id,
      ...(image.chain !== undefined && { chain: image.chain }),
      createdAt: clock.now().getTime(),
      state: 'created',
      record: {
        imageName: request.image,
        argv,
        labels: { ...config.Labels, ...request.labels },
        remove: request.remove === true,
        owner,
      },
    };
    containers.put(toRow(container));
  });
}

/** Directories for the changes; the upper one looks like the image's root, which it becomes. */
function makeRoot(directory: string, view: StackView): { upper: string; work: string } {
  const [upper, work] = [join(directory, 'upper'), join(directory, 'work')];
  for (const path of [directory, upper, work]) mkdirSync(path, { mode: 0o700 });
  chmodSync(upper, 0o755);
  const like = view.find('/');
  if (like) copyMetadata(like, Buffer.from(upper));
  return { upper, work };
}

/**
 * Keeps the row up to date. At the end it takes the container away when it was to go, or was
 * never started.
 */
class Ending implements Disposable {
  readonly #parts: ContainerParts;
  readonly #request: RunRequest;
  readonly #id: string;
  #state: Container['state'] = 'created';

  constructor(parts: ContainerParts, request: RunRequest, id: string) {
    this.#parts = parts;
    this.#request = request;
    this.#id = id;
  }

  started(pid: number): void {
    const process = identify(pid);
    this.#update('running', { startedAt: this.#now(), ...(process && { process }) });
  }

  finished(exitCode: number): void {
    this.#update('exited', { exitCode, finishedAt: this.#now() });
  }

  /** A runtime that complains was started, but nothing of the container was. */
  failed(): void {
    this.#state = 'created';
  }

  [Symbol.dispose](): void {
    const { cidfile, remove } = this.#request;
    if (this.#state === 'created' && cidfile !== undefined) rmSync(cidfile, { force: true });
    if (this.#state === 'running') this.finished(SIGNALLED + constants.signals.SIGKILL);
    const { store } = this.#parts;
    const row = store.read(({ containers }) => containers.get(this.#id));
    if (this.#state === 'created' || remove === true || !row) removeContainer(store, this.#id);
  }

  #now(): number {
    return this.#parts.clock.now().getTime();
  }

  /** Somebody may have removed the row meanwhile: then there is nothing to be kept up to date. */
  #update(state: Container['state'], change: Partial<ContainerRecord>): void {
    this.#state = state;
    this.#parts.store.note(({ containers }) => {
      const row = containers.get(this.#id);
      if (!row) return;
      const { record, ...rest } = fromRow(row);
      containers.put(toRow({ ...rest, state, record: { ...record, ...change } }));
    });
  }
}
