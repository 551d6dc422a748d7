import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname as machineName } from 'node:os';
import { posix } from 'node:path';
import { Exit, StaveError } from '../../base/errors.ts';
import type { ContainerConfig } from '../../oci/image-config.ts';
import { adjustCapabilities } from '../../runtime/capabilities.ts';
import type { CgroupSpec, MountSpec, ProcessSpec } from '../../runtime/executor.ts';
import { resolveGroup, resolveUser } from '../../runtime/user.ts';
import { sweepBuilds } from '../../runtime/tidy.ts';
import { stubMountPoints } from '../../snapshot/mount-points.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { randomHex } from '../../sys/random.ts';
import { hasUser } from '../../sys/user-namespace.ts';
import type { CreateOptions } from '../container-types.ts';
import type { CreateRequest, ResourceLimits } from '../create-request.ts';
import { rlimitsOf } from '../rlimits.ts';
import { deviceRulesOf } from './check-confinement.ts';
import { checkRequest } from './check-request.ts';
import { mergedConfig, resolvedEnv } from './config.ts';
import { copyMetadata } from './copy-tree.ts';
import { devicesOf } from './devices.ts';
import { ContainerStartError } from './errors.ts';
import { checkProgram } from './find-program.ts';
import { configOf, imageToRun, warnOfPlatform } from './image-of.ts';
import { initOf } from './init.ts';
import { containerPaths, type ContainerPaths } from './layout.ts';
import { planMounts, prepareMounts, type MountPlan } from './mounts.ts';
import type { ContainerParts } from './parts.ts';
import { networkKind } from './network-kind.ts';
import { argvOf, environmentOf } from './process-plan.ts';
import { sweepNetworks } from '../networks/release.ts';
import { reap, removeContainer } from './reap.ts';
import { register, writeCidfile } from './register.ts';
import { volumesFrom } from './volumes-from.ts';

/** A larger file of users is none. */
const USERS_LIMIT = 10 * 1024 * 1024;
/** The kernel's own directories: their mount points must not land in the container's changes. */
const SYSTEM_DIRECTORIES = ['/proc', '/sys', '/dev'];
const SHORT_ID = 12;

/** A container that was made and not started. */
export interface Created {
  readonly id: string;
}

/**
 * Makes a container. Everything that can be wrong with a request is found before anything is
 * made; errors of the engine have exit code 125. With `starting`, it is gone again if this
 * process dies before it has started it.
 */
export async function createContainer(
  parts: ContainerParts,
  request: CreateRequest,
  options: CreateOptions & { readonly starting?: boolean },
): Promise<Created> {
  try {
    return await create(parts, request, options);
  } catch (error) {
    throw startError(error);
  }
}

/** The same error, with the exit code of one that kept a container from starting. */
export function startError(error: unknown): unknown {
  if (!(error instanceof StaveError) || error.exitCode !== Exit.failure) return error;
  return new ContainerStartError(error.message, {
    hint: error.hint,
    httpStatus: error.httpStatus,
    cause: error,
  });
}

async function create(
  parts: ContainerParts,
  request: CreateRequest,
  options: CreateOptions & { readonly starting?: boolean },
): Promise<Created> {
  const { store } = parts;
  checkRequest(request);
  if (request.publish) (await import('../../network/port-spec.ts')).parsePorts(request.publish);
  const capabilities = adjustCapabilities(request.capAdd, request.capDrop);
  const devices = devicesOf(request.devices ?? []);
  const deviceRules = deviceRulesOf(request.deviceRules ?? []);
  if (request.seccompProfile !== undefined) {
    const { parseProfile } = await import('../../runtime/docker-seccomp.ts');
    parseProfile(request.seccompProfile);
  }
  const image = await imageToRun(store, request, options.missing);
  await options.admit?.(image.id);
  const imageConfig = configOf(store, image);
  const asked = resolvedEnv(request.env ?? [], options.environment ?? {});
  const settings: CreateRequest = { ...request, env: asked };
  const config = mergedConfig(request, imageConfig, asked);
  const argv = argvOf(request, imageConfig);
  const mounts = planMounts(request, imageConfig, volumesFrom(store, request.volumesFrom ?? []));
  const layers = image.chain === undefined ? [] : parts.snapshotter.stack(image.chain);
  if (!layers) {
    throw new ContainerStartError(`image ${request.image} is not whole: layers are missing`);
  }
  const view = parts.snapshotter.view(layers);

  if (!request.platform) warnOfPlatform(image, options);
  const id = randomHex(32);
  const hostname = hostnameOf(request, id);
  const user = userOf(request, config, view);
  const env = environmentOf(settings, config, { hostname, home: user.home });
  const cwd = posix.resolve('/', config.WorkingDir ?? '/');
  checkProgram(view, { command: argv[0] ?? '', env, cwd, mounted: targetsOf(mounts) });

  reap(store);
  sweepBuilds({ stateDir: store.paths.run, storeId: store.id });
  await sweepNetworks(store);
  writeCidfile(request.cidfile, id);
  using undo = new DisposableStack();
  if (request.cidfile !== undefined) {
    const { cidfile } = request;
    undo.defer(() => rmSync(cidfile, { force: true }));
  }
  register(parts, settings, { image, config, id, argv });
  undo.defer(() => removeContainer(store, id, { volumes: true }));
  const paths = containerPaths(store.paths.containers, id);
  makeRoot(paths, view);
  const prepared = prepareMounts(mounts, {
    store,
    id,
    view,
    directory: paths.directory,
    hostname,
    network: networkKind(request) === 'host' ? 'host' : 'none',
    extraHosts: request.extraHosts ?? [],
  });
  const places = stubMountPoints(
    view,
    [
      ...prepared.map(({ mount, kind }) => ({ path: mount.target, kind })),
      ...[...SYSTEM_DIRECTORIES, cwd].map((path) => ({ path, kind: 'directory' as const })),
    ],
    paths.mountPoints,
  );
  const init = request.init === true ? initOf(argv) : undefined;
  const recorder = request.record === true ? await recordingOf(paths.directory) : undefined;
  const spec: ProcessSpec = {
    id,
    root: {
      lower: [
        ...parts.snapshotter.directories(layers),
        ...(places.made ? [paths.mountPoints] : []),
      ],
      upper: paths.upper,
      work: paths.work,
      durable: request.remove !== true,
      readonly: request.readonly === true,
    },
    argv: init?.argv ?? argv,
    env: [...env, ...(recorder?.env ?? [])],
    cwd,
    user,
    hostname,
    ...(request.domainname !== undefined && { domainname: request.domainname }),
    mounts: [
      ...prepared.map(({ mount }, index) => ({
        ...mount,
        target: places.resolved[index] ?? mount.target,
      })),
      ...(init ? [init.mount] : []),
      ...(recorder?.mounts ?? []),
    ],
    network: networkKind(request) === 'host' ? 'host' : 'none',
    capabilities,
    ...limitsOf(settings),
    ...(devices.length > 0 && { devices }),
    ...(request.sysctls && { sysctls: request.sysctls }),
    ...(request.oomScoreAdj !== undefined && { oomScoreAdj: request.oomScoreAdj }),
    noNewPrivileges: request.noNewPrivileges === true,
    privileged: request.privileged === true,
    unfiltered: request.unfiltered === true,
    ...(request.seccompProfile !== undefined && { seccompProfile: request.seccompProfile }),
    ...(request.unmasked === true && { unmasked: true }),
    ...(deviceRules.length > 0 && { deviceRules }),
    terminal: request.terminal === true,
    stdin: request.interactive === true,
  };
  writeFileSync(paths.process, JSON.stringify(spec), { mode: 0o600 });
  mkdirSync(paths.bundle, { mode: 0o700 });
  mkdirSync(paths.merged, { mode: 0o700 });
  if (options.starting !== true) leaveAlone(parts, id);
  undo.move();
  return { id };
}

