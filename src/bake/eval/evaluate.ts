import { closest } from '../../base/suggest.ts';
import { BakeFileError, ValueError } from '../errors.ts';
import type { Expression } from '../hcl/ast.ts';
import type { Range } from '../hcl/source.ts';
import { convert, unify } from '../value/convert.ts';
import { toInteger } from '../value/number.ts';
import {
  BOOL,
  list,
  NULL,
  primitiveText,
  string,
  tuple,
  typeName,
  typeOf,
  weigh,
  type Value,
} from '../value/value.ts';
import { at } from './at.ts';
import { evaluateCall } from './call.ts';
import { evaluateFor, evaluateObject } from './collections.ts';
import { binary, unary } from './operators.ts';
import { DEEPEST_EVALUATION, spend, type Environment } from './scope.ts';

/** The value of an expression. Throws BakeFileError. */
export function evaluate(expression: Expression, environment: Environment): Value {
  const { budget } = environment;
  budget.depth += 1;
  try {
    spend(budget, 1);
    if (budget.depth > DEEPEST_EVALUATION)
      throw new ValueError('Expressions refer to each other too deeply');
    return valueOf(expression, environment);
  } catch (error) {
    throw error instanceof ValueError ? new BakeFileError(error.message, expression.range) : error;
  } finally {
    budget.depth -= 1;
  }
}

function valueOf(expression: Expression, environment: Environment): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'parentheses':
      return evaluate(expression.of, environment);
    case 'template':
      return evaluateTemplate(expression.parts, environment);
    case 'join':
      return join(evaluate(expression.of, environment), expression.range, environment);
    case 'variable':
      return variable(expression.name, expression.range, environment);
    case 'attribute':
      return attribute(expression, environment);
    case 'index':
      return index(expression, environment);
    case 'splat':
      return splat(expression, environment);
    case 'item':
      return environment.item ?? NULL;
    case 'tuple':
      return tuple(expression.items.map((item) => evaluate(item, environment)));
    case 'object':
      return evaluateObject(expression.items, environment);
    case 'for':
      return evaluateFor(expression, environment);
    case 'call':
      return evaluateCall(expression, environment);
    case 'unary':
      return unary(expression, evaluate(expression.of, environment));
    case 'binary':
      return binary(
        expression,
        evaluate(expression.left, environment),
        evaluate(expression.right, environment),
      );
    case 'conditional':
      return conditional(expression, environment);
  }
}

function evaluateTemplate(parts: readonly Expression[], environment: Environment): Value {
  let text = '';
  for (const part of parts) {
    const piece = evaluate(part, environment);
    text += textOf(piece, part.range);
    spend(environment.budget, weigh(piece));
  }
  return string(text);
}

function textOf(value: Value, range: Range): string {
  if (value.kind === 'null') {
    throw new BakeFileError(
      'Invalid template interpolation value; The expression result is null. Cannot include a null value in a string template.',
      range,
    );
  }
  const text = primitiveText(value);
  if (text !== undefined) return text;
  throw new BakeFileError(
    'Invalid template interpolation value; Cannot include the given value in a string template: string required.',
    range,
  );
}

function join(value: Value, range: Range, environment: Environment): Value {
  const items = 'items' in value ? value.items : [];
  spend(environment.budget, items.length);
  return string(items.map((item) => textOf(item, range)).join(''));
}

function variable(name: string, range: Range, environment: Environment): Value {
  const { scope } = environment;
  const value = scope.variable(name, range);
  if (value !== undefined) return value;
  const near = closest(name, scope.names());
  throw new BakeFileError(
    `Unknown variable; There is no variable named ${JSON.stringify(name)}.`,
    range,
    near === undefined ? undefined : `Did you mean ${JSON.stringify(near)}?`,
  );
}

/** `a.b`; families of values are asked for no more than is needed. */
function attribute(
  expression: Extract<Expression, { kind: 'attribute' }>,
  environment: Environment,
): Value {
  const { of, name, range } = expression;
  if (of.kind === 'variable') {
    const found = environment.scope.member(of.name, name, { attribute: undefined, range });
    if (found !== undefined) return found;
  }
  if (of.kind === 'attribute' && of.of.kind === 'variable') {
    const found = environment.scope.member(of.of.name, of.name, { attribute: name, range });
    if (found !== undefined) return attributeOf(found, name, range);
  }
  return attributeOf(evaluate(of, environment), name, range);
}

