import {
  checkEntry,
  parseEntries,
  parseSecret,
  parseSsh,
  secretOf,
  type Entry,
  type EntryKind,
  type SecretEntry,
  type SshEntry,
} from './entries.ts';
import { ValueError } from './errors.ts';
import { ATTRIBUTES, RESOURCES, type AttributeName, type Fields, type Kind } from './target.ts';
import { convert } from './value/convert.ts';
import {
  BOOL,
  list,
  map,
  nullOf,
  object,
  primitiveText,
  string,
  STRING,
  bool,
  number,
  type Type,
  type Value,
} from './value/value.ts';

const TEXTS: Type = { kind: 'list', of: STRING };
const TEXTS_BY_NAME: Type = { kind: 'map', of: STRING };

/** Whether this is the name of an attribute of targets. */
export function isAttribute(name: string): name is AttributeName {
  return Object.hasOwn(ATTRIBUTES, name);
}

/** What a value means for an attribute; null says nothing. Throws ValueError. */
export function decode(name: AttributeName, value: Value): Fields {
  if (value.kind === 'null') return {};
  try {
    return { [name]: decoded(ATTRIBUTES[name], value) };
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new ValueError(`Unsuitable value type; Unsuitable value: ${error.message}`);
  }
}

function decoded(kind: Kind, value: Value): unknown {
  switch (kind) {
    case 'text':
      return textOf(convert(value, STRING));
    case 'flag': {
      const converted = convert(value, BOOL);
      return converted.kind === 'bool' && converted.data;
    }
    case 'texts':
    case 'texts+':
      return textsOf(value);
    case 'texts-by-name':
    case 'nullable-texts-by-name':
      return textsByName(value);
    case 'cache':
    case 'cache+':
      return entriesOf('cache', value);
    case 'output':
      return entriesOf('output', value);
    case 'attest+':
      return entriesOf('attest', value);
    case 'secrets+':
      return elementsOf(value).map(secret);
    case 'ssh+':
      return elementsOf(value).map(ssh);
    case 'resources':
      return new Map(
        [...textsByName(value)].map(([key, text]) => [key, resourceOf(key, text ?? '')]),
      );
  }
}

/** The value of a limit of `resources`. Throws ValueError. */
export function resourceOf(name: string, text: string): string | number {
  if (!RESOURCES.some((one) => one === name)) throw new ValueError(`unknown resources key ${name}`);
  if (!name.startsWith('cpu-')) return text;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new ValueError(`invalid value ${text} for int64 key resources.${name}`);
}

function textOf(value: Value): string {
  return value.kind === 'string' ? value.data : '';
}

function textsOf(value: Value): string[] {
  const converted = convert(value, TEXTS);
  return 'items' in converted ? converted.items.map(textOf) : [];
}

function textsByName(value: Value): ReadonlyMap<string, string | null> {
  const converted = convert(value, TEXTS_BY_NAME);
  if (!('entries' in converted)) return new Map();
  return new Map(
    [...converted.entries].map(([key, text]) => [key, text.kind === 'null' ? null : textOf(text)]),
  );
}

/** The elements that say something. */
function elementsOf(value: Value): readonly Value[] {
  if (!('items' in value)) throw new ValueError('list required');
  return value.items.filter(
    (item) => !(item.kind === 'string' && item.data === '') && item.kind !== 'null',
  );
}

function entriesOf(kind: EntryKind, value: Value): readonly Entry[] {
  return elementsOf(value).flatMap((item) => {
    if (item.kind === 'string') return parseEntries(kind, item.data);
    return [checkEntry(kind, keysOf(item))];
  });
}

function keysOf(value: Value): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [key, text] of textsByName(value)) if (text !== null) found.set(key, text);
  return found;
}

function secret(value: Value): SecretEntry {
  return value.kind === 'string' ? parseSecret(value.data) : secretOf(keysOf(value));
}

function ssh(value: Value): SshEntry {
  if (value.kind === 'string') return parseSsh(value.data);
  if (!('entries' in value)) throw new ValueError('object required');
  const [id, paths] = [value.entries.get('id'), value.entries.get('paths')];
  return {
    id: id === undefined ? '' : (primitiveText(id) ?? ''),
    paths: paths === undefined || paths.kind === 'null' ? [] : textsOf(paths),
  };
}

/** The value that expressions of other targets see. */
export function encode(name: AttributeName, fields: Fields): Value {
  const value: unknown = fields[name];
  switch (ATTRIBUTES[name]) {
    case 'text':
      return typeof value === 'string' ? string(value) : nullOf(STRING);
    case 'flag':
      return typeof value === 'boolean' ? bool(value) : nullOf(BOOL);
    case 'texts':
    case 'texts+':
      return Array.isArray(value) ? list(STRING, value.map(textValue)) : nullOf(TEXTS);
    case 'texts-by-name':
    case 'nullable-texts-by-name':
      return value instanceof Map ? byName(value) : nullOf(TEXTS_BY_NAME);
    case 'ssh+':
      return entryList(value, ({ id, paths }: SshEntry) =>
        object([
          ['id', string(id)],
          ['paths', list(STRING, paths.map(textValue))],
        ]),
      );
    case 'secrets+':
      return entryList(value, (one: SecretEntry) => byName(new Map(Object.entries(one))));
    case 'resources':
      return value instanceof Map
        ? object([...value].map(([key, one]) => [String(key), resourceValue(one)]))
        : object([]);
    default:
      return entryList(value, (one: Entry) => byName(one));
  }
}

function textValue(text: unknown): Value {
  return typeof text === 'string' ? string(text) : nullOf(STRING);
}

function resourceValue(value: unknown): Value {
  return typeof value === 'number' ? number(value) : textValue(value);
}

function byName(entries: ReadonlyMap<unknown, unknown>): Value {
  return map(
    STRING,
    [...entries].map(([key, text]) => [String(key), textValue(text)]),
  );
}

function entryList(value: unknown, make: (one: never) => Value): Value {
  const items = Array.isArray(value) ? (value as never[]).map(make) : [];
  return list(TEXTS_BY_NAME, items);
}
