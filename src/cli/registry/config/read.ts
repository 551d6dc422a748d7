import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { LineCounter, Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { InvalidInputError } from '../../../base/errors.ts';
import { didYouMean, suggest } from '../../suggest.ts';
import { expectation, type FreeMap, type Leaf, type Section, type Shape } from './shape.ts';

/** Files are written by people. In bytes. */
const LIMIT = 1024 * 1024;
const SHOWN_LIMIT = 60;

/** Values by their keys: what {@link readConfig} makes of a file. Paths in it are absolute. */
export type ConfigTree = Readonly<Record<string, unknown>>;

/** Something in a file that is not as it should be. */
export interface ConfigProblem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string | undefined;
}

/** What a file says, and what is wrong with it. */
export interface ReadConfig {
  readonly tree: ConfigTree;
  readonly problems: readonly ConfigProblem[];
}

/** A line for a problem: `registry.yaml:3:5: …`. */
export function problemLine(typed: string, { line, column, message }: ConfigProblem): string {
  return `${typed}:${line}:${column}: ${message}`;
}

/** Reads a file that must be without problems. Throws InvalidInputError with the first one. */
export async function loadConfig(typed: string, cwd: string, shape: Section): Promise<ConfigTree> {
  const { tree, problems } = await readConfig(typed, cwd, shape);
  const [first, ...others] = problems;
  if (!first) return tree;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new InvalidInputError(`${problemLine(typed, first)}${more}`, { hint: first.hint });
}

/** Reads a file. Throws InvalidInputError when it cannot be read at all. */
export async function readConfig(typed: string, cwd: string, shape: Section): Promise<ReadConfig> {
  const path = resolve(cwd, typed);
  const text = textOf(path, typed);
  const yaml = await import('yaml');
  const counter = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const reader = new Reader(yaml, counter, dirname(path));
  for (const { pos, message } of document.errors) reader.report(pos[0], message);
  const { contents } = document;
  const isEmpty = contents === null || (yaml.isScalar(contents) && contents.value === null);
  const tree = isEmpty || document.errors.length > 0 ? {} : reader.section(contents, shape, '');
  return { tree, problems: reader.problems };
}

class Reader {
  readonly problems: ConfigProblem[] = [];
  readonly #yaml: typeof import('yaml');
  readonly #counter: LineCounter;
  readonly #folder: string;

  constructor(yaml: typeof import('yaml'), counter: LineCounter, folder: string) {
    this.#yaml = yaml;
    this.#counter = counter;
    this.#folder = folder;
  }

  report(offset: number, message: string, hint?: string): void {
    const { line, col: column } = this.#counter.linePos(offset);
    this.problems.push({ line, column, message: message.split('\n')[0] ?? '', hint });
  }

