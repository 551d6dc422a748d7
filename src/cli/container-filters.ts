import { InvalidInputError } from '../base/errors.ts';
import type { ContainerSummary } from '../engine/container-types.ts';
import { ObjectNotFoundError } from './errors.ts';
import { grouped, invalid, type FilterPair } from './filters.ts';

const STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];
const HEALTH = ['starting', 'healthy', 'unhealthy', 'none'];
/** States in which there are processes, or will be soon. */
const UP = ['running', 'paused', 'restarting'];
const KEYS = [
  'id',
  'name',
  'label',
  'status',
  'exited',
  'ancestor',
  'before',
  'since',
  'volume',
  'network',
  'publish',
  'expose',
  'health',
];

/**
 * The containers that pass the filters, newest first; `ancestor` is the engine's. Throws InvalidInputError,
 * ObjectNotFoundError.
 */
export function selectContainers(
  containers: readonly ContainerSummary[],
  pairs: readonly FilterPair[],
  options: { readonly runningOnly: boolean },
): ContainerSummary[] {
  const values = grouped(pairs, KEYS);
  const find = (name: string): ContainerSummary => {
    const found = containers.find((one) => one.name === name || one.id.startsWith(name));
    if (!found) throw new ObjectNotFoundError('container', name);
    return found;
  };
  for (const state of values.get('status') ?? []) {
    if (!STATES.includes(state)) {
      throw new InvalidInputError(
        `invalid filter 'status=${state}': invalid value for state (${state}): must be one of ${STATES.join(', ')}`,
      );
    }
  }
  const tests: ((container: ContainerSummary) => boolean)[] = [];
  const any = (key: string, test: (value: string) => (one: ContainerSummary) => boolean): void => {
    const wanted = values.get(key)?.map(test);
    if (wanted) tests.push((one) => wanted.some((passes) => passes(one)));
  };
  any('id', (value) => (one) => one.id.startsWith(value));
  any('name', (value) => {
    const pattern = namePattern(value);
    return (one) => pattern.test(one.name);
  });
  any('status', (value) => (one) => one.state === value);
  any('exited', (value) => {
    if (!/^\d+$/.test(value)) throw invalid(`exited=${value}`);
    return (one) => one.state === 'exited' && one.exitCode === Number(value);
  });
  any('volume', (value) => (one) => hasMount(one, value));
  any(
    'network',
    (value) =>
      ({ networks, endpoints }) =>
        networks.includes(value) || endpoints.some(({ networkId }) => networkId.startsWith(value)),
  );
  any('publish', (value) => {
    const isIn = portRange('publish', value);
    return ({ endpoints }) =>
      endpoints.some(({ ports }) =>
        ports.some(({ hostPort, protocol }) => isIn(hostPort, protocol)),
      );
  });
  any('expose', (value) => {
    const isIn = portRange('expose', value);
    return ({ exposed }) =>
      exposed.some((text) => {
        const [port, protocol = 'tcp'] = text.split('/');
        return isIn(Number(port), protocol);
      });
  });
  any('health', (value) => {
    if (!HEALTH.includes(value)) {
      throw new InvalidInputError(
        `invalid filter 'health=${value}': must be one of ${HEALTH.join(', ')}`,
      );
    }
    return ({ healthStatus }) => (healthStatus ?? 'none') === value;
  });
  for (const label of values.get('label') ?? []) tests.push((one) => hasLabel(one, label));
  for (const name of values.get('before') ?? []) {
    const border = find(name).created;
    tests.push((one) => one.created < border);
  }
  for (const name of values.get('since') ?? []) {
    const border = find(name).created;
    tests.push((one) => one.created > border);
  }
  return containers
    .filter((one) => !options.runningOnly || UP.includes(one.state))
    .filter((one) => tests.every((passes) => passes(one)))
    .toSorted((a, b) => b.created.getTime() - a.created.getTime() || (a.id < b.id ? -1 : 1));
}

/** Whether something of this name, from this path or at this place is mounted in it. */
function hasMount({ mounts }: ContainerSummary, value: string): boolean {
  return mounts.some(
    ({ name, source, target }) => name === value || source === value || target === value,
  );
}

/** A regular expression, as Docker takes it. Throws InvalidInputError. */
function namePattern(value: string): RegExp {
  try {
    return new RegExp(value);
  } catch {
    throw invalid(`name=${value}`);
  }
}

function hasLabel({ labels }: ContainerSummary, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  const key = equals < 0 ? wanted : wanted.slice(0, equals);
  if (!Object.hasOwn(labels, key)) return false;
  return equals < 0 || labels[key] === wanted.slice(equals + 1);
}

/** `80`, `80-90`, `53/udp`. Throws InvalidInputError. */
function portRange(key: string, text: string): (port: number, protocol: string) => boolean {
  const [, first, last = first, wanted = 'tcp'] =
    /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  if (first === undefined) throw invalid(`${key}=${text}`);
  return (port, protocol) => port >= Number(first) && port <= Number(last) && protocol === wanted;
}