function attributeOf(value: Value, name: string, range: Range): Value {
  if (value.kind === 'null') {
    throw new BakeFileError(
      'Attempt to get attribute from null value; This value is null, so it does not have any attributes.',
      range,
    );
  }
  if (!('entries' in value)) {
    throw new BakeFileError(
      'Unsupported attribute; This value does not have any attributes.',
      range,
    );
  }
  const found = value.entries.get(name);
  if (found !== undefined) return found;
  const near = closest(name, value.entries.keys());
  throw new BakeFileError(
    value.kind === 'map'
      ? `Missing map element; This map does not have an element with the key ${JSON.stringify(name)}.`
      : `Unsupported attribute; This object does not have an attribute named ${JSON.stringify(name)}.`,
    range,
    near === undefined ? undefined : `Did you mean ${JSON.stringify(near)}?`,
  );
}

function index(
  expression: Extract<Expression, { kind: 'index' }>,
  environment: Environment,
): Value {
  const { of, range } = expression;
  const key = evaluate(expression.key, environment);
  if (of.kind === 'variable' && key.kind === 'string') {
    const found = environment.scope.member(of.name, key.data, { attribute: undefined, range });
    if (found !== undefined) return found;
  }
  return indexed(evaluate(of, environment), key, range);
}

/** `value[key]`. */
export function indexed(value: Value, key: Value, range: Range): Value {
  if (value.kind === 'null')
    throw new BakeFileError(
      'Attempt to index null value; This value is null, so it does not have any indices.',
      range,
    );
  if (key.kind === 'null')
    throw new BakeFileError("Invalid index; Can't use a null value as an indexing key.", range);
  if ('entries' in value) {
    const name = primitiveText(key);
    if (name !== undefined) return attributeIn(value.entries, name, range);
  } else if ('items' in value && value.kind !== 'set') {
    const number =
      key.kind === 'bool' ? undefined : at(range, () => convert(key, { kind: 'number' }));
    const position = number?.kind === 'number' ? toInteger(number.data) : undefined;
    const found = position === undefined ? undefined : value.items[position];
    if (found !== undefined) return found;
    throw new BakeFileError(
      'Invalid index; The given key does not identify an element in this collection value.',
      range,
    );
  }
  throw new BakeFileError('Invalid index; This value does not have any indices.', range);
}

function attributeIn(entries: ReadonlyMap<string, Value>, name: string, range: Range): Value {
  const found = entries.get(name);
  if (found !== undefined) return found;
  throw new BakeFileError(
    'Invalid index; The given key does not identify an element in this collection value.',
    range,
  );
}

/** A value that is no collection is one of itself; null is one of nothing. */
function splat(
  expression: Extract<Expression, { kind: 'splat' }>,
  environment: Environment,
): Value {
  const source = evaluate(expression.of, environment);
  const each = (item: Value): Value => evaluate(expression.each, { ...environment, item });
  if (source.kind === 'null') return tuple([]);
  if (!('items' in source)) return tuple([each(source)]);
  const items = source.items.map(each);
  if (source.kind === 'tuple') return tuple(items);
  return list(unify(items.map(typeOf)) ?? { kind: 'any' }, items);
}

function conditional(
  expression: Extract<Expression, { kind: 'conditional' }>,
  environment: Environment,
): Value {
  const test = evaluate(expression.test, environment);
  const place = expression.test.range;
  if (test.kind === 'null') {
    throw new BakeFileError(
      'Null condition; The condition value is null. Conditions must either be true or false.',
      place,
    );
  }
  const yes = at(place, () => convertTest(test));
  const [wanted, other] = yes ? [expression.yes, expression.no] : [expression.no, expression.yes];
  const value = evaluate(wanted, environment);
  const type = otherType(other, environment);
  if (type === undefined) return value;
  const common = unify([typeOf(value), type]);
  if (common === undefined) {
    throw new BakeFileError(
      `Inconsistent conditional result types; The true and false result expressions must have consistent types; they are ${typeName(typeOf(value))} and ${typeName(type)}.`,
      expression.range,
    );
  }
  return at(expression.range, () => convert(value, common));
}

/** The type of the branch that is not taken; undefined when it has no value. */
function otherType(
  other: Expression,
  environment: Environment,
): ReturnType<typeof typeOf> | undefined {
  try {
    return typeOf(evaluate(other, environment));
  } catch (error) {
    if (error instanceof BakeFileError) return undefined;
    throw error;
  }
}

function convertTest(value: Value): boolean {
  try {
    const converted = convert(value, BOOL);
    return converted.kind === 'bool' && converted.data;
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new ValueError(
      `Incorrect condition type; The condition expression must be of type bool: ${error.message}.`,
    );
  }
}
