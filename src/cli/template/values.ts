/**
 * What a template works with: Go's values in JavaScript's clothes. Strings, booleans, whole
 * numbers, arrays (slices) and Maps (maps with string keys) stand for themselves, `null` is a
 * nil interface, `undefined` is "no value".
 */
export type Value =
  | string
  | boolean
  | number
  | null
  | undefined
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | Float
  | Time
  | Nil
  | Struct
  | Method;

/** A floating-point number; plain numbers are ints. */
export interface Float {
  readonly kind: 'float';
  readonly value: number;
}

/** A point in time: how `print` shows it, and how JSON does. */
export interface Time {
  readonly kind: 'time';
  readonly text: string;
  readonly json: string;
}

/** A nil that knows its type: prints `[]`, `map[]` or `<nil>`. */
export interface Nil {
  readonly kind: 'nil';
  readonly of: 'slice' | 'map' | 'pointer';
}

/** A struct, or a row of a listing (whose fields are computed when they are asked for). */
export interface Struct {
  readonly kind: 'struct';
  /** Go's name of the type, for messages. */
  readonly type: string;
  readonly fields: ReadonlyMap<string, Value | (() => Value)>;
  /** Members in JSON: names and order; absent ones are left out when empty. */
  readonly json: readonly {
    readonly key: string;
    readonly field: string;
    readonly omitEmpty?: boolean;
  }[];
  /** Rows escape `<` and `>` in their JSON, as Docker's do. */
  readonly escapeHtml?: boolean;
}

/** Something to be called with arguments: `.Label "key"`. */
export interface Method {
  readonly kind: 'method';
  readonly arity: number;
  call(args: readonly Value[]): Value;
}

/** Values with a `kind`. */
export type Tagged = Float | Time | Nil | Struct | Method;

/** True for lists. */
export const isSlice = (value: Value): value is readonly Value[] => Array.isArray(value);
/** True for maps. */
export const isMap = (value: Value): value is ReadonlyMap<string, Value> => value instanceof Map;
/** True for values with a `kind`. */
export const isTagged = (value: Value): value is Tagged =>
  typeof value === 'object' && value !== null && 'kind' in value;

/** A struct of plain fields, all of them in its JSON under their own names. */
export function struct(
  type: string,
  fields: Readonly<Record<string, Value>>,
  omitEmpty: readonly string[] = [],
): Struct {
  return {
    kind: 'struct',
    type,
    fields: new Map(Object.entries(fields)),
    json: Object.keys(fields).map((field) => ({
      key: field,
      field,
      omitEmpty: omitEmpty.includes(field),
    })),
  };
}

/** The value of a struct's field; undefined when it has none of that name. */
export function fieldOf(struct: Struct, name: string): { readonly value: Value } | undefined {
  const field = struct.fields.get(name);
  if (field === undefined && !struct.fields.has(name)) return undefined;
  return { value: typeof field === 'function' ? field() : field };
}

/** Parsed JSON as template values: objects become maps. */
export function fromJson(json: unknown): Value {
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json === 'object' && json !== null) {
    return new Map(Object.entries(json).map(([key, value]) => [key, fromJson(value)]));
  }
  if (typeof json === 'number') {
    return Number.isInteger(json) ? json : { kind: 'float', value: json };
  }
  return typeof json === 'string' || typeof json === 'boolean' ? json : null;
}

/** Go's name of a value's type, for messages. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return 'int';
    default:
  }
  if (value === null || value === undefined) return 'interface {}';
  if (isSlice(value)) return allStrings(value) ? '[]string' : '[]interface {}';
  if (isMap(value)) {
    return allStrings([...value.values()]) ? 'map[string]string' : 'map[string]interface {}';
  }
  switch (value.kind) {
    case 'float':
      return 'float64';
    case 'time':
      return 'time.Time';
    case 'nil':
      return { slice: '[]string', map: 'map[string]string', pointer: '*struct' }[value.of];
    case 'struct':
      return value.type;
    case 'method':
      return 'func';
  }
}

function allStrings(values: readonly Value[]): boolean {
  return values.every((value) => typeof value === 'string');
}

/** Whether `if` takes it as true. */
export function isTrue(value: Value): boolean {
  if (value === null || value === undefined) return false;
  if (isSlice(value)) return value.length > 0;
  if (isMap(value)) return value.size > 0;
  if (!isTagged(value)) return Boolean(value);
  if (value.kind === 'float') return value.value !== 0;
  return value.kind !== 'nil';
}

/** Keys of a map in Go's order, that of their bytes. */
export function sortedKeys(map: ReadonlyMap<string, Value>): string[] {
  return [...map.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
