import { closest } from '../base/suggest.ts';
import { BakeFileError, ValueError } from './errors.ts';
import { at } from './eval/at.ts';
import { evaluate } from './eval/evaluate.ts';
import {
  ALLOWANCE,
  type Callable,
  type Environment,
  type MemberPath,
  type Scope,
} from './eval/scope.ts';
import { userFunction } from './functions/user.ts';
import { library } from './functions/library.ts';
import type { Attribute, Block, Body, Expression } from './hcl/ast.ts';
import type { Range } from './hcl/source.ts';
import { BlockSet } from './blocks.ts';
import { string, type Value } from './value/value.ts';
import { valueOfVariable, variableOf, type Outside, type Variable } from './variables.ts';

/** What the expressions of bake files may know of the world around. */
export interface World {
  /** The environment; an empty one where variables must not be looked up there. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--var`; comes before the environment. */
  readonly vars: ReadonlyMap<string, string>;
  /** `BAKE_CMD_CONTEXT`, `BAKE_LOCAL_PLATFORM`. */
  readonly builtins: ReadonlyMap<string, string>;
  readonly home: string;
  readonly now: Date;
}

/** Names with their meaning, evaluated when they are asked for. */
export interface Model {
  readonly environment: Environment;
  readonly variables: ReadonlyMap<string, Variable>;
  readonly functions: readonly string[];
  readonly constants: ReadonlyMap<string, Attribute>;
  readonly blocks: BlockSet;
  /** The value of a variable or constant. Throws BakeFileError. */
  readonly value: (name: string, used?: Range) => Value | undefined;
}

/** Blocks that targets and groups are. */
const FAMILIES: readonly string[] = ['target', 'group'];

/** Takes all files together: names are looked up across them. Throws BakeFileError. */
export function modelOf(bodies: readonly Body[], world: World): Model {
  const reserved = new Set([...FAMILIES, ...world.builtins.keys()]);
  const variables = new Map<string, Variable>();
  const definitions = new Map<string, Block>();
  const constants = new Map<string, Attribute>();
  const families: Block[] = [];
  for (const body of bodies) {
    for (const block of body.blocks) {
      if (FAMILIES.includes(block.type)) families.push(block);
      else if (block.type === 'variable') addVariable(variables, block, reserved);
      else if (block.type === 'function') definitions.set(nameOf(block), block);
    }
    for (const [name, attribute] of body.attributes) {
      if (!reserved.has(name)) constants.set(name, attribute);
    }
  }
  const values = new Map<string, Value>();
  for (const [name, text] of world.builtins) values.set(name, string(text));
  const open = new Set<string>();
  const functions = functionsOf(definitions, world);

  const value = (name: string, used?: Range): Value | undefined => {
    const known = values.get(name);
    if (known !== undefined) return known;
    const [constant, variable] = [constants.get(name), variables.get(name)];
    const range = constant?.nameRange ?? variable?.block.range;
    if (range === undefined) return undefined;
    if (open.has(name)) {
      throw new BakeFileError(
        `Invalid expression; variable cycle not allowed for ${name}`,
        used ?? range,
      );
    }
    open.add(name);
    try {
      const found = constant
        ? evaluate(constant.value, environment)
        : variable && valueOf(variable, outsideOf(variable, variables, world), environment, range);
      if (found !== undefined) values.set(name, found);
      return found;
    } finally {
      open.delete(name);
    }
  };

  const scope: Scope = {
    variable: (name, range) => {
      if (FAMILIES.includes(name)) {
        throw new BakeFileError(`Invalid expression; cannot access ${name} as a variable`, range);
      }
      return value(name, range);
    },
    member: (root, name, path) =>
      FAMILIES.includes(root) ? member(blocks, root, name, path) : undefined,
    call: (name) => functions.get(name),
    names: () => [...world.builtins.keys(), ...constants.keys(), ...variables.keys()],
    functions: () => functions.keys(),
  };
  const environment: Environment = { scope, evaluate, budget: { left: ALLOWANCE, depth: 0 } };
  const blocks = new BlockSet(families, environment);
  for (const [name, block] of definitions)
    functions.set(
      name,
      userFunction(name, block, () => environment),
    );
  return { environment, variables, functions: [...definitions.keys()], constants, blocks, value };
}

function member(blocks: BlockSet, root: string, name: string, path: MemberPath): Value {
  const value = blocks.value(root, name, path.attribute);
  if (value !== undefined) return value;
  const near = closest(name, blocks.names(root));
  throw new BakeFileError(
    `Unsupported attribute; There is no ${root} named ${JSON.stringify(name)}.`,
    path.range,
    near === undefined ? undefined : `Did you mean ${JSON.stringify(near)}?`,
  );
}

function addVariable(
  variables: Map<string, Variable>,
  block: Block,
  reserved: ReadonlySet<string>,
): void {
  const variable = variableOf(block);
  if (!reserved.has(variable.name)) variables.set(variable.name, variable);
}

function nameOf(block: Block): string {
  const [label] = block.labels;
  if (label !== undefined && block.labels.length === 1) return label.text;
  throw new BakeFileError(`Invalid block; A ${block.type} has one label, its name`, block.range);
}

/** The library; functions of the files come before it only where it has none of that name. */
function functionsOf(definitions: Map<string, Block>, world: World): Map<string, Callable> {
  const functions = library(world);
  for (const name of definitions.keys()) if (functions.has(name)) definitions.delete(name);
  return functions;
}

function valueOf(
  variable: Variable,
  outside: Outside | undefined,
  environment: Environment,
  range: Range,
): Value {
  const place = variable.default?.range ?? range;
  return at(place, () => {
    try {
      return valueOfVariable(variable, outside, (one: Expression) => evaluate(one, environment));
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      throw new BakeFileError(`Invalid value; ${error.message}`, place, error.hint);
    }
  });
}

/** `NAME`, and `NAME_JSON` where that is no variable itself. */
function outsideOf(
  { name, type }: Variable,
  variables: ReadonlyMap<string, Variable>,
  { vars, env, builtins }: World,
): Outside | undefined {
  const lookup = (key: string): string | undefined => vars.get(key) ?? env[key];
  const jsonName = `${name}_JSON`;
  const isFree = !variables.has(jsonName) && !builtins.has(jsonName);
  const json = isFree ? lookup(jsonName) : undefined;
  const text = lookup(name);
  if (json !== undefined && (text === undefined || type !== undefined))
    return { text: json, json: type !== undefined };
  return text === undefined ? undefined : { text, json: false };
}
