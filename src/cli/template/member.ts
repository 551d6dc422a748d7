import { didYouMean, suggest } from '../suggest.ts';
import { durationMethod, timeMethod } from './clock.ts';
import { fail, type Frame } from './frame.ts';
import { isMap, isTagged, typeName, type Method, type Struct, type Value } from './values.ts';

/** A value that is asked for a member; `untyped` when it came out of parsed JSON. */
interface Receiver {
  readonly value: Value;
  readonly untyped: boolean;
}

/** A field, or a member of a map; neither takes arguments. Throws TemplateError. */
export function member(frame: Frame, receiver: Receiver, name: string, hasArgs: boolean): Value {
  const { value } = receiver;
  const { strictKeys } = frame.run;
  if (value === undefined) {
    if (strictKeys) fail(frame, `nil data; no entry for key ${JSON.stringify(name)}`);
    return undefined;
  }
  const type = receiver.untyped ? 'interface {}' : typeName(value);
  if (value === null || (isTagged(value) && value.kind === 'nil' && value.of === 'pointer')) {
    return fail(frame, `nil pointer evaluating ${type}.${name}`);
  }
  if (isTagged(value) && value.kind === 'struct' && value.fields.has(name)) {
    if (hasArgs) fail(frame, `${name} has arguments but cannot be invoked as function`);
    return value.fields.get(name) as Value;
  }
  const isNilMap = isTagged(value) && value.kind === 'nil' && value.of === 'map';
  if (isMap(value) || isNilMap) {
    if (hasArgs) fail(frame, `${name} is not a method but has arguments`);
    if (isMap(value) && value.has(name)) return value.get(name);
    if (!strictKeys) return undefined;
    const names = isMap(value) ? [...value.keys()] : [];
    return fail(frame, `map has no entry for key ${JSON.stringify(name)}`, nearest(name, names));
  }
  const names = isTagged(value) && value.kind === 'struct' ? namesOf(value) : [];
  return fail(frame, `can't evaluate field ${name} in type ${type}`, nearest(name, names));
}

/** What can be called on a value; the columns of a row are methods without arguments. */
export function methodOf(value: Value, name: string): Method | undefined {
  if (!isTagged(value)) return undefined;
  switch (value.kind) {
    case 'integer':
      return value.type === 'time.Duration' ? durationMethod(value.value, name) : undefined;
    case 'time':
      return timeMethod(value, name);
    case 'struct': {
      const field = value.fields.get(name);
      const lazy = typeof field === 'function';
      const found = lazy ? field() : field;
      if (isTagged(found) && found.kind === 'method') return found;
      return lazy ? { kind: 'method', params: [], call: () => found } : undefined;
    }
    default:
      return undefined;
  }
}

const namesOf = (value: Struct): string[] => [...value.fields.keys()];

function nearest(name: string, names: readonly string[]): string | undefined {
  return didYouMean(suggest(name, names, 2).map((one) => `.${one}`));
}
