import { rfc3339Nano } from '../base/clock.ts';
import type { ContainerDetails } from '../engine/container-types.ts';
import { int64, struct, type Struct, type Value } from './template/values.ts';

const NO_TIME = '0001-01-01T00:00:00Z';

/** A container as `inspect` shows it: the members of Docker's that are known, in its order. */
export function containerJson(details: ContainerDetails): Readonly<Record<string, unknown>> {
  const { id, argv, imageId, image, name, labels, remove, size } = details;
  return {
    Id: id,
    Created: rfc3339Nano(details.created),
    Path: argv[0] ?? '',
    Args: argv.slice(1),
    State: stateOf(details),
    Image: imageId,
    Name: `/${name}`,
    RestartCount: 0,
    Driver: 'overlay2',
    Platform: 'linux',
    HostConfig: { AutoRemove: remove },
    ...(size && { SizeRw: size.written, SizeRootFs: size.whole }),
    Config: { Image: image, Labels: labels },
  };
}

function stateOf({
  state,
  pid,
  exitCode = 0,
  started,
  finished,
}: ContainerDetails): Readonly<Record<string, string | number | boolean>> {
  const time = (at: Date | undefined): string => (at === undefined ? NO_TIME : rfc3339Nano(at));
  return {
    Status: state,
    Running: state === 'running',
    Paused: false,
    Restarting: false,
    OOMKilled: false,
    Dead: false,
    Pid: pid,
    ExitCode: exitCode,
    Error: '',
    StartedAt: time(started),
    FinishedAt: time(finished),
  };
}

/** The same for templates. */
export function containerStruct(details: ContainerDetails): Struct {
  const json = containerJson(details);
  const { argv, size, labels, image, remove } = details;
  const plain = (key: string): Value => String(json[key]);
  const sizes: Record<string, Value> = size
    ? { SizeRw: int64(size.written), SizeRootFs: int64(size.whole) }
    : {};
  const whole = struct('container.InspectResponse', {
    ID: details.id,
    Created: plain('Created'),
    Path: plain('Path'),
    Args: argv.slice(1),
    State: struct('container.State', stateOf(details)),
    Image: details.imageId,
    Name: plain('Name'),
    RestartCount: 0,
    Driver: plain('Driver'),
    Platform: plain('Platform'),
    HostConfig: struct('container.HostConfig', { AutoRemove: remove }),
    ...sizes,
    Config: struct('container.Config', { Image: image, Labels: new Map(Object.entries(labels)) }),
  });
  return {
    ...whole,
    json: whole.json.map((one) => (one.key === 'ID' ? { ...one, key: 'Id' } : one)),
  };
}
