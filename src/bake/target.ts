import {
  lastOfEach,
  withoutRepeats,
  type Entry,
  type SecretEntry,
  type SshEntry,
} from './entries.ts';

/** How the values of an attribute look, and what becomes of two of them: `+` keeps both. */
export type Kind =
  | 'text'
  | 'flag'
  | 'texts'
  | 'texts+'
  | 'texts-by-name'
  | 'nullable-texts-by-name'
  | 'cache'
  | 'cache+'
  | 'output'
  | 'attest+'
  | 'secrets+'
  | 'ssh+'
  | 'resources';

/** Every attribute of a target, in the order in which they are printed. */
export const ATTRIBUTES = {
  description: 'text',
  inherits: 'texts+',
  annotations: 'texts+',
  attest: 'attest+',
  context: 'text',
  contexts: 'texts-by-name',
  dockerfile: 'text',
  'dockerfile-inline': 'text',
  args: 'nullable-texts-by-name',
  labels: 'nullable-texts-by-name',
  tags: 'texts',
  'cache-from': 'cache+',
  'cache-to': 'cache',
  target: 'text',
  secret: 'secrets+',
  ssh: 'ssh+',
  platforms: 'texts',
  output: 'output',
  pull: 'flag',
  'no-cache': 'flag',
  network: 'text',
  'no-cache-filter': 'texts+',
  'shm-size': 'text',
  ulimits: 'texts+',
  resources: 'resources',
  call: 'text',
  entitlements: 'texts+',
  'extra-hosts': 'nullable-texts-by-name',
} as const satisfies Readonly<Record<string, Kind>>;

/** What a target may say, by the name that stands in files. */
export type AttributeName = keyof typeof ATTRIBUTES;

/** Names of the limits in `resources`. */
export const RESOURCES = [
  'memory',
  'memory-swap',
  'cpu-shares',
  'cpu-period',
  'cpu-quota',
  'cpuset-cpus',
  'cpuset-mems',
] as const;

interface ValuesOfKinds {
  readonly text: string;
  readonly flag: boolean;
  readonly texts: readonly string[];
  readonly 'texts+': readonly string[];
  readonly 'texts-by-name': ReadonlyMap<string, string>;
  /** Null leaves it to the Dockerfile. */
  readonly 'nullable-texts-by-name': ReadonlyMap<string, string | null>;
  readonly cache: readonly Entry[];
  readonly 'cache+': readonly Entry[];
  readonly output: readonly Entry[];
  readonly 'attest+': readonly Entry[];
  readonly 'secrets+': readonly SecretEntry[];
  readonly 'ssh+': readonly SshEntry[];
  /** Numbers are those of cpu shares, period and quota. */
  readonly resources: ReadonlyMap<string, string | number>;
}

/** What a target says. Absent is not the same as empty: it says nothing. */
export type Fields = { readonly [K in AttributeName]?: ValuesOfKinds[(typeof ATTRIBUTES)[K]] };

/** A target by its name. */
export interface Target {
  readonly name: string;
  readonly fields: Fields;
}

/** Targets, or other groups, that are built together. */
export interface Group {
  readonly name: string;
  readonly description?: string;
  readonly targets: readonly string[];
}

/** All that bake files define. */
export interface Definition {
  readonly groups: readonly Group[];
  readonly targets: readonly Target[];
}

/** What the first target says with what the second says on top. */
export function mergeFields(under: Fields, over: Fields): Fields {
  const merged: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const before = merged[name];
    if (value === undefined || (name === 'description' && value === '')) continue;
    const kind: Kind = ATTRIBUTES[name as AttributeName];
    if (value instanceof Map) {
      const entries = [...value].filter(([, one]) => one !== null);
      if (entries.length > 0) merged[name] = new Map([...mapOf(before), ...entries]);
    } else if (kind.endsWith('+')) merged[name] = [...listOf(before), ...listOf(value)];
    else merged[name] = value;
  }
  return merged;
}

/** Without repeated and empty values; what is empty then is left out. */
export function normalizeFields(fields: Fields): Fields {
  const clean: Record<string, unknown> = {};
  const entitlements = [
    ...(fields.entitlements ?? []),
    ...(fields.network === 'host' ? ['network.host'] : []),
  ];
  for (const [name, value] of Object.entries({ ...fields, entitlements })) {
    const kept = Array.isArray(value)
      ? normalizeList(ATTRIBUTES[name as AttributeName], value)
      : name === 'contexts' && value instanceof Map
        ? new Map([...value].filter(([, place]) => place !== ''))
        : value;
    const isEmpty =
      (Array.isArray(kept) && kept.length === 0) || (kept instanceof Map && kept.size === 0);
    if (kept !== undefined && !isEmpty) clean[name] = kept;
  }
  return clean;
}

function normalizeList(kind: Kind, list: readonly unknown[]): readonly unknown[] {
  switch (kind) {
    case 'cache':
    case 'cache+':
    case 'output':
      return withoutRepeats(list as readonly Entry[]);
    case 'attest+':
      return lastOfEach(list as readonly Entry[], (entry) => entry.get('type') ?? '');
    case 'secrets+':
    case 'ssh+':
      return lastOfEach(list as readonly { readonly id: string }[], ({ id }) => id);
    default:
      return [...new Set(list)].filter((text) => text !== '');
  }
}

function mapOf(value: unknown): ReadonlyMap<string, unknown> {
  return value instanceof Map ? value : new Map();
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
