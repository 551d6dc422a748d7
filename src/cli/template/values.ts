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
  | Integer
  | JsonNumber
  | Time
  | Nil
  | Struct
  | Method;

/** A floating-point number; plain numbers are ints. */
export interface Float {
  readonly kind: 'float';
  readonly value: number;
}

/** A whole number that is not a plain `int`, or larger than JavaScript's are exact. */
export interface Integer {
  readonly kind: 'integer';
  readonly type: 'int' | 'int64' | 'uint8' | 'time.Duration';
  readonly value: bigint;
}

/** A number of a JSON document that is kept as it was written, which Go takes for a kind of text. */
export interface JsonNumber {
  readonly kind: 'number';
  readonly text: string;
}

/** A point in time, to the nanosecond. */
export interface Time {
  readonly kind: 'time';
  /** RFC 3339, as JSON shows it. */
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

/**
 * What a function or method takes: anything, a text, a whole number, or a list to be joined,
 * which may be a map.
 */
export type Parameter = 'any' | 'string' | 'int' | 'list';

/** Something to be called with arguments: `.Label "key"`. */
export interface Method {
  readonly kind: 'method';
  readonly params: readonly Parameter[];
  call(args: readonly Value[]): Value;
}

/** Values with a `kind`. */
export type Tagged = Float | Integer | JsonNumber | Time | Nil | Struct | Method;

/** Marks the lists and maps of parsed JSON: Go does not know what their elements are. */
const FROM_JSON = Symbol('from JSON');

/** Whether a list or map was made by {@link fromJson}. */
export const isFromJson = (value: Value): boolean =>
  typeof value === 'object' && value !== null && FROM_JSON in value;

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

/** Parsed JSON as template values: objects become maps, numbers stay as they were written. */
export function fromJson(json: unknown): Value {
  if (Array.isArray(json)) return Object.assign(json.map(fromJson), { [FROM_JSON]: true });
  if (typeof json === 'object' && json !== null) {
    const members = Object.entries(json).map(([key, value]) => [key, fromJson(value)] as const);
    return Object.assign(new Map(members), { [FROM_JSON]: true });
  }
  if (typeof json === 'number') return { kind: 'number', text: String(json) };
  return typeof json === 'string' || typeof json === 'boolean' ? json : null;
}

/** Plain data as template values whose types are known: objects become maps. */
export function fromData(data: unknown): Value {
  if (Array.isArray(data)) return data.map(fromData);
  if (typeof data === 'object' && data !== null) {
    return new Map(Object.entries(data).map(([key, value]) => [key, fromData(value)]));
  }
  if (typeof data === 'number') {
    return Number.isInteger(data) ? data : { kind: 'float', value: data };
  }
  return typeof data === 'string' || typeof data === 'boolean' ? data : null;
}

/** A whole number of Go's type `int64`. */
export const int64 = (value: number): Integer => ({
  kind: 'integer',
  type: 'int64',
  value: BigInt(value),
});

/** A length of time in nanoseconds, which prints as `1.5s`. */
export const duration = (nanoseconds: number): Integer => ({
  kind: 'integer',
  type: 'time.Duration',
  value: BigInt(nanoseconds),
});

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
  if (isSlice(value)) {
    return !isFromJson(value) && allStrings(value) ? '[]string' : '[]interface {}';
  }
  if (isMap(value)) {
    const texts = !isFromJson(value) && allStrings([...value.values()]);
    return texts ? 'map[string]string' : 'map[string]interface {}';
  }
  switch (value.kind) {
    case 'float':
      return 'float64';
    case 'integer':
      return value.type;
    case 'number':
      return 'json.Number';
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
  if (value.kind === 'integer') return value.value !== 0n;
  if (value.kind === 'number') return value.text !== '';
  return value.kind !== 'nil';
}

/** Keys of a map in Go's order, that of their bytes. */
export function sortedKeys(map: ReadonlyMap<string, Value>): string[] {
  return [...map.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