  section(node: Node, shape: Section, path: string): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    const map = this.#map(node, shape, path);
    const keys = Object.keys(shape.fields);
    for (const { key, name, value } of map) {
      const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
      if (!field) {
        const near = didYouMean(suggest(name, keys));
        this.report(startOf(key), `unknown key ${below(path, name)}`, near ?? among(keys));
        continue;
      }
      const read = this.#value(value ?? key, field, below(path, name), value === null);
      if (read !== undefined) values[name] = read;
    }
    const seen = new Set(map.map(({ name }) => name));
    for (const name of shape.required ?? []) {
      if (!seen.has(name)) this.report(startOf(node), `${below(path, name)} is missing`);
    }
    return values;
  }

  #value(node: Node, shape: Shape, path: string, isNothing: boolean): unknown {
    // Sections may be empty: all that was in them may be behind a comment sign.
    if (isNothing) {
      if (shape.kind === 'section') return {};
      return this.#wrong(node, shape, path, 'nothing');
    }
    switch (shape.kind) {
      case 'section':
        return this.section(node, shape, path);
      case 'sections':
        return this.#items(node, shape, path)?.map((item, index) =>
          this.section(item, shape.of, `${path}[${index}]`),
        );
      case 'secret':
        return this.#secret(node, path);
      case 'map':
        return this.#free(node, shape, path);
      default:
        if (!shape.isList) return this.#leaf(node, shape, path);
        return this.#items(node, shape, path)?.flatMap((item, index) => {
          const value = this.#leaf(item, shape, `${path}[${index}]`);
          return value === undefined ? [] : [value];
        });
    }
  }

  #leaf(node: Node, leaf: Leaf, path: string): unknown {
    const one: Leaf = { ...leaf, isList: false };
    if (!this.#yaml.isScalar(node))
      return this.#wrong(node, one, path, kindOfNode(this.#yaml, node));
    const { value, source } = node;
    const shown = JSON.stringify(source ?? String(value)).slice(0, SHOWN_LIMIT);
    if (!isOfKind(value, leaf)) return this.#wrong(node, one, path, shown);
    if (leaf.kind === 'word' && !leaf.words?.includes(String(value))) {
      const near = didYouMean(suggest(String(value), leaf.words ?? []));
      return this.#wrong(node, one, path, shown, near);
    }
    if (leaf.kind === 'path' || (leaf.kind === 'place' && !isElsewhere(String(value)))) {
      return resolve(this.#folder, String(value));
    }
    if (!leaf.read) return value;
    try {
      const read = leaf.read(String(value));
      return leaf.isList && Array.isArray(read) ? read[0] : read;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return this.#wrong(node, one, path, shown);
    }
  }

  #secret(node: Node, path: string): unknown {
    const shape = { kind: 'secret', about: '' } as const;
    // What stands there may be the secret: it is not shown.
    if (!this.#yaml.isMap(node)) return this.#wrong(node, shape, path, 'something else');
    const [pair, ...others] = this.#map(node, shape, path);
    const { name, value } = pair ?? {};
    const isText = this.#yaml.isScalar(value) && typeof value.value === 'string';
    const isReference = (name === 'file' || name === 'env') && isText && others.length === 0;
    if (!isReference) return this.#wrong(node, shape, path, 'something else');
    const text = String(value.value);
    return name === 'file' ? { file: resolve(this.#folder, text) } : { env: text };
  }

  #free(node: Node, shape: FreeMap, path: string): unknown {
    const values: [string, unknown][] = [];
    for (const { name, key, value } of this.#map(node, shape, path)) {
      const where = below(path, name);
      const isText = this.#yaml.isScalar(value) && typeof value.value === 'string';
      if (value && isText && !shape.isSecret(name)) values.push([name, value.value]);
      else values.push([name, this.#secret(value ?? key, where)]);
    }
    return Object.fromEntries(values);
  }

  #map(
    node: Node,
    shape: Shape,
    path: string,
  ): readonly { readonly key: Node; readonly name: string; readonly value: Node | null }[] {
    if (!this.#yaml.isMap(node)) {
      this.#wrong(node, shape, path === '' ? 'the file' : path, kindOfNode(this.#yaml, node));
      return [];
    }
    return (node as YAMLMap<Node, Node | null>).items.flatMap(
      ({ key, value }: Pair<Node, Node | null>) => {
        const name = this.#yaml.isScalar(key) ? key.value : undefined;
        if (typeof name !== 'string') {
          this.report(startOf(key), `a key${path === '' ? '' : ` in ${path}`} is not a text`);
          return [];
        }
        const isNothing = value === null || (this.#yaml.isScalar(value) && value.value === null);
        return [{ key, name, value: isNothing ? null : value }];
      },
    );
  }

  #items(node: Node, shape: Shape, path: string): readonly Node[] | undefined {
    if (this.#yaml.isSeq(node)) return (node as YAMLSeq<Node>).items;
    this.#wrong(node, shape, path, kindOfNode(this.#yaml, node));
    return undefined;
  }

  #wrong(node: Node, shape: Shape, path: string, found: string, hint?: string): undefined {
    this.report(startOf(node), `${path} must be ${expectation(shape)}, not ${found}`, hint);
  }
}

function isOfKind(value: unknown, { kind }: Leaf): boolean {
  switch (kind) {
    case 'toggle':
      return typeof value === 'boolean';
    case 'int':
      return Number.isSafeInteger(value);
    case 'decimal':
      return typeof value === 'number' && Number.isFinite(value);
    case 'bytes':
      return typeof value === 'string' || (Number.isSafeInteger(value) && Number(value) >= 0);
    case 'duration':
      return typeof value === 'string' || value === 0;
    case 'url':
      return typeof value === 'string' && isHttp(value);
    default:
      return typeof value === 'string' && value !== '';
  }
}

/** User and password have no place in a URL: they would be shown. */
function isHttp(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

function isElsewhere(text: string): boolean {
  return text === '-' || /^https?:\/\//.test(text);
}

function kindOfNode(yaml: typeof import('yaml'), node: Node): string {
  if (yaml.isMap(node)) return 'keys and values';
  if (yaml.isSeq(node)) return 'a list';
  return yaml.isAlias(node) ? 'an alias' : 'a single value';
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

function below(path: string, name: string): string {
  const shown = /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
  return path === '' ? shown : `${path}.${shown}`;
}

function among(keys: readonly string[]): string {
  return `There are ${keys.join(', ')}.`;
}

function textOf(path: string, typed: string): string {
  try {
    if (statSync(path).size > LIMIT) throw new InvalidInputError(`${typed} is too large`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    throw new InvalidInputError(`cannot read ${typed}`, { cause: error });
  }
}
