import { BakeFileError } from './errors.ts';
import { keywordOf, type Expression } from './hcl/ast.ts';
import { ANY, primitiveText, type Type } from './value/value.ts';

/**
 * The type that an expression names: `string`, `list(number)`, `object({a = bool})`. Throws
 * BakeFileError.
 *
 * @see https://github.com/hashicorp/hcl/tree/main/ext/typeexpr
 */
export function typeOfExpression(expression: Expression): Type {
  const word = keywordOf(expression);
  switch (word) {
    case 'string':
    case 'number':
    case 'bool':
      return { kind: word };
    case 'any':
      return ANY;
    case undefined:
      break;
    default:
      throw invalid(
        expression,
        `The keyword ${JSON.stringify(word)} is not a valid type specification.`,
      );
  }
  if (expression.kind !== 'call') {
    throw invalid(
      expression,
      'A type specification is either a primitive type keyword (bool, number, string) or a complex type constructor call, like list(string).',
    );
  }
  const [of] = expression.args;
  if (of === undefined || expression.args.length !== 1) {
    throw invalid(expression, `The ${expression.name} type constructor requires one argument.`);
  }
  switch (expression.name) {
    case 'list':
    case 'set':
    case 'map':
      return { kind: expression.name, of: typeOfExpression(of) };
    case 'tuple':
      if (of.kind !== 'tuple')
        throw invalid(of, 'Tuple type constructor requires a list of element types.');
      return { kind: 'tuple', items: of.items.map(typeOfExpression) };
    case 'object':
      return objectType(of);
    default:
      throw invalid(
        expression,
        `Keyword ${JSON.stringify(expression.name)} is not a valid type constructor.`,
      );
  }
}

function objectType(of: Expression): Type {
  if (of.kind !== 'object')
    throw invalid(of, 'Object type constructor requires a map whose keys are attribute names.');
  return {
    kind: 'object',
    fields: new Map(
      of.items.map(({ key, value }) => {
        const name = key.kind === 'literal' ? primitiveText(key.value) : undefined;
        if (name === undefined)
          throw invalid(key, 'Object constructor map keys must be attribute names.');
        return [name, typeOfExpression(value)];
      }),
    ),
  };
}

function invalid(expression: Expression, why: string): BakeFileError {
  return new BakeFileError(`Invalid type specification; ${why}`, expression.range);
}
