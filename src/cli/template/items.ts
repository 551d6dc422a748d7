import { isFromJson, isMap, isSlice, isTagged, typeName, type Value } from './values.ts';

/*
 * What `len`, `index` and `slice` do with texts, lists and maps. Texts are counted in bytes.
 * All throw RangeError.
 */

/** How many bytes, elements or members there are. */
export function length(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (isSlice(value)) return value.length;
  if (isMap(value)) return value.size;
  if (value === undefined || value === null) throw new RangeError('len of nil pointer');
  if (isTagged(value) && value.kind === 'nil' && value.of !== 'pointer') return 0;
  if (isTagged(value) && value.kind === 'number') return value.text.length;
  throw new RangeError(`len of type ${typeName(value)}`);
}

/** The element or member under a key; a list's must be there, a map's may be missing. */
export function index(item: Value, key: Value): Value {
  if (isMap(item)) {
    if (typeof key !== 'string') {
      throw new RangeError(
        key === undefined || key === null
          ? 'value is nil; should be string'
          : `value has type ${typeName(key)}; should be string`,
      );
    }
    if (item.has(key)) return item.get(key);
    // The zero value of the map's elements.
    const texts = !isFromJson(item) && [...item.values()].every((one) => typeof one === 'string');
    return texts ? '' : undefined;
  }
  if (isTagged(item) && item.kind === 'nil') {
    if (item.of === 'map') return '';
    if (item.of === 'pointer') throw new RangeError('index of nil pointer');
  }
  const list = isTagged(item) && item.kind === 'nil' ? [] : item;
  if (isSlice(list) || typeof list === 'string') {
    const at = position(key);
    const size = length(list);
    if (at < 0 || at >= size) throw new RangeError(`index out of range: ${at}`);
    if (typeof list !== 'string') return list[at];
    return { kind: 'integer', type: 'uint8', value: BigInt(Buffer.from(list)[at] ?? 0) };
  }
  if (item === undefined || item === null) throw new RangeError('index of untyped nil');
  // What a pointer points at is meant.
  throw new RangeError(`can't index item of type ${typeName(item).replace(/^\*/, '')}`);
}

function position(key: Value): number {
  if (typeof key === 'number') return key;
  if (isTagged(key) && key.kind === 'integer') return Number(key.value);
  if (key === undefined || key === null) throw new RangeError('cannot index slice/array with nil');
  throw new RangeError(`cannot index slice/array with type ${typeName(key)}`);
}

/** A part of a text or of a list. */
export function slice(item: Value, at: readonly Value[]): Value {
  if (item === undefined || item === null) throw new RangeError('slice of untyped nil');
  if (at.length > 3) throw new RangeError(`too many slice indexes: ${at.length}`);
  const list = isTagged(item) && item.kind === 'nil' && item.of === 'slice' ? [] : item;
  if (typeof list !== 'string' && !isSlice(list)) {
    throw new RangeError(`can't slice item of type ${typeName(item)}`);
  }
  if (typeof list === 'string' && at.length > 2) {
    throw new RangeError('cannot 3-index slice a string');
  }
  const size = length(list);
  const [from = 0, to = size, most = size] = at.map(position);
  for (const one of [from, to, most]) {
    if (one < 0 || one > size) throw new RangeError(`index out of range: ${one}`);
  }
  if (from > to) throw new RangeError(`invalid slice index: ${from} > ${to}`);
  if (to > most) throw new RangeError(`invalid slice index: ${to} > ${most}`);
  return typeof list === 'string'
    ? Buffer.from(list).subarray(from, to).toString()
    : list.slice(from, to);
}
