import { closest } from '../base/suggest.ts';
import { matchesGlob } from '../dockerfile/match.ts';
import { resourceOf } from './decode.ts';
import {
  lastOfEach,
  parseEntries,
  parseSecret,
  parseSsh,
  withoutRepeats,
  type Entry,
  type EntryKind,
  type SecretEntry,
} from './entries.ts';
import { BakeError, ValueError } from './errors.ts';
import type { Definition, Fields } from './target.ts';

/** What was typed for `--set`, for the targets that it is for. */
export interface Override {
  readonly targets: readonly string[];
  /** `args` in `app.args.V=1`. */
  readonly key: string;
  /** `V` in it. */
  readonly name: string | undefined;
  /** Of one key, in the order in which they were typed. */
  readonly values: readonly string[];
  /** `+=`. */
  readonly append: boolean;
}

/** What someone who types the place of a thing allows with it. */
export interface Grants {
  readonly read: string[];
  readonly write: string[];
  networkHost: boolean;
  securityInsecure: boolean;
}

const LISTS = [
  'output',
  'cache-to',
  'cache-from',
  'tags',
  'platform',
  'secrets',
  'ssh',
  'attest',
  'entitlements',
  'annotations',
  'no-cache-filter',
  'ulimits',
];
const NAMED = ['args', 'contexts', 'labels', 'extra-hosts', 'resources', 'secret'];
const SINGLE = [
  'context',
  'dockerfile',
  'target',
  'call',
  'no-cache',
  'pull',
  'push',
  'load',
  'shm-size',
  'network',
];
const KEYS = [...LISTS, ...NAMED, ...SINGLE];
const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/**
 * Reads `PATTERN.KEY[.NAME][+]=VALUE`. `PATTERN.args.NAME` without a value takes it from the
 * environment. Throws BakeError.
 */
export function parseOverrides(
  texts: readonly string[],
  definition: Definition,
  env: Readonly<Record<string, string | undefined>>,
): Override[] {
  const found = new Map<string, Override>();
  for (const text of texts) {
    const one = parseOverride(text, definition, env);
    if (one === undefined) continue;
    const id = JSON.stringify([one.targets, one.key, one.name]);
    const before = LISTS.includes(one.key) ? (found.get(id)?.values ?? []) : [];
    found.set(id, { ...one, values: [...before, ...one.values] });
  }
  return [...found.values()];
}

function parseOverride(
  text: string,
  definition: Definition,
  env: Readonly<Record<string, string | undefined>>,
): Override | undefined {
  const equals = text.indexOf('=');
  const left = equals < 0 ? text : text.slice(0, equals);
  const append = left.endsWith('+');
  const typed = append ? left.slice(0, -1) : left;
  const [pattern = '', key, ...rest] = typed.split('.');
  const name = rest.length > 0 ? rest.join('.') : undefined;
  if (key === undefined) throw new BakeError(`invalid override key ${typed}, expected target.name`);
  if (equals < 0 && key !== 'args')
    throw new BakeError(`invalid override ${text}, expected target.name=value`);
  if (!KEYS.includes(key)) {
    const near = closest(key, KEYS);
    throw new BakeError(
      `unknown key: ${key}`,
      near === undefined ? undefined : `Did you mean ${near}?`,
    );
  }
  if (NAMED.includes(key) && (name === undefined || name === '')) {
    throw new BakeError(
      `invalid key ${left}, ${key} requires name`,
      `Write ${pattern}.${key}.NAME=VALUE.`,
    );
  }
  const targets = targetsOf(pattern, definition);
  const value = equals < 0 ? env[name ?? ''] : text.slice(equals + 1);
  return value === undefined ? undefined : { targets, key, name, values: [value], append };
}

function targetsOf(pattern: string, { targets }: Definition): string[] {
  const names = targets.map(({ name }) => name);
  if (names.includes(pattern)) return [pattern];
  const found = names.filter((name) => matchesGlob(pattern, name));
  if (found.length > 0) return found;
  const near = closest(pattern, names);
  throw new BakeError(
    `could not find any target matching '${pattern}'`,
    near === undefined ? undefined : `Did you mean ${near}?`,
  );
}

/** Fields with what was set for them. Adds to the grants. Throws BakeError. */
export function applyOverrides(
  fields: Fields,
  overrides: readonly Override[],
  grants: Grants,
): Fields {
  let result = fields;
  for (const override of overrides) {
    try {
      result = { ...result, ...applied(result, override, grants) };
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      throw new BakeError(`invalid value for ${override.key}: ${error.message}`);
    }
  }
  return result;
}

