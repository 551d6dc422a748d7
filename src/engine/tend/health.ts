import type { ContainerConfig } from '../../oci/image-config.ts';
import type { ContainerHealth, ContainerRecord } from '../containers/record.ts';

/** A check of a container's health, with nothing left open. Times are in milliseconds. */
export interface HealthCheck {
  readonly argv: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

/** What one check found. */
export type HealthResult = ContainerHealth['log'][number];

const NANOSECONDS = 1e6;
const INTERVAL = 30_000;
const TIMEOUT = 30_000;
const START_INTERVAL = 5000;
const RETRIES = 3;
const RESULTS = 5;

/** The check that a configuration asks for; undefined when there is none. */
export function healthCheckOf({ Healthcheck, Shell }: ContainerConfig): HealthCheck | undefined {
  const [kind, ...rest] = Healthcheck?.Test ?? [];
  if (!Healthcheck || kind === undefined || kind === 'NONE') return undefined;
  const shell = Shell && Shell.length > 0 ? Shell : ['/bin/sh', '-c'];
  const argv = kind === 'CMD-SHELL' ? [...shell, rest.join(' ')] : kind === 'CMD' ? rest : [];
  if (argv.length === 0) return undefined;
  // 0 means the default.
  const time = (value: number | undefined, otherwise: number): number =>
    value === undefined || value <= 0 ? otherwise : value / NANOSECONDS;
  const { Interval, Timeout, StartPeriod, StartInterval, Retries = 0 } = Healthcheck;
  return {
    argv,
    interval: time(Interval, INTERVAL),
    timeout: time(Timeout, TIMEOUT),
    startPeriod: time(StartPeriod, 0),
    startInterval: time(StartInterval, START_INTERVAL),
    retries: Retries > 0 ? Retries : RETRIES,
  };
}

/** Of a container that has just been started; undefined when nothing checks it. */
export function firstHealth(config: ContainerConfig): ContainerHealth | undefined {
  return healthCheckOf(config) && { status: 'starting', failingStreak: 0, log: [] };
}

/** When the next check is due, in milliseconds since the epoch. */
export function nextCheck(
  check: HealthCheck,
  { startedAt = 0, health }: Pick<ContainerRecord, 'startedAt' | 'health'>,
  now: number,
): number {
  const last = Math.max(startedAt, health?.log.at(-1)?.end ?? 0);
  const isStarting =
    (health?.status ?? 'starting') === 'starting' && now - startedAt < check.startPeriod;
  return last + (isStarting ? check.startInterval : check.interval);
}

/**
 * What is known after one more result. Failures in the start period do not count until the
 * first success; one success makes healthy; enough failures in a row make unhealthy.
 */
export function afterCheck(
  check: HealthCheck,
  { startedAt = 0, health }: Pick<ContainerRecord, 'startedAt' | 'health'>,
  result: HealthResult,
): ContainerHealth {
  const before = health ?? { status: 'starting', failingStreak: 0, log: [] };
  const log = [...before.log, result].slice(-RESULTS);
  if (result.exitCode === 0) return { status: 'healthy', failingStreak: 0, log };
  const isForgiven = before.status === 'starting' && result.start - startedAt < check.startPeriod;
  if (isForgiven) return { ...before, log };
  const failingStreak = before.failingStreak + 1;
  const status = failingStreak >= check.retries ? 'unhealthy' : before.status;
  return { status, failingStreak, log };
}
