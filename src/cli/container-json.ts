import { rfc3339Nano } from '../base/clock.ts';
import type { ContainerDetails } from '../engine/container-types.ts';
import { hostConfigJson } from './host-config-json.ts';
import { networkSettingsJson } from './network-settings-json.ts';
import { fromData, int64, struct, type Struct, type Value } from './template/values.ts';

const NO_TIME = '0001-01-01T00:00:00Z';

/** A container as `inspect` shows it, in Docker's order. */
export function containerJson(details: ContainerDetails): Readonly<Record<string, unknown>> {
  const { id, argv, imageId, name, size, places } = details;
  return {
    Id: id,
    Created: rfc3339Nano(details.created),
    Path: argv[0] ?? '',
    Args: argv.slice(1),
    State: stateOf(details),
    Image: imageId,
    ResolvConfPath: `${places.directory}/resolv.conf`,
    HostnamePath: `${places.directory}/hostname`,
    HostsPath: `${places.directory}/hosts`,
    LogPath: places.log,
    Name: `/${name}`,
    RestartCount: details.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: details.execIds.length > 0 ? details.execIds : null,
    HostConfig: hostConfigJson(details),
    GraphDriver: {
      Data: {
        ID: id,
        LowerDir: places.lower.join(':'),
        MergedDir: places.merged,
        UpperDir: places.upper,
        WorkDir: places.work,
      },
      Name: 'overlay2',
    },
    ...(size && { SizeRw: size.written, SizeRootFs: size.whole }),
    Mounts: details.mounts.filter(({ type }) => type !== 'tmpfs').map(mountOf),
    Config: configOf(details),
    NetworkSettings: networkSettingsJson(details),
  };
}

function stateOf(details: ContainerDetails): Readonly<Record<string, unknown>> {
  const { state, pid, exitCode = 0, started, finished, health } = details;
  const time = (at: Date | undefined): string => (at === undefined ? NO_TIME : rfc3339Nano(at));
  return {
    Status: state,
    Running: state === 'running' || state === 'paused' || state === 'restarting',
    Paused: state === 'paused',
    Restarting: state === 'restarting',
    OOMKilled: details.oomKilled,
    Dead: state === 'dead',
    Pid: pid,
    ExitCode: exitCode,
    Error: details.error,
    StartedAt: time(started),
    FinishedAt: time(finished),
    ...(details.unmonitored && { Unmonitored: true }),
    ...(health && {
      Health: {
        Status: health.status,
        FailingStreak: health.failingStreak,
        Log: health.log.map(({ start, end, exitCode: code, output }) => ({
          Start: rfc3339Nano(new Date(start)),
          End: rfc3339Nano(new Date(end)),
          ExitCode: code,
          Output: output,
        })),
      },
    }),
  };
}

function mountOf({
  type,
  name,
  source,
  target,
  mode,
  readonly,
  propagation,
}: ContainerDetails['mounts'][number]): Readonly<Record<string, unknown>> {
  return {
    Type: type,
    ...(name !== undefined && { Name: name }),
    Source: source,
    Destination: target,
    ...(type === 'volume' && { Driver: 'local' }),
    Mode: mode,
    RW: !readonly,
    Propagation: propagation,
  };
}

function configOf({
  id,
  settings,
  config,
  image,
  labels,
}: ContainerDetails): Readonly<Record<string, unknown>> {
  const attached = (name: 'stdin' | 'stdout' | 'stderr'): boolean =>
    settings.attach?.includes(name) === true;
  return {
    Hostname: settings.hostname ?? id.slice(0, 12),
    Domainname: settings.domainname ?? '',
    User: config.User ?? '',
    AttachStdin: attached('stdin'),
    AttachStdout: attached('stdout'),
    AttachStderr: attached('stderr'),
    ...(config.ExposedPorts && { ExposedPorts: config.ExposedPorts }),
    Tty: settings.terminal === true,
    OpenStdin: settings.interactive === true,
    StdinOnce: settings.interactive === true && attached('stdin'),
    Env: config.Env ?? [],
    Cmd: config.Cmd ?? null,
    ...(config.Healthcheck && { Healthcheck: config.Healthcheck }),
    ...(config.ArgsEscaped === true && { ArgsEscaped: true }),
    Image: image,
    Volumes: config.Volumes ?? null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: labels,
    ...(config.StopSignal !== undefined && { StopSignal: config.StopSignal }),
    ...(settings.stopTimeout !== undefined && { StopTimeout: settings.stopTimeout }),
    ...(config.Shell && { Shell: config.Shell }),
  };
}

/** Members whose own members are named by users. */
const MAPS = new Set([
  'Annotations',
  'ExposedPorts',
  'Labels',
  'Networks',
  'PortBindings',
  'Ports',
  'Sysctls',
  'Tmpfs',
  'Volumes',
  'DriverOpts',
]);
const TYPES: Readonly<Record<string, string>> = { Health: 'container.Health' };

/** The same for templates. */
export function containerStruct(details: ContainerDetails): Struct {
  const json = containerJson(details);
  const whole = structOf('container.InspectResponse', json);
  const { Id, ...fields } = Object.fromEntries(whole.fields) as Record<string, Value>;
  return {
    ...whole,
    fields: new Map(Object.entries({ ID: Id ?? '', ...fields })),
    json: whole.json.map((one) => (one.key === 'Id' ? { ...one, field: 'ID' } : one)),
  };
}

function structOf(type: string, json: object): Struct {
  return struct(
    type,
    Object.fromEntries(Object.entries(json).map(([key, value]) => [key, valueOf(key, value)])),
  );
}

function valueOf(key: string, json: unknown): Value {
  if (Array.isArray(json)) return json.map((one) => valueOf(key, one));
  if (typeof json === 'object' && json !== null) {
    if (key === 'Config' && !('Image' in json)) return fromData(json);
    if (MAPS.has(key)) {
      return new Map(Object.entries(json).map(([name, value]) => [name, valueOf('', value)]));
    }
    return structOf(TYPES[key] ?? `container.${key}`, json);
  }
  if (key === 'SizeRw' || key === 'SizeRootFs') return int64(Number(json));
  return fromData(json);
}
