import { closest } from '../base/suggest.ts';
import { BakeFileError, ValueError } from './errors.ts';
import { isAttribute } from './decode.ts';
import { evaluate } from './eval/evaluate.ts';
import type { Block, Body } from './hcl/ast.ts';
import { position } from './hcl/source.ts';
import { modelOf, type Model, type World } from './model.ts';
import {
  ATTRIBUTES,
  mergeFields,
  type Definition,
  type Fields,
  type Group,
  type Target,
} from './target.ts';
import { convert } from './value/convert.ts';
import { BOOL, primitiveText, typeName } from './value/value.ts';
import { descriptionOf, shownValue, type Variable } from './variables.ts';

/** A variable as it is listed. */
export interface ListedVariable {
  readonly name: string;
  readonly description: string;
  /** Empty when it says none. */
  readonly type: string;
  /** Undefined for null. */
  readonly value: string | undefined;
}

/** What bodies of HCL and JSON define. */
export interface Evaluated extends Definition {
  readonly variables: readonly ListedVariable[];
  /** What was ignored: one line each. */
  readonly warnings: readonly string[];
}

const INSIDE: Readonly<Record<string, readonly string[]>> = {
  target: [...Object.keys(ATTRIBUTES), 'name', 'matrix', 'policy'],
  group: ['targets', 'description'],
  variable: ['type', 'default', 'description'],
  function: ['params', 'variadic_params', 'result'],
};
const KINDS = Object.keys(INSIDE);

/** Evaluates all bodies together, on top of what is defined already. Throws BakeFileError. */
export function evaluateBodies(
  bodies: readonly Body[],
  world: World,
  under: Definition,
): Evaluated {
  const model = modelOf(bodies, world);
  const variables = [...model.variables.values()].map((variable) => listed(variable, model));
  for (const variable of model.variables.values()) validate(variable, model);
  const targets = targetsOf(model, under.targets);
  const groups = groupsOf(model, under.groups);
  for (const name of model.constants.keys()) model.value(name);
  for (const { block } of model.blocks.of('target')) refusePolicy(block);
  return {
    targets,
    groups,
    variables: variables.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    warnings: bodies.flatMap((body) => body.blocks).flatMap(ignoredIn),
  };
}

/** What is to be refused must not be ignored. */
function refusePolicy({ body }: Block): void {
  const policy = body.attributes.get('policy');
  if (policy)
    throw new BakeFileError('policies are not available in this version', policy.nameRange);
}

function listed(variable: Variable, model: Model): ListedVariable {
  const value = model.value(variable.name);
  const { type, name } = variable;
  return {
    name,
    description: descriptionOf(variable.block, (one) => evaluate(one, model.environment)),
    type: type === undefined ? '' : type.kind === 'any' ? 'any type' : typeName(type),
    value: value && shownValue(value, type),
  };
}

/** Throws BakeFileError with the message of the first rule that a variable breaks. */
function validate({ block }: Variable, { environment }: Model): void {
  for (const rule of block.body.blocks.filter(({ type }) => type === 'validation')) {
    const condition = rule.body.attributes.get('condition')?.value;
    if (condition === undefined)
      throw new BakeFileError(
        'Missing required argument; The argument "condition" is required, but no definition was found.',
        rule.range,
      );
    const value = evaluate(condition, environment);
    const problem = (why: string): BakeFileError => new BakeFileError(why, condition.range);
    if (value.kind === 'null') {
      throw problem(
        'Invalid condition result; Condition expression must return either true or false, not null.',
      );
    }
    let holds: boolean;
    try {
      const converted = convert(value, BOOL);
      holds = converted.kind === 'bool' && converted.data;
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      throw problem(`Invalid condition result; Invalid condition result value: ${error.message}`);
    }
    if (holds) continue;
    const message = rule.body.attributes.get('error_message')?.value;
    const text = message && primitiveText(evaluate(message, environment));
    throw problem(
      `Validation failed; ${text ?? 'This check failed, but has an invalid error message.'}`,
    );
  }
}

function targetsOf({ blocks }: Model, under: readonly Target[]): Target[] {
  const found = new Map(under.map((target) => [target.name, target]));
  for (const instance of blocks.of('target')) {
    let fields: Fields = {};
    for (const name of Object.keys(ATTRIBUTES)) {
      if (isAttribute(name)) fields = { ...fields, ...blocks.attribute(instance, name) };
    }
    const { name } = instance;
    found.set(name, { name, fields: mergeFields(found.get(name)?.fields ?? {}, fields) });
  }
  return [...found.values()];
}

/** Of groups with the same name, the last counts; a matrix makes a group of its targets. */
function groupsOf({ blocks, environment }: Model, under: readonly Group[]): Group[] {
  const found = new Map(under.map((group) => [group.name, group]));
  for (const instance of blocks.of('group')) {
    if (!instance.block.body.attributes.has('targets')) {
      throw new BakeFileError(
        'Missing required argument; The argument "targets" is required, but no definition was found.',
        instance.block.range,
      );
    }
    const description = descriptionOf(instance.block, (one) => evaluate(one, environment));
    found.set(instance.name, {
      name: instance.name,
      ...(description !== '' && { description }),
      targets: [...new Set(blocks.texts(instance, 'targets'))],
    });
  }
  const renamed = new Map<string, string[]>();
  for (const { block, name } of blocks.of('target')) {
    const label = block.labels[0]?.text ?? '';
    renamed.set(label, [...(renamed.get(label) ?? []), name]);
  }
  const more = [...renamed]
    .map(([name, targets]) => ({ name, targets: [...new Set(targets)] }))
    .filter(({ name, targets }) => targets.length !== 1 || targets[0] !== name);
  return [...found.values(), ...more.filter(({ name }) => !found.has(name))];
}

/** What other builders ignore without a word, and so do we: with one. */
function ignoredIn(block: Block): string[] {
  const { line } = position(block.range.source, block.range.start);
  const place = `${block.range.source.name}:${line}`;
  const known = Object.hasOwn(INSIDE, block.type) ? INSIDE[block.type] : undefined;
  if (known === undefined)
    return [`${place}: ${near(`unknown block ${block.type} is ignored`, block.type, KINDS)}`];
  const label = block.labels[0]?.text ?? '';
  return [...block.body.attributes.values()]
    .filter(({ name }) => !known.includes(name))
    .map(({ name, nameRange }) => {
      const at = position(nameRange.source, nameRange.start);
      const text = `unknown attribute ${name} of ${block.type} ${label} is ignored`;
      return `${nameRange.source.name}:${at.line}: ${near(text, name, known)}`;
    });
}

function near(text: string, word: string, words: readonly string[]): string {
  const other = closest(word, words);
  return other === undefined ? text : `${text} (did you mean ${other}?)`;
}
