import { BakeFileError } from '../errors.ts';
import type { ForExpression, ObjectItem } from '../hcl/ast.ts';
import { convert } from '../value/convert.ts';
import { BOOL, number, object, primitiveText, string, tuple, type Value } from '../value/value.ts';
import { at } from './at.ts';
import { withNames, type Environment } from './scope.ts';

/** `{key = value}`; of the same key, the last counts. */
export function evaluateObject(items: readonly ObjectItem[], environment: Environment): Value {
  return object(
    items.map(({ key, value }) => {
      const name = environment.evaluate(key, environment);
      if (name.kind === 'null') {
        throw new BakeFileError("Null value as key; Can't use a null value as a key.", key.range);
      }
      const text = primitiveText(name);
      if (text === undefined) {
        throw new BakeFileError(
          "Incorrect key type; Can't use this value as a key: string required.",
          key.range,
        );
      }
      return [text, environment.evaluate(value, environment)];
    }),
  );
}

/** A `for` of either kind. */
export function evaluateFor(expression: ForExpression, environment: Environment): Value {
  const source = environment.evaluate(expression.of, environment);
  const found: Value[] = [];
  const grouped = new Map<string, Value[]>();
  for (const [key, value] of elements(source, expression)) {
    const names = new Map([[expression.valueName, value]]);
    if (expression.keyName !== undefined) names.set(expression.keyName, key);
    const inner = { ...environment, scope: withNames(environment.scope, names) };
    if (expression.test && !passes(expression.test, inner)) continue;
    if (expression.key === undefined) found.push(environment.evaluate(expression.value, inner));
    else addTo(grouped, expression, inner);
  }
  if (expression.key === undefined) return tuple(found);
  return object(
    [...grouped].map(([key, values]) => [
      key,
      expression.group ? tuple(values) : (values[0] ?? tuple([])),
    ]),
  );
}

function elements(source: Value, { of }: ForExpression): Iterable<readonly [Value, Value]> {
  if (source.kind === 'null') {
    throw new BakeFileError(
      "Iteration over null value; A null value cannot be used as the collection in a 'for' expression.",
      of.range,
    );
  }
  if ('entries' in source) {
    return [...source.entries].map(([key, value]) => [string(key), value]);
  }
  if (!('items' in source)) {
    throw new BakeFileError(
      `Iteration over non-iterable value; A value of type ${source.kind} cannot be used as the collection in a 'for' expression.`,
      of.range,
    );
  }
  return source.items.map((item, index) => [source.kind === 'set' ? item : number(index), item]);
}

function passes(test: ForExpression['value'], environment: Environment): boolean {
  const value = environment.evaluate(test, environment);
  if (value.kind === 'null') {
    throw new BakeFileError("Invalid 'for' condition; The 'if' clause value is null.", test.range);
  }
  const yes = at(test.range, () => convert(value, BOOL));
  return yes.kind === 'bool' && yes.data;
}

function addTo(
  grouped: Map<string, Value[]>,
  expression: ForExpression,
  environment: Environment,
): void {
  const { key = expression.value } = expression;
  const name = environment.evaluate(key, environment);
  const text = name.kind === 'null' ? undefined : primitiveText(name);
  if (text === undefined) {
    throw new BakeFileError(
      "Invalid object key; The key expression of a 'for' must produce a string.",
      key.range,
    );
  }
  const values = grouped.get(text);
  if (values !== undefined && !expression.group) {
    throw new BakeFileError(
      `Duplicate object key; Two different items produced the key ${JSON.stringify(text)} in this 'for' expression.`,
      key.range,
      'If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.',
    );
  }
  const value = environment.evaluate(expression.value, environment);
  if (values === undefined) grouped.set(text, [value]);
  else values.push(value);
}
