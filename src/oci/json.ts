import { InvalidInputError } from '../base/errors.ts';

/** A JSON object from outside. Keys are anything but `__proto__`, which is dropped. */
export type JsonObject = Readonly<Record<string, unknown>>;

const DEPTH_LIMIT = 100;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Parses a JSON document from outside. Its size and nesting (100 levels) are bounded before
 * anything is built of it. `what` names it in messages. Throws InvalidInputError.
 */
export function parseJson(data: Uint8Array, limit: number, what: string): unknown {
  if (data.length > limit) {
    throw new InvalidInputError(`${what} is larger than ${limit} bytes`);
  }
  if (depth(data) > DEPTH_LIMIT) {
    throw new InvalidInputError(`${what} is nested deeper than ${DEPTH_LIMIT} levels`);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.length).toString());
  } catch (error) {
    throw new InvalidInputError(`${what} is not valid JSON`, { cause: error });
  }
  return withoutProto(value);
}

/** How deep arrays and objects nest, told from the bytes alone. */
function depth(data: Uint8Array): number {
  let now = 0;
  let deepest = 0;
  for (let at = 0; at < data.length; at += 1) {
    const byte = data[at];
    if (byte === QUOTE) {
      at += 1;
      while (at < data.length && data[at] !== QUOTE) at += data[at] === BACKSLASH ? 2 : 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      now += 1;
      if (now > deepest) deepest = now;
    } else if (byte === 0x7d || byte === 0x5d) {
      now -= 1;
    }
  }
  return deepest;
}

/** Copies of an object with an own `__proto__` key would change their prototype. */
function withoutProto(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Object.hasOwn(value, '__proto__')) delete (value as Record<string, unknown>)['__proto__'];
  for (const one of Object.values(value)) withoutProto(one);
  return value;
}

/** True for what JSON calls an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object without a prototype, for keys that come from outside: `map['constructor']` is undefined. */
export function outsideMap<T>(
  members: Iterable<readonly [string, T]>,
): Readonly<Record<string, T>> {
  const map = Object.create(null) as Record<string, T>;
  for (const [key, value] of members) map[key] = value;
  return map;
}

/** Reads typed fields of a JSON object; a wrong type is an InvalidInputError that names the field. */
export class Fields {
  readonly json: JsonObject;
  readonly #what: string;

  /** Throws InvalidInputError when `value` is no object. `what` names it in messages. */
  constructor(value: unknown, what: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new InvalidInputError(`${what} is not a JSON object`);
    }
    this.json = value as JsonObject;
    this.#what = what;
  }

  /** True when the field is there and not null. */
  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  text(key: string): string {
    return this.optionalText(key) ?? this.#fail(key, 'is missing');
  }

  optionalText(key: string): string | undefined {
    const value = this.#get(key);
    if (value === undefined || typeof value === 'string') return value;
    return this.#fail(key, 'is not a string');
  }

  /** An integer from `low` to `high`. */
  integer(key: string, low: number, high: number): number {
    return this.optionalInteger(key, low, high) ?? this.#fail(key, 'is missing');
  }

  optionalInteger(key: string, low: number, high: number): number | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < low || value > high) {
      return this.#fail(key, `is not an integer from ${low} to ${high}`);
    }
    return value;
  }

  optionalBoolean(key: string): boolean | undefined {
    const value = this.#get(key);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.#fail(key, 'is not true or false');
  }

  /** At most `limit` elements. */
  list(key: string, limit: number): readonly unknown[] {
    return this.optionalList(key, limit) ?? this.#fail(key, 'is missing');
  }

  optionalList(key: string, limit: number): readonly unknown[] | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return this.#fail(key, 'is not a list');
    if (value.length > limit) return this.#fail(key, `has more than ${limit} elements`);
    return value;
  }

  optionalTexts(key: string, limit: number): readonly string[] | undefined {
    const list = this.optionalList(key, limit);
    if (list === undefined || list.every((one) => typeof one === 'string')) return list;
    return this.#fail(key, 'is not a list of strings');
  }

  /** A map from strings to strings. */
  optionalTextMap(key: string): Readonly<Record<string, string>> | undefined {
    const map = this.optionalFields(key)?.json;
    if (map === undefined) return undefined;
    const members = Object.entries(map);
    if (members.every((one): one is [string, string] => typeof one[1] === 'string')) {
      return outsideMap(members);
    }
    return this.#fail(key, 'is not a map of strings');
  }

  fields(key: string): Fields {
    return this.optionalFields(key) ?? this.#fail(key, 'is missing');
  }

  optionalFields(key: string): Fields | undefined {
    const value = this.#get(key);
    return value === undefined ? undefined : new Fields(value, `"${key}" of ${this.#what}`);
  }

  #get(key: string): unknown {
    return Object.hasOwn(this.json, key) ? (this.json[key] ?? undefined) : undefined;
  }

  #fail(key: string, how: string): never {
    throw new InvalidInputError(`"${key}" of ${this.#what} ${how}`);
  }
}
