import { csvFields } from '../base/csv.ts';
import { BakeFileError, ValueError } from './errors.ts';
import { keywordOf, type Block, type Expression } from './hcl/ast.ts';
import { parseExpressionText } from './hcl/body.ts';
import { typeOfExpression } from './type-expression.ts';
import { convert } from './value/convert.ts';
import { decodeJson, encodeJson } from './value/json.ts';
import { parseNumber } from './value/number.ts';
import {
  ANY,
  bool,
  list,
  map,
  NULL,
  nullOf,
  number,
  primitiveText,
  set,
  STRING,
  string,
  tuple,
  typeName,
  typeOf,
  type Type,
  type Value,
} from './value/value.ts';

/** A `variable` block. */
export interface Variable {
  readonly name: string;
  readonly block: Block;
  /** Undefined when it says none. */
  readonly type: Type | undefined;
  readonly default: Expression | undefined;
}

/** Values from outside. `json`: written as JSON. */
export interface Outside {
  readonly text: string;
  readonly json: boolean;
}

/** Reads a `variable` block. Throws BakeFileError. */
export function variableOf(block: Block): Variable {
  const [label] = block.labels;
  if (label === undefined || block.labels.length !== 1) {
    throw new BakeFileError('Invalid block; A variable has one label, its name', block.range);
  }
  const type = block.body.attributes.get('type')?.value;
  return {
    name: label.text,
    block,
    type: type === undefined ? undefined : typeOfExpression(expressionOfType(type)),
    default: block.body.attributes.get('default')?.value,
  };
}

/** In JSON a type is written as a string. */
function expressionOfType(type: Expression): Expression {
  if (type.kind !== 'literal' || type.value.kind !== 'string') return type;
  if (!type.range.source.json) return type;
  return parseExpressionText(type.range.source.name, type.value.data);
}

/** What `description` says; empty when it says nothing. */
export function descriptionOf(block: Block, evaluate: (expression: Expression) => Value): string {
  const attribute = block.body.attributes.get('description');
  return attribute === undefined ? '' : (primitiveText(evaluate(attribute.value)) ?? '');
}

/** The value of a variable: what is given from outside, else its default. Throws ValueError. */
export function valueOfVariable(
  { name, type, default: initial }: Variable,
  outside: Outside | undefined,
  evaluate: (expression: Expression) => Value,
): Value {
  const value = initial === undefined ? undefined : withType(name, evaluate(initial), type);
  if (outside === undefined) {
    return value ?? (type === undefined ? string('') : nullOf(type));
  }
  if (type !== undefined) return fromOutside(name, type, outside);
  if (value === undefined) return string(outside.text);
  const found = typeOf(value);
  if (found.kind === 'any') return string(outside.text);
  if (found.kind === 'string' || found.kind === 'number' || found.kind === 'bool') {
    return primitive(name, outside.text, found);
  }
  throw new ValueError(`unsupported type ${typeName(found)} for variable ${name}`, {
    hint: 'Give it a type to set it from outside: type = list(string).',
  });
}

function withType(name: string, value: Value, type: Type = ANY): Value {
  try {
    return convert(value, type);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new ValueError(
      `invalid type ${typeName(type)} for variable ${name} default value: ${error.message}`,
    );
  }
}

function fromOutside(name: string, type: Type, { text, json }: Outside): Value {
  if (json) {
    try {
      return convert(decodeJson(text), type);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      throw new ValueError(`failed to convert variable ${name} from JSON: ${error.message}`);
    }
  }
  switch (type.kind) {
    case 'string':
    case 'number':
    case 'bool':
      return primitive(name, text, type);
    case 'any':
      return string(text);
    case 'object':
      throw new ValueError(`unsupported type object for variable ${name}`, {
        hint: `Set ${name}_JSON to a value in JSON.`,
      });
    default:
      return fromCsv(name, type, text);
  }
}

function fromCsv(name: string, type: Type, text: string): Value {
  const fields = fieldsOf(name, text);
  const one = (field: string, of: Type): Value => {
    if (of.kind === 'string' || of.kind === 'number' || of.kind === 'bool') {
      return primitive(name, field, of);
    }
    throw new ValueError(
      `unsupported type ${typeName(type)} for CSV specification of variable ${name}`,
    );
  };
  switch (type.kind) {
    case 'list':
      return list(
        type.of,
        fields.map((field) => one(field, type.of)),
      );
    case 'set':
      return set(
        type.of,
        fields.map((field) => one(field, type.of)),
      );
    case 'tuple':
      if (fields.length !== type.items.length) {
        throw new ValueError(
          `variable ${name}: tuple expects ${type.items.length} elements but ${fields.length} provided`,
        );
      }
      return tuple(type.items.map((of, index) => one(fields[index] ?? '', of)));
    case 'map':
      return map(
        type.of,
        fields.map((field): [string, Value] => {
          const parts = field.split(':');
          const [key = '', value = ''] = parts;
          if (parts.length === 2) return [key, one(value, type.of)];
          throw new ValueError(
            `variable ${name}: expected one k/v pair but got ${parts.length} pieces from ${field}`,
          );
        }),
      );
    default:
      return NULL;
  }
}

function fieldsOf(name: string, text: string): string[] {
  try {
    return csvFields(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ValueError(`failed to convert variable ${name} from CSV: ${error.message}`);
  }
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function primitive(name: string, text: string, type: Type): Value {
  if (type.kind === 'number') {
    const parsed = parseNumber(text);
    if (parsed !== undefined) return number(parsed);
    throw new ValueError(
      `failed to parse ${name} as number: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  if (type.kind !== 'bool') return string(text);
  if (TRUE.has(text)) return bool(true);
  if (FALSE.has(text)) return bool(false);
  throw new ValueError(
    `failed to parse ${name} as bool: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

/** How a value is listed; undefined for null. */
export function shownValue(value: Value, type: Type | undefined): string | undefined {
  if (value.kind === 'null') return undefined;
  if (type === undefined || type.kind === STRING.kind)
    return primitiveText(value) ?? encodeJson(value);
  return encodeJson(value);
}

/** The names of the parameters of a `function` block; undefined when one is no word. */
export function wordsOf(expression: Expression): readonly string[] | undefined {
  if (expression.kind !== 'tuple') return undefined;
  const words = expression.items.map(wordOf).filter((word) => word !== undefined);
  return words.length === expression.items.length ? words : undefined;
}

/** A word; in JSON it is written as a string. */
export function wordOf(expression: Expression): string | undefined {
  if (expression.kind === 'literal' && expression.value.kind === 'string') {
    return expression.range.source.json ? expression.value.data : undefined;
  }
  return keywordOf(expression);
}