function applied(fields: Fields, override: Override, grants: Grants): Fields {
  const { key, values, append } = override;
  const { name = '' } = override;
  const value = values.at(-1) ?? '';
  switch (key) {
    case 'context':
    case 'dockerfile':
    case 'target':
    case 'call':
    case 'shm-size':
    case 'network':
      return { [key]: value };
    case 'args':
    case 'labels':
    case 'extra-hosts':
    case 'contexts':
      return { [key]: new Map<string, string | null>(fields[key] ?? []).set(name, value) };
    case 'resources':
      return {
        resources: new Map(fields.resources ?? []).set(name, resourceOf(name, value)),
      };
    case 'tags':
    case 'no-cache-filter':
    case 'ulimits':
      return { [key]: append ? [...(fields[key] ?? []), ...values] : values };
    case 'platform':
      return { platforms: append ? [...(fields.platforms ?? []), ...values] : values };
    case 'annotations':
      return { annotations: [...(fields.annotations ?? []), ...values] };
    case 'entitlements':
      return { entitlements: [...(fields.entitlements ?? []), ...granted(values, grants)] };
    case 'no-cache':
    case 'pull':
      return { [key]: truth(key, value) };
    case 'push':
      return { output: pushed(fields.output ?? [], truth(key, value)) };
    case 'load':
      return { output: loaded(fields.output ?? [], truth(key, value)) };
    case 'secret':
      return { secret: changedSecret(fields.secret ?? [], name, value, grants) };
    default:
      return appliedEntries(fields, override, grants);
  }
}

function appliedEntries(fields: Fields, { key, values, append }: Override, grants: Grants): Fields {
  const read = (kind: EntryKind): Entry[] => values.flatMap((value) => parseEntries(kind, value));
  switch (key) {
    case 'cache-from': {
      const caches = append ? [...(fields[key] ?? []), ...read('cache')] : read('cache');
      grants.read.push(
        ...caches.flatMap((one) => (one.get('type') === 'local' ? (one.get('src') ?? []) : [])),
      );
      return { [key]: withoutRepeats(caches) };
    }
    case 'cache-to': {
      const caches = append ? [...(fields[key] ?? []), ...read('cache')] : read('cache');
      grants.write.push(
        ...caches.flatMap((one) => (one.get('type') === 'local' ? (one.get('dest') ?? []) : [])),
      );
      return { [key]: withoutRepeats(caches) };
    }
    case 'output': {
      const outputs = append ? [...(fields.output ?? []), ...read('output')] : read('output');
      grants.write.push(...outputs.flatMap((one) => one.get('dest') ?? []));
      return { output: outputs };
    }
    case 'attest':
      return { attest: [...(fields.attest ?? []), ...read('attest')] };
    case 'ssh': {
      const typed = values.filter((value) => value !== '').map(parseSsh);
      const ssh = append ? [...(fields.ssh ?? []), ...typed] : typed;
      grants.read.push(...ssh.flatMap(({ paths }) => paths));
      return { ssh };
    }
    default: {
      const typed = values.filter((value) => value !== '').map(parseSecret);
      grants.read.push(...typed.flatMap(({ src }) => src ?? []));
      return {
        secret: append ? lastOfEach([...(fields.secret ?? []), ...typed], ({ id }) => id) : typed,
      };
    }
  }
}

function granted(values: readonly string[], grants: Grants): readonly string[] {
  if (values.includes('network.host')) grants.networkHost = true;
  if (values.includes('security.insecure')) grants.securityInsecure = true;
  return values;
}

function truth(key: string, value: string): boolean {
  if (TRUE.includes(value)) return true;
  if (FALSE.includes(value)) return false;
  throw new BakeError(`invalid value ${value} for boolean key ${key}`);
}

function changedSecret(
  secrets: readonly SecretEntry[],
  id: string,
  value: string,
  grants: Grants,
): SecretEntry[] {
  const typed = parseSecret(value);
  if (typed.id !== '' && typed.id !== id) {
    throw new BakeError(
      `secret override id ${JSON.stringify(typed.id)} does not match declared secret ${JSON.stringify(id)}`,
    );
  }
  if (!secrets.some((one) => one.id === id)) {
    throw new BakeError(
      `secret ${JSON.stringify(id)} must be declared before it can be overridden`,
    );
  }
  if (typed.src !== undefined) grants.read.push(typed.src);
  return secrets.map((one) => (one.id === id ? { ...typed, id } : one));
}

/** Everything that is an image is pushed; where nothing is said, the image is. */
function pushed(outputs: readonly Entry[], push: boolean): Entry[] {
  const withPush = (entry: Entry): Entry =>
    entry.get('type') === 'image' ? new Map([...entry, ['push', `${push}`]]) : entry;
  if (!push) return outputs.filter((one) => one.get('type') !== 'registry').map(withPush);
  const only = outputs.every((one) => one.get('type') === 'docker');
  const more: Entry[] = only
    ? [
        new Map([
          ['type', 'image'],
          ['push', 'true'],
        ]),
      ]
    : [];
  return [...outputs.map(withPush), ...more];
}

/** The image is stored, unless what comes out is no image. */
function loaded(outputs: readonly Entry[], load: boolean): readonly Entry[] {
  const isEnough = outputs.some((one) => {
    const type = one.get('type') ?? '';
    return type === 'docker'
      ? !one.get('dest')
      : !['docker', 'image', 'registry', 'oci'].includes(type);
  });
  return !load || isEnough ? outputs : [...outputs, new Map([['type', 'docker']])];
}
