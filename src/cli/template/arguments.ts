import { fail, type Frame } from './frame.ts';
import { nodeText, type Operand } from './nodes.ts';
import { isMap, isSlice, isTagged, typeName, type Parameter, type Value } from './values.ts';

const TYPE = { string: 'string', int: 'int', list: '[]string' } as const;

/** A constant for a parameter. Throws TemplateError when it is of another type. */
export function checkConstant(frame: Frame, node: Operand, value: Value, param: Parameter): Value {
  if (param === 'any') return value;
  if (node.kind === 'nil') {
    return param === 'list' ? value : fail(frame, `cannot assign nil to ${TYPE[param]}`);
  }
  if (param === 'list') {
    return fail(frame, `can't handle ${nodeText(node)} for arg of type ${TYPE[param]}`);
  }
  if (fits(value, param)) return value;
  const wanted = param === 'int' ? 'integer' : param;
  return fail(frame, `expected ${wanted}; found ${nodeText(node)}`);
}

/** A value for a parameter. Throws TemplateError when it is of another type. */
export function checkArgument(frame: Frame, value: Value, param: Parameter): Value {
  if (param === 'any' || fits(value, param)) return value;
  if (value === undefined) return fail(frame, `invalid value; expected ${TYPE[param]}`);
  return fail(frame, `wrong type for value; expected ${TYPE[param]}; got ${typeName(value)}`);
}

function fits(value: Value, param: Exclude<Parameter, 'any'>): boolean {
  if (param === 'string') return typeof value === 'string';
  if (param === 'int') {
    return (
      typeof value === 'number' ||
      (isTagged(value) && value.kind === 'integer' && value.type === 'int')
    );
  }
  const empty = value === null || value === undefined || (isTagged(value) && value.kind === 'nil');
  return empty || isSlice(value) || isMap(value);
}
