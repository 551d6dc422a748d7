import type { ContainerConfig, Healthcheck } from '../../oci/image-config.ts';
import type { CreateRequest, HealthRequest } from '../create-request.ts';
import { ContainerStartError } from './errors.ts';

const NANOSECONDS = 1e6;

/**
 * The image's configuration with what was asked for on top: what `inspect` shows as Config, and
 * what a commit starts from. `env` is the request's, with the caller's values. Throws
 * ContainerStartError.
 */
export function mergedConfig(
  request: CreateRequest,
  image: ContainerConfig,
  env: readonly string[],
): ContainerConfig {
  // One that the caller does not have takes the image's away.
  const names = new Set((request.env ?? []).map(variableName));
  const exposed = [
    ...Object.keys(image.ExposedPorts ?? {}),
    ...(request.expose ?? []).map(exposedPort),
    ...(request.publish ?? []).map(publishedPort),
  ];
  const volumes = [...Object.keys(image.Volumes ?? {}), ...anonymousVolumes(request)];
  const set = (paths: readonly string[]): Record<string, object> =>
    Object.fromEntries([...new Set(paths)].sort().map((path) => [path, {}]));
  const health = healthOf(request.health, image.Healthcheck);
  const given: ContainerConfig = {
    ...(request.user !== undefined && { User: request.user }),
    ...(request.workdir !== undefined && { WorkingDir: request.workdir }),
    ...(request.stopSignal !== undefined && { StopSignal: request.stopSignal }),
    ...(exposed.length > 0 && { ExposedPorts: set(exposed) }),
    ...(volumes.length > 0 && { Volumes: set(volumes) }),
    ...(health && { Healthcheck: health }),
    ...(request.entrypoint && { Entrypoint: request.entrypoint, Cmd: null }),
    ...(request.command && { Cmd: request.command }),
  };
  return {
    ...image,
    ...given,
    Env: [...env, ...(image.Env ?? []).filter((text) => !names.has(variableName(text)))],
    Labels: { ...image.Labels, ...request.labels },
  };
}

/** The name in `NAME=value`, or all of it. */
export function variableName(text: string): string {
  const equals = text.indexOf('=');
  return equals === -1 ? text : text.slice(0, equals);
}

/** The request's variables with values: those that were asked for by name have the caller's. */
export function resolvedEnv(
  asked: readonly string[],
  caller: Readonly<Record<string, string | undefined>>,
): string[] {
  return asked.flatMap((text) => {
    if (text.includes('=')) return [text];
    const value = caller[text];
    return value === undefined ? [] : [`${text}=${value}`];
  });
}

function anonymousVolumes({ volumes = [] }: CreateRequest): string[] {
  return volumes.filter((text) => !text.includes(':'));
}

/** `80` is `80/tcp`. */
function exposedPort(text: string): string {
  return text.includes('/') ? text : `${text}/tcp`;
}

function publishedPort(text: string): string {
  return exposedPort(text.slice(text.lastIndexOf(':') + 1));
}

function healthOf(
  asked: HealthRequest | undefined,
  image: Healthcheck | undefined,
): Healthcheck | undefined {
  if (!asked) return image;
  const { none, command, interval, timeout, startPeriod, startInterval, retries } = asked;
  if (none === true) {
    if (Object.keys(asked).length > 1) {
      throw new ContainerStartError('--no-healthcheck conflicts with --health-* options');
    }
    return { Test: ['NONE'] };
  }
  const times = {
    Interval: interval,
    Timeout: timeout,
    StartPeriod: startPeriod,
    StartInterval: startInterval,
  };
  for (const [name, value] of Object.entries(times)) {
    if (value !== undefined && value < 0) {
      throw new ContainerStartError(`${name} in Healthcheck cannot be negative`);
    }
    if (value !== undefined && value !== 0 && value < 1) {
      throw new ContainerStartError(`${name} in Healthcheck cannot be less than 1ms`);
    }
  }
  const given = Object.entries(times).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value * NANOSECONDS]],
  );
  return {
    ...image,
    ...(command !== undefined && { Test: ['CMD-SHELL', command] }),
    ...(Object.fromEntries(given) as Partial<Healthcheck>),
    ...(retries !== undefined && { Retries: retries }),
  };
}
