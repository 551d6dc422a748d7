import { InvalidInputError } from '../base/errors.ts';
import type { NetworkDetails } from '../engine/network-types.ts';
import { grouped, invalid, type FilterPair } from './filters.ts';
import type { Field } from './listing.ts';
import { goTimeWriter } from './times.ts';
import { shortId } from './units.ts';

/** The keys of `network ls --filter`. */
export const NETWORK_KEYS: readonly string[] = [
  'dangling',
  'driver',
  'id',
  'label',
  'name',
  'scope',
  'type',
];
const BUILT_IN = new Set(['bridge', 'host', 'none']);

/** The fields of `network ls`. */
export function networkFields(options: {
  readonly truncate: boolean;
}): readonly Field<NetworkDetails>[] {
  const timeText = goTimeWriter();
  return [
    {
      key: 'CreatedAt',
      title: 'CREATED AT',
      value: ({ createdAt }) => timeText(new Date(createdAt)),
    },
    { key: 'Driver', title: 'DRIVER', value: ({ driver }) => driver },
    { key: 'ID', title: 'NETWORK ID', value: ({ id }) => (options.truncate ? shortId(id) : id) },
    { key: 'IPv4', title: 'IPV4', value: ({ ipv4 }) => String(ipv4) },
    { key: 'IPv6', title: 'IPV6', value: ({ ipv6 }) => String(ipv6) },
    { key: 'Internal', title: 'INTERNAL', value: ({ internal }) => String(internal) },
    {
      key: 'Label',
      title: 'LABEL',
      hidden: true,
      value: ({ labels }) => ({
        kind: 'method',
        params: ['string'],
        call: ([name]) =>
          typeof name === 'string' && Object.hasOwn(labels, name) ? labels[name] : '',
      }),
    },
    {
      key: 'Labels',
      title: 'LABELS',
      value: ({ labels }) =>
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .sort()
          .join(','),
    },
    { key: 'Name', title: 'NAME', value: ({ name }) => name },
    { key: 'Scope', title: 'SCOPE', value: () => 'local' },
  ];
}

/** The networks that pass the filters. Throws InvalidInputError. */
export function selectNetworks(
  networks: readonly NetworkDetails[],
  pairs: readonly FilterPair[],
): NetworkDetails[] {
  const values = grouped(pairs, NETWORK_KEYS);
  const tests: ((network: NetworkDetails) => boolean)[] = [];
  const any = (key: string, test: (value: string) => (one: NetworkDetails) => boolean): void => {
    const wanted = values.get(key)?.map(test);
    if (wanted) tests.push((one) => wanted.some((passes) => passes(one)));
  };
  any('driver', (value) => (one) => one.driver === value);
  any('id', (value) => (one) => one.id.startsWith(value));
  any('name', (value) => (one) => namePattern(value).test(one.name));
  any('scope', (value) => () => value === 'local');
  any('type', (value) => {
    if (value !== 'custom' && value !== 'builtin') throw invalid(`type=${value}`);
    return (one) => BUILT_IN.has(one.name) === (value === 'builtin');
  });
  any('dangling', (value) => {
    const wanted = isTrue(value);
    return (one) => (!BUILT_IN.has(one.name) && one.members.length === 0) === wanted;
  });
  for (const label of values.get('label') ?? []) tests.push((one) => hasLabel(one, label));
  return networks.filter((one) => tests.every((passes) => passes(one)));
}

function isTrue(value: string): boolean {
  if (value === '1' || value.toLowerCase() === 'true') return true;
  if (value === '0' || value.toLowerCase() === 'false') return false;
  throw new InvalidInputError(`invalid filter 'dangling=[${value}]'`);
}

/** A regular expression where it is one; otherwise what is in the name. */
function namePattern(text: string): Pick<RegExp, 'test'> {
  try {
    return new RegExp(text);
  } catch {
    return { test: (name) => name.includes(text) };
  }
}

function hasLabel({ labels }: NetworkDetails, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  if (equals < 0) return Object.hasOwn(labels, wanted);
  const key = wanted.slice(0, equals);
  return Object.hasOwn(labels, key) && labels[key] === wanted.slice(equals + 1);
}