async function recordingOf(
  directory: string,
): Promise<{ readonly mounts: readonly MountSpec[]; readonly env: readonly string[] }> {
  const { makeRecording, RECORDING_ENV } = await import('../recording/shell-files.ts');
  return { mounts: makeRecording(directory), env: RECORDING_ENV };
}

/** Whoever made it is done with it. */
function leaveAlone({ store }: ContainerParts, id: string): void {
  store.note(({ containers }) => {
    const row = containers.get(id);
    if (!row) return;
    const { owner: _owner, ...record } = JSON.parse(row.json) as Record<string, unknown>;
    containers.put({ ...row, json: JSON.stringify(record) });
  });
}

function hostnameOf(request: CreateRequest, id: string): string {
  const isHost = networkKind(request) === 'host' || request.uts === 'host';
  return request.hostname ?? (isHost ? machineName() : id.slice(0, SHORT_ID));
}

function userOf(
  request: CreateRequest,
  config: ContainerConfig,
  view: StackView,
): ReturnType<typeof resolveUser> {
  const groups = view.read('/etc/group', USERS_LIMIT);
  const user = resolveUser(config.User ?? '', view.read('/etc/passwd', USERS_LIMIT), groups);
  if (!hasUser(user.uid)) {
    throw new ContainerStartError(`this user has no ID for user ${user.uid} of a container`, {
      hint: "'stave doctor' says how to have subordinate IDs; -u 0 does without.",
    });
  }
  const more = (request.groupAdd ?? []).map((text) => resolveGroup(text, groups));
  return { ...user, additionalGids: [...user.additionalGids, ...more] };
}

function targetsOf({ volumes, tmpfs }: MountPlan): string[] {
  return [...SYSTEM_DIRECTORIES, ...[...volumes, ...tmpfs].map(({ target }) => target)];
}

function limitsOf(request: CreateRequest): Pick<ProcessSpec, 'cgroup' | 'rlimits' | 'shmSize'> {
  const { limits = {}, ulimits = [], shmSize, cgroupParent } = request;
  const cgroup = cgroupOf(limits, cgroupParent);
  return {
    ...(Object.keys(cgroup).length > 0 && { cgroup }),
    ...(ulimits.length > 0 && { rlimits: rlimitsOf(ulimits) }),
    ...(shmSize !== undefined && { shmSize }),
  };
}

/** Limits as the runtime takes them; what is 0 is without limit. */
export function cgroupOf(limits: ResourceLimits, parent: string | undefined): CgroupSpec {
  const { pids, ...rest } = limits;
  const set = Object.entries(rest).filter(([, value]) => value !== 0 && value !== '');
  return {
    ...(Object.fromEntries(set) as CgroupSpec),
    ...(pids !== undefined && pids > 0 && { pids }),
    ...(parent !== undefined && { parent }),
  };
}

/** Directories for the changes; the upper one looks like the image's root, which it becomes. */
function makeRoot({ directory, upper, work }: ContainerPaths, view: StackView): void {
  for (const path of [directory, upper, work]) mkdirSync(path, { mode: 0o700 });
  chmodSync(upper, 0o755);
  const like = view.find('/');
  if (like) copyMetadata(like, Buffer.from(upper));
}
