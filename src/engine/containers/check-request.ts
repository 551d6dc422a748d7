import type { CreateRequest } from '../create-request.ts';
import { checkConfinement } from './check-confinement.ts';
import { ContainerStartError } from './errors.ts';
import { logSize } from '../tend/log-options.ts';
import { checkName } from './names.ts';
import { signalNumber } from './signals.ts';

const MINIMUM_MEMORY = 6 * 1024 * 1024;
const LOG_DRIVERS = ['json-file', 'local', 'k8s-file', 'none'];
const LOG_OPTIONS = [
  'max-size',
  'max-file',
  'compress',
  'labels',
  'labels-regex',
  'env',
  'tag',
  'mode',
];
const HOSTNAME = /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$/;

/** Throws ContainerStartError for what is wrong with a request whatever the image. */
export function checkRequest(request: CreateRequest): void {
  const { name, restart, limits = {}, stopSignal, hostname, logDriver, logOptions = {} } = request;
  if (name !== undefined) checkName(name);
  if (request.remove === true && restart && restart.name !== 'no') {
    throw new ContainerStartError('conflicting options: cannot specify both --restart and --rm');
  }
  if (restart && restart.name !== 'on-failure' && restart.maximum !== 0) {
    throw new ContainerStartError(
      `invalid restart policy: maximum retry count cannot be used with restart policy '${restart.name}'`,
    );
  }
  checkLimits(limits);
  checkConfinement(request);
  if (stopSignal !== undefined) signalNumber(stopSignal);
  if (hostname !== undefined && !HOSTNAME.test(hostname)) {
    throw new ContainerStartError(`invalid hostname: ${hostname}`);
  }
  if (logDriver !== undefined && !LOG_DRIVERS.includes(logDriver)) {
    throw new ContainerStartError(`logger: no log driver named '${logDriver}' is registered`, {
      hint: `There are ${LOG_DRIVERS.join(', ')}.`,
    });
  }
  if (request.record === true && request.terminal !== true) {
    throw new ContainerStartError('--record writes down what is typed: it needs a terminal', {
      hint: "Use 'stave run -it --record'.",
    });
  }
  const unknown = Object.keys(logOptions).find((key) => !LOG_OPTIONS.includes(key));
  if (unknown !== undefined) {
    throw new ContainerStartError(
      `unknown log opt '${unknown}' for ${logDriver ?? 'json-file'} log driver`,
    );
  }
  const { 'max-size': size, 'max-file': files } = logOptions;
  if (size !== undefined && size !== '-1' && logSize(size) === undefined) {
    throw new ContainerStartError(`invalid value for max-size: ${size}`);
  }
  if (files !== undefined && !/^[1-9]\d{0,3}$/.test(files)) {
    throw new ContainerStartError(`invalid value for max-file: ${files}`);
  }
  if (files !== undefined && size === undefined && logDriver !== 'local') {
    throw new ContainerStartError('max-file cannot be used without max-size');
  }
}

/** Throws ContainerStartError for limits that no container can live with. */
export function checkLimits(limits: NonNullable<CreateRequest['limits']>): void {
  const { memory, memoryReservation, memorySwap, cpus, cpuQuota, swappiness } = limits;
  if (memory !== undefined && memory !== 0 && memory < MINIMUM_MEMORY) {
    throw new ContainerStartError('Minimum memory limit allowed is 6MB');
  }
  if (memorySwap !== undefined && memorySwap > 0 && (memory ?? 0) === 0) {
    throw new ContainerStartError(
      'You should always set the Memory limit when using Memoryswap limit, see usage',
    );
  }
  if (memorySwap !== undefined && memorySwap > 0 && memory !== undefined && memorySwap < memory) {
    throw new ContainerStartError(
      'Minimum memoryswap limit should be larger than memory limit, see usage',
    );
  }
  if (
    memory !== undefined &&
    memoryReservation !== undefined &&
    memory > 0 &&
    memory < memoryReservation
  ) {
    throw new ContainerStartError(
      'Minimum memory limit can not be less than memory reservation limit, see usage',
    );
  }
  if (cpus !== undefined && cpuQuota !== undefined && cpus > 0 && cpuQuota > 0) {
    throw new ContainerStartError(
      'Conflicting options: Nano CPUs and CPU Quota cannot both be set.',
    );
  }
  if (swappiness !== undefined && (swappiness < 0 || swappiness > 100)) {
    throw new ContainerStartError(
      `Invalid value: ${swappiness}, valid memory swappiness range is 0-100`,
    );
  }
  if (cpus !== undefined && cpus < 0) {
    throw new ContainerStartError('NanoCPUs can not be negative');
  }
}
