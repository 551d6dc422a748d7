import { BakeFileError } from './errors.ts';
import { decode, encode, isAttribute } from './decode.ts';
import { at } from './eval/at.ts';
import { withNames, type Environment } from './eval/scope.ts';
import type { Block } from './hcl/ast.ts';
import { ATTRIBUTES, mergeFields, type AttributeName, type Fields } from './target.ts';
import { convert } from './value/convert.ts';
import {
  list,
  object,
  primitiveText,
  string,
  STRING,
  typeName,
  typeOf,
  type Value,
} from './value/value.ts';

/** One target or group that a block defines: a matrix makes several. */
export interface Instance {
  readonly block: Block;
  readonly name: string;
  readonly environment: Environment;
}

const NAME = /^[a-zA-Z0-9_-]+$/;
const MOST = 10_000;

/** `target` and `group` blocks, evaluated attribute by attribute as they are asked for. */
export class BlockSet {
  readonly #blocks: readonly Block[];
  readonly #environment: Environment;
  readonly #fields = new Map<Instance, Map<string, Fields>>();
  readonly #open = new Set<string>();
  #instances: readonly Instance[] | undefined;

  constructor(blocks: readonly Block[], environment: Environment) {
    this.#blocks = blocks;
    this.#environment = environment;
  }

  /** All instances of a kind, in the order of the files. Throws BakeFileError. */
  of(type: string): readonly Instance[] {
    return this.#all().filter(({ block }) => block.type === type);
  }

  /** The names of all of a kind. */
  names(type: string): readonly string[] {
    return this.of(type).map(({ name }) => name);
  }

  /** What expressions see of an instance: one attribute, or all. Undefined when there is none. */
  value(type: string, name: string, attribute: string | undefined): Value | undefined {
    const instances = this.of(type).filter((one) => one.name === name);
    if (instances.length === 0) return undefined;
    if (type === 'group') return this.#group(instances, name);
    const known = attribute !== undefined && isAttribute(attribute) ? [attribute] : undefined;
    const wanted = known ?? (Object.keys(ATTRIBUTES) as AttributeName[]);
    let fields: Fields = {};
    for (const one of instances)
      for (const key of wanted) fields = mergeFields(fields, this.attribute(one, key));
    return object([
      ['name', string(name)],
      ...wanted.map((key): [string, Value] => [key, encode(key, fields)]),
    ]);
  }

  /** One attribute of an instance. Throws BakeFileError. */
  attribute(instance: Instance, name: AttributeName): Fields {
    const known = this.#fields.get(instance)?.get(name);
    if (known !== undefined) return known;
    const attribute = instance.block.body.attributes.get(name);
    if (attribute === undefined) return {};
    const key = `${instance.block.type}.${instance.name}.${name}`;
    const opened = `${this.#all().indexOf(instance)} ${key}`;
    if (this.#open.has(opened)) {
      throw new BakeFileError(
        `Invalid expression; reference cycle not allowed for ${key}`,
        attribute.nameRange,
      );
    }
    this.#open.add(opened);
    let fields: Fields;
    try {
      const value = instance.environment.evaluate(attribute.value, instance.environment);
      fields = at(attribute.value.range, () => decode(name, value));
    } finally {
      this.#open.delete(opened);
    }
    const found = this.#fields.get(instance) ?? new Map<string, Fields>();
    this.#fields.set(instance, found.set(name, fields));
    return fields;
  }

  /** The text that an attribute of a group holds. */
  texts(instance: Instance, name: string): readonly string[] {
    const attribute = instance.block.body.attributes.get(name);
    if (attribute === undefined) return [];
    const { environment } = instance;
    return at(attribute.value.range, () => {
      const value = environment.evaluate(attribute.value, environment);
      const converted = convert(value, { kind: 'list', of: STRING });
      return 'items' in converted ? converted.items.map((item) => primitiveText(item) ?? '') : [];
    });
  }

  #group(instances: readonly Instance[], name: string): Value {
    const targets = instances.flatMap((one) => this.texts(one, 'targets'));
    return object([
      ['name', string(name)],
      ['targets', list(STRING, targets.map(string))],
    ]);
  }

  #all(): readonly Instance[] {
    // Empty while names are worked out: what those refer to must not depend on them.
    if (this.#instances === undefined) {
      this.#instances = [];
      try {
        this.#instances = this.#blocks.flatMap((block) => instancesOf(block, this.#environment));
      } catch (error) {
        this.#instances = undefined;
        throw error;
      }
    }
    return this.#instances;
  }
}

function instancesOf(block: Block, environment: Environment): Instance[] {
  const [label] = block.labels;
  if (label === undefined || block.labels.length > 1) {
    throw new BakeFileError(`Invalid block; A ${block.type} has one label, its name`, block.range);
  }
  checkName(label.text, block);
  const { attributes } = block.body;
  const [name, matrix] = [attributes.get('name'), attributes.get('matrix')];
  if (block.type === 'group') {
    const wrong = name ?? matrix;
    if (wrong)
      throw new BakeFileError(
        `Invalid name; ${wrong.name} is not supported for groups`,
        wrong.nameRange,
      );
  }
  if (matrix === undefined) {
    if (name) throw new BakeFileError('Invalid name; name requires matrix', name.nameRange);
    return [{ block, name: label.text, environment }];
  }
  const found = new Set<string>();
  return matrixOf(block, environment).map((one) => {
    const text = name === undefined ? label.text : nameIn(one, block);
    if (found.has(text))
      throw new BakeFileError(
        `Invalid name; duplicate name ${JSON.stringify(text)}`,
        name?.value.range ?? label.range,
        name === undefined ? 'Give the target a name made of the values of its matrix.' : undefined,
      );
    found.add(text);
    return { block, name: text, environment: one };
  });
}

function nameIn(environment: Environment, block: Block): string {
  const name = block.body.attributes.get('name');
  const value = name && environment.evaluate(name.value, environment);
  const text = value && primitiveText(value);
  if (text === undefined)
    throw new BakeFileError('Invalid name; a string is required', name?.value.range ?? block.range);
  checkName(text, block);
  return text;
}

function checkName(name: string, block: Block): void {
  if (NAME.test(name)) return;
  throw new BakeFileError(
    `Invalid name; ${JSON.stringify(name)}: only "[a-zA-Z0-9_-]+" are allowed`,
    block.body.attributes.get('name')?.value.range ?? block.labels[0]?.range ?? block.range,
  );
}

/** One environment for each combination of the values of a matrix. */
function matrixOf(block: Block, environment: Environment): Environment[] {
  const attribute = block.body.attributes.get('matrix');
  const range = attribute?.value.range ?? block.range;
  const matrix = attribute && environment.evaluate(attribute.value, environment);
  if (matrix === undefined || !('entries' in matrix))
    throw new BakeFileError('Invalid matrix; matrix must be a map', range);
  let combined: ReadonlyMap<string, Value>[] = [new Map()];
  for (const [key, axis] of matrix.entries) {
    const values =
      'items' in axis ? axis.items : 'entries' in axis ? [...axis.entries.values()] : undefined;
    if (values === undefined)
      throw new BakeFileError(
        `Invalid matrix; matrix values must be a list; ${JSON.stringify(key)} is ${typeName(typeOf(axis))}`,
        range,
      );
    if (combined.length * values.length > MOST)
      throw new BakeFileError(`Invalid matrix; it makes more than ${MOST} targets`, range);
    combined = values.flatMap((value) =>
      combined.map((before) => new Map([...before, [key, value]])),
    );
  }
  return combined.map((names) => ({ ...environment, scope: withNames(environment.scope, names) }));
}
