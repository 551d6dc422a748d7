import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerHealth } from '../containers/record.ts';
import { afterCheck, healthCheckOf, nextCheck, type HealthCheck } from './health.ts';

const CHECK: HealthCheck = {
  argv: ['true'],
  interval: 30_000,
  timeout: 30_000,
  startPeriod: 0,
  startInterval: 5000,
  retries: 2,
};

/** What is known after results with these exit codes, a second apart, the first after one second. */
function after(check: HealthCheck, ...codes: number[]): ContainerHealth | undefined {
  return codes.reduce<ContainerHealth | undefined>(
    (health, exitCode, at) =>
      afterCheck(
        check,
        { startedAt: 0, ...(health && { health }) },
        { start: (at + 1) * 1000, end: (at + 1) * 1000 + 10, exitCode, output: String(at) },
      ),
    undefined,
  );
}

const told = (health: ContainerHealth | undefined): string =>
  `${health?.status} ${health?.failingStreak}`;

test('healthCheckOf() fills what is left open, and knows when there is none', () => {
  const { argv, ...times } =
    healthCheckOf({ Healthcheck: { Test: ['CMD-SHELL', 'a b'] } }) ?? CHECK;
  assert.deepEqual(argv, ['/bin/sh', '-c', 'a b']);
  assert.deepEqual(times, {
    interval: 30_000,
    timeout: 30_000,
    startPeriod: 0,
    startInterval: 5000,
    retries: 3,
  });
  const own = healthCheckOf({
    Shell: ['/bin/ash', '-ec'],
    Healthcheck: { Test: ['CMD-SHELL', 'x'] },
  });
  assert.deepEqual(own?.argv, ['/bin/ash', '-ec', 'x']);
  assert.deepEqual(healthCheckOf({ Healthcheck: { Test: ['CMD', 'a', 'b'] } })?.argv, ['a', 'b']);
  for (const Test of [['NONE'], [], ['CMD']]) {
    assert.equal(healthCheckOf({ Healthcheck: { Test } }), undefined);
  }
  assert.equal(healthCheckOf({}), undefined);
});

test('afterCheck() needs failures in a row to make unhealthy, and one success to heal', () => {
  assert.equal(told(after(CHECK, 1)), 'starting 1');
  assert.equal(told(after(CHECK, 1, 1)), 'unhealthy 2');
  assert.equal(told(after(CHECK, 1, 1, 0)), 'healthy 0');
  assert.equal(told(after(CHECK, 0, 1)), 'healthy 1');
  assert.equal(told(after(CHECK, 0, 1, 0, 1)), 'healthy 1');
  assert.equal(told(after(CHECK, 0, -1, 137)), 'unhealthy 2');
});

test('afterCheck() forgives failures in the start period, until the first success', () => {
  const patient = { ...CHECK, startPeriod: 4500 };
  assert.equal(told(after(patient, 1, 1, 1, 1)), 'starting 0');
  assert.equal(told(after(patient, 1, 1, 1, 1, 1, 1)), 'unhealthy 2');
  assert.equal(told(after(patient, 0, 1, 1)), 'unhealthy 2');
});

test('afterCheck() keeps the last five results', () => {
  const outputs = after(CHECK, 1, 1, 1, 1, 1, 1, 1)?.log.map(({ output }) => output);
  assert.deepEqual(outputs, ['2', '3', '4', '5', '6']);
});

test('nextCheck() counts from the start or the last result, more often in the start period', () => {
  const patient = { ...CHECK, startPeriod: 20_000 };
  assert.equal(nextCheck(CHECK, { startedAt: 1000 }, 2000), 31_000);
  assert.equal(nextCheck(patient, { startedAt: 1000 }, 2000), 6000);
  const health = after(patient, 1);
  assert.ok(health);
  assert.equal(nextCheck(patient, { startedAt: 0, health }, 2000), 6010);
  assert.equal(nextCheck(patient, { startedAt: 0, health }, 25_000), 31_010);
  const healthy = after(patient, 0);
  assert.ok(healthy);
  assert.equal(nextCheck(patient, { startedAt: 0, health: healthy }, 2000), 31_010);
});
