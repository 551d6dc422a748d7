import { ValueError } from '../errors.ts';
import { parseNumber } from './number.ts';
import {
  ANY,
  bool,
  list,
  map,
  nullOf,
  number,
  object,
  primitiveText,
  sameType,
  set,
  STRING,
  string,
  tuple,
  typeName,
  typeOf,
  type Type,
  type Value,
} from './value.ts';

/**
 * The value as one of another type, as HCL converts: between strings, numbers and truth values
 * where the text allows it, and between collections element by element. Throws ValueError.
 */
export function convert(value: Value, type: Type): Value {
  if (type.kind === 'any') return value;
  if (value.kind === 'null') return nullOf(type);
  switch (type.kind) {
    case 'string':
      return toString(value);
    case 'number':
      return toNumber(value);
    case 'bool':
      return toBool(value);
    case 'list':
    case 'set':
      return toSequence(value, type);
    case 'map':
      return toMap(value, type);
    case 'tuple':
      return toTuple(value, type);
    case 'object':
      return toObject(value, type);
  }
}

/**
 * A type that values of all of these can be converted to, and nothing gets lost; undefined when
 * there is none.
 */
export function unify(types: readonly Type[]): Type | undefined {
  const known = types.filter(({ kind }) => kind !== 'any');
  const [first] = known;
  if (first === undefined) return ANY;
  if (known.every((type) => sameType(type, first))) return first;
  const kinds = new Set(known.map(({ kind }) => kind));
  if ([...kinds].every((kind) => kind === 'string' || kind === 'number' || kind === 'bool')) {
    return kinds.has('string') ? STRING : undefined;
  }
  if ([...kinds].every((kind) => kind === 'map' || kind === 'object')) return unifyMappings(known);
  if (kinds.has('map') || kinds.has('object')) return undefined;
  if ([...kinds].some((kind) => kind === 'string' || kind === 'number' || kind === 'bool')) {
    return undefined;
  }
  return unifySequences(known, kinds);
}

function unifySequences(types: readonly Type[], kinds: ReadonlySet<string>): Type | undefined {
  const [first] = types;
  if (kinds.size === 1 && first?.kind === 'tuple') {
    const tuples = types.flatMap((type) => (type.kind === 'tuple' ? [type.items] : []));
    if (tuples.every((items) => items.length === first.items.length)) {
      const items = first.items.map((_, index) => unify(tuples.map((one) => one[index] ?? ANY)));
      const whole = items.filter((item) => item !== undefined);
      if (whole.length === items.length) return { kind: 'tuple', items: whole };
    }
  }
  const of = unify(types.flatMap(elementTypes));
  if (of === undefined) return undefined;
  return { kind: kinds.has('set') && !kinds.has('list') ? 'set' : 'list', of };
}

function unifyMappings(types: readonly Type[]): Type | undefined {
  const objects = types.flatMap((type) => (type.kind === 'object' ? [type.fields] : []));
  const [first] = objects;
  if (first !== undefined && objects.length === types.length) {
    const same = objects.every(
      (fields) => fields.size === first.size && [...fields.keys()].every((key) => first.has(key)),
    );
    if (same) {
      const fields = new Map<string, Type>();
      for (const key of first.keys()) {
        const type = unify(objects.map((one) => one.get(key) ?? ANY));
        if (type === undefined) return undefined;
        fields.set(key, type);
      }
      return { kind: 'object', fields };
    }
  }
  const of = unify(types.flatMap(elementTypes));
  return of && { kind: 'map', of };
}

function elementTypes(type: Type): readonly Type[] {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return [type.of];
    case 'tuple':
      return type.items;
    case 'object':
      return [...type.fields.values()];
    default:
      return [];
  }
}

function toString(value: Value): Value {
  const text = primitiveText(value);
  if (text === undefined) throw new ValueError('string required');
  return value.kind === 'string' ? value : string(text);
}

function toNumber(value: Value): Value {
  if (value.kind === 'number') return value;
  if (value.kind !== 'string') throw new ValueError('number required');
  const parsed = parseNumber(value.data);
  if (parsed === undefined) throw new ValueError('a number is required');
  return number(parsed);
}

function toBool(value: Value): Value {
  if (value.kind === 'bool') return value;
  if (value.kind !== 'string') throw new ValueError('bool required');
  if (value.data === 'true' || value.data === '1') return bool(true);
  if (value.data === 'false' || value.data === '0') return bool(false);
  throw new ValueError(
    /^(true|false)$/i.test(value.data)
      ? `a bool is required; to convert from string, use lowercase "${value.data.toLowerCase()}"`
      : 'a bool is required',
  );
}

function toSequence(value: Value, type: Extract<Type, { kind: 'list' | 'set' | 'map' }>): Value {
  if (!('items' in value)) throw new ValueError(`${typeName(type)} required`);
  const of = type.of.kind === 'any' ? unify(value.items.map(typeOf)) : type.of;
  if (of === undefined) throw new ValueError('all list elements must have the same type');
  const items = value.items.map((item, index) => element(item, of, `${index}`));
  return type.kind === 'set' ? set(of, items) : list(of, items);
}

function toMap(value: Value, type: Extract<Type, { kind: 'list' | 'set' | 'map' }>): Value {
  if (!('entries' in value)) throw new ValueError(`${typeName(type)} required`);
  const of = type.of.kind === 'any' ? unify([...value.entries.values()].map(typeOf)) : type.of;
  if (of === undefined) throw new ValueError('all map elements must have the same type');
  return map(
    of,
    [...value.entries].map(([key, item]) => [key, element(item, of, JSON.stringify(key))]),
  );
}

function toTuple(value: Value, type: Extract<Type, { kind: 'tuple' }>): Value {
  if (!('items' in value) || value.kind === 'set') throw new ValueError('tuple required');
  const [has, wants] = [value.items.length, type.items.length];
  if (has !== wants) throw new ValueError(`tuple of ${wants} elements required, but it has ${has}`);
  return tuple(
    value.items.map((item, index) => element(item, type.items[index] ?? ANY, `${index}`)),
  );
}

function toObject(value: Value, type: Extract<Type, { kind: 'object' }>): Value {
  if (!('entries' in value)) throw new ValueError('object required');
  return object(
    [...type.fields].map(([key, field]) => {
      const item = value.entries.get(key);
      if (item === undefined) throw new ValueError(`attribute ${JSON.stringify(key)} is required`);
      return [key, element(item, field, JSON.stringify(key))];
    }),
  );
}

function element(value: Value, type: Type, name: string): Value {
  try {
    return convert(value, type);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new ValueError(`element ${name}: ${error.message}`);
  }
}
