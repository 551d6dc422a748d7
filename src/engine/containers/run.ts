import { chmodSync, mkdirSync } from 'node:fs';
import { constants, hostname as machineName } from 'node:os';
import { join, posix } from 'node:path';
import { Exit, StaveError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { ContainerConfig } from '../../oci/image-config.ts';
import { adjustCapabilities } from '../../runtime/capabilities.ts';
import type { ExitStatus, ProcessSpec } from '../../runtime/executor.ts';
import { resolveUser } from '../../runtime/user.ts';
import { stubMountPoints } from '../../snapshot/mount-points.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { randomHex } from '../../sys/random.ts';
import type { Containers } from '../container-types.ts';
import type { CreateRequest } from '../create-request.ts';
import { copyMetadata } from './copy-tree.ts';
import { Ending, SIGNALLED } from './ending.ts';
import { ContainerStartError } from './errors.ts';
import { checkProgram } from './find-program.ts';
import { configOf, imageToRun, warnOfPlatform } from './image-of.ts';
import { planMounts, prepareMounts, type MountPlan } from './mounts.ts';
import { checkName } from './names.ts';
import type { ContainerParts } from './parts.ts';
import { argvOf, environmentOf } from './process-plan.ts';
import { reap } from './reap.ts';
import { volumesFrom } from './volumes-from.ts';
import { register, writeCidfile } from './register.ts';
import { rlimitsOf } from '../rlimits.ts';

type RunOptions = NonNullable<Parameters<Containers['run']>[1]>;

const MINIMUM_MEMORY = 6 * 1024 * 1024;
/** A larger file of users is none. */
const USERS_LIMIT = 10 * 1024 * 1024;
/** The kernel's own directories: their mount points must not land in the container's changes. */
const SYSTEM_DIRECTORIES = ['/proc', '/sys', '/dev'];
const SHORT_ID = 12;

/**
 * Runs a container in the foreground. Everything that can be wrong with a request is found
 * before anything is made. Errors of the engine have exit code 125.
 */
export async function runContainer(
  parts: ContainerParts,
  request: CreateRequest,
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
  request: CreateRequest,
  options: RunOptions,
): Promise<ExitStatus> {
  const { store } = parts;
  if (request.name !== undefined) checkName(request.name);
  if (request.limits?.memory !== undefined && request.limits.memory < MINIMUM_MEMORY) {
    throw new ContainerStartError('Minimum memory limit allowed is 6MB');
  }
  const capabilities = adjustCapabilities(request.capAdd, request.capDrop);
  const image = await imageToRun(store, request, options.missing);
  await options.admit?.(image.id);
  const config = configOf(store, image);
  const argv = argvOf(request, config);
  const mounts = planMounts(request, config, volumesFrom(store, request.volumesFrom ?? []));
  const layers = image.chain === undefined ? [] : parts.snapshotter.stack(image.chain);
  if (!layers)
    throw new ContainerStartError(`image ${request.image} is not whole: layers are missing`);
  const view = parts.snapshotter.view(layers);

  if (!request.platform) warnOfPlatform(image, options);
  const id = randomHex(32);
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
    store,
    id,
    view,
    directory,
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
      lower: [...parts.snapshotter.directories(layers), ...(places.made ? [stubs] : [])],
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

function networkOf(request: CreateRequest, options: CallOptions): 'host' | 'none' {
  const network = request.networks?.[0]?.name ?? 'default';
  if (network === 'host' || network === 'none') return network;
  reporter(options.progress).warn({
    code: 'NETWORK_HOST',
    message: "there is no network for containers yet: this one uses the machine's own",
    hint: 'Say --network host or --network none to choose.',
  });
  return 'host';
}

function userOf(
  request: CreateRequest,
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

function limitsOf(request: CreateRequest): Pick<ProcessSpec, 'cgroup' | 'rlimits' | 'shmSize'> {
  const { limits: { memory, cpus, pids } = {}, ulimits = [], shmSize } = request;
  const cgroup = {
    ...(memory !== undefined && { memory }),
    ...(cpus !== undefined && { cpus }),
    ...(pids !== undefined && pids > 0 && { pids }),
  };
  return {
    ...(Object.keys(cgroup).length > 0 && { cgroup }),
    ...(ulimits.length > 0 && { rlimits: rlimitsOf(ulimits) }),
    ...(shmSize !== undefined && { shmSize }),
  };
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
