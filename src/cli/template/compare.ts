import { print } from './print.ts';
import { isMap, isSlice, isTagged, typeName, type Value } from './values.ts';

type Basic = 'bool' | 'int' | 'float' | 'string';

function basicKind(value: Value): Basic | undefined {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
      return 'int';
    case 'string':
      return 'string';
    default:
  }
  if (!isTagged(value)) return undefined;
  if (value.kind === 'float') return 'float';
  if (value.kind === 'integer') return 'int';
  return value.kind === 'number' ? 'string' : undefined;
}

/** The number or text of a value that has a basic kind. */
function plain(value: Value): number | bigint | string {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (isTagged(value)) {
    if (value.kind === 'float' || value.kind === 'integer') return value.value;
    if (value.kind === 'number') return value.text;
  }
  return Number(value);
}

const isNil = (value: Value): boolean =>
  value === undefined || value === null || (isTagged(value) && value.kind === 'nil');

/** Whether the first is equal to any of the others. Throws RangeError for what cannot be compared. */
export function equalAny([first, ...others]: readonly Value[]): boolean {
  if (others.length === 0) throw new RangeError('missing argument for comparison');
  return others.some((other) => equal(first, other));
}

function equal(a: Value, b: Value): boolean {
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b);
  if (a === b && isTagged(a)) return true;
  const [kindA, kindB] = [basicKind(a), basicKind(b)];
  for (const value of [a, b]) {
    if (isSlice(value) || isMap(value)) {
      throw new RangeError(`non-comparable type ${print(value)}: ${typeName(value)}`);
    }
  }
  if (kindA === undefined && kindB === undefined) return false;
  if (kindA !== kindB) throw incompatible(a, b);
  // oxlint-disable-next-line eqeqeq -- numbers of different sizes are the same number
  return kindA === 'string' || kindA === 'bool' ? plain(a) === plain(b) : plain(a) == plain(b);
}

/** Negative, zero or positive, as the first is less than, equal to or greater than the second. Throws RangeError. */
export function compare(a: Value, b: Value): number {
  const [kindA, kindB] = [basicKind(a), basicKind(b)];
  if (kindA === undefined || kindB === undefined) {
    throw new RangeError('invalid type for comparison');
  }
  if (kindA !== kindB) throw incompatible(a, b);
  if (kindA === 'bool') throw new RangeError('invalid type for comparison');
  const [one, two] = [plain(a), plain(b)];
  if (typeof one === 'string' && typeof two === 'string') {
    return Buffer.compare(Buffer.from(one), Buffer.from(two));
  }
  if (one < two) return -1;
  return one > two ? 1 : 0;
}

function incompatible(a: Value, b: Value): RangeError {
  return new RangeError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
}
