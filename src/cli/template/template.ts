import { TemplateError } from './errors.ts';
import { FUNCTIONS, type FunctionTable } from './functions.ts';
import { nodeText, type CommandNode, type Operand, type Pipe, type TemplateNode } from './nodes.ts';
import { parseTemplate } from './parser.ts';
import { printAction } from './print.ts';
import {
  fieldOf,
  isMap,
  isSlice,
  isTagged,
  isTrue,
  sortedKeys,
  typeName,
  type Method,
  type Value,
} from './values.ts';

/** How to execute. */
export interface ExecuteOptions {
  /** A key that a map lacks is an error; by default it has no value. */
  readonly strictKeys?: boolean;
  readonly functions?: FunctionTable;
}

/** A parsed template. */
export interface Template {
  /** Throws TemplateError where Go's `Execute` fails. */
  execute(data: Value, options?: ExecuteOptions): string;
}

/** Ends or restarts the innermost `range`. */
type Jump = 'break' | 'continue' | undefined;
type Scope = { readonly name: string; value: Value }[];

const NAMES = new Set([...FUNCTIONS.keys(), 'and', 'or']);
/** Templates may call themselves; this is deep enough for anything but an endless loop. */
const DEEPEST = 500;

/**
 * Parses a template of Go's text/template with Docker's functions.
 * Throws TemplateError in Go's words.
 */
export function template(source: string): Template {
  const set = parseTemplate(source, NAMES);

  return {
    execute(data, options = {}) {
      const functions = options.functions ?? FUNCTIONS;
      let output = '';
      let depth = 0;

      const fail = (at: number, quoted: string, name: string, message: string): never => {
        const before = source.slice(0, at);
        const line = before.split('\n').length;
        const column = at - (before.lastIndexOf('\n') + 1);
        throw new TemplateError(
          `:${line}:${column}: executing ${JSON.stringify(name)} at <${quoted}>: ${message}`,
        );
      };

      runTemplate('', data);
      return output;

      function runTemplate(name: string, dot: Value): void {
        const nodes = set.get(name) ?? [];
        const scope: Scope = [{ name: '$', value: dot }];
        const failAt = (node: Operand | CommandNode | Pipe, message: string): never =>
          fail(node.at, nodeText(node), name, message);

        walkAll(nodes, dot);

        function walkAll(list: readonly TemplateNode[], here: Value): Jump {
          const size = scope.length;
          for (const node of list) {
            const jump = walk(node, here);
            if (jump) {
              scope.length = size;
              return jump;
            }
          }
          scope.length = size;
          return undefined;
        }

        function walk(node: TemplateNode, here: Value): Jump {
          switch (node.kind) {
            case 'text':
              output += node.text;
              return undefined;
            case 'action': {
              const value = pipe(node.pipe, here);
              if (node.pipe.variables.length === 0) output += printAction(value);
              return undefined;
            }
            case 'if':
            case 'with': {
              const size = scope.length;
              const value = pipe(node.pipe, here);
              const jump = isTrue(value)
                ? walkAll(node.body, node.kind === 'with' ? value : here)
                : walkAll(node.otherwise, here);
              scope.length = size;
              return jump;
            }
            case 'range':
              return range(node, here);
            case 'template': {
              if (!set.has(node.name)) {
                fail(
                  node.at,
                  invocationText(node),
                  name,
                  `template ${JSON.stringify(node.name)} not defined`,
                );
              }
              depth += 1;
              if (depth > DEEPEST) {
                fail(node.at, invocationText(node), name, 'exceeded maximum template depth');
              }
              runTemplate(node.name, node.pipe === undefined ? null : pipe(node.pipe, here));
              depth -= 1;
              return undefined;
            }
            case 'break':
            case 'continue':
              return node.kind;
          }
        }

        function range(
          node: TemplateNode & { readonly kind: 'if' | 'with' | 'range' },
          here: Value,
        ): Jump {
          const size = scope.length;
          const [first, second] = node.pipe.variables;
          const value = pipe({ ...node.pipe, variables: [] }, here);
          const bind = (variable: string, to: Value): void => {
            if (node.pipe.assign) assign(variable, to);
            else scope.push({ name: variable, value: to });
          };
          let any = false;
          for (const [key, element] of elements(value, node.pipe)) {
            any = true;
            if (second !== undefined && first !== undefined) {
              bind(first, key);
              bind(second, element);
            } else if (first !== undefined) bind(first, element);
            const jump = walkAll(node.body, element);
            scope.length = size;
            if (jump === 'break') break;
          }
          if (!any) return walkAll(node.otherwise, here);
          return undefined;
        }

        function* elements(value: Value, node: Pipe): Generator<readonly [Value, Value]> {
          if (isSlice(value)) yield* value.entries();
          else if (isMap(value)) for (const key of sortedKeys(value)) yield [key, value.get(key)];
          else if (typeof value === 'number') for (let i = 0; i < value; i++) yield [i, i];
          else if (value === undefined || value === null) return;
          else if (!(isTagged(value) && value.kind === 'nil')) {
            failAt(node, `range can't iterate over ${printAction(value)}`);
          }
        }

        function assign(variable: string, value: Value): void {
          const found = scope.findLast((one) => one.name === variable);
          if (found) found.value = value;
        }

        function pipe(node: Pipe, here: Value): Value {
          let value: Value;
          node.commands.forEach((command, stage) => {
            value = run(command, here, stage === 0 ? [] : [value]);
          });
          for (const variable of node.variables) {
            if (node.assign) assign(variable, value);
            else scope.push({ name: variable, value });
          }
          return value;
        }

        function run(node: CommandNode, here: Value, piped: readonly Value[]): Value {
          const [head, ...args] = node.args;
          if (head === undefined) return undefined;
          const values = (): Value[] => [...args.map((arg) => operand(arg, here)), ...piped];
          const plain = (): void => {
            if (args.length > 0 || piped.length > 0) {
              failAt(head, `can't give argument to non-function ${nodeText(head)}`);
            }
          };
          switch (head.kind) {
            case 'function':
              return callFunction(head.name, node, head, args, here, piped);
            case 'field':
              return chain(here, head.names, head, values);
            case 'variable':
              if (head.names.length === 0) plain();
              return chain(operand({ ...head, names: [] }, here), head.names, head, values);
            case 'chain':
              return chain(operand(head.base, here), head.names, head, values);
            case 'pipe':
              plain();
              return pipe(head.pipe, here);
            default:
              plain();
              return operand(head, here);
          }
        }

        function operand(node: Operand, here: Value): Value {
          switch (node.kind) {
            case 'dot':
              return here;
            case 'nil':
              return null;
            case 'bool':
            case 'string':
              return node.value;
            case 'number':
              return node.float ? { kind: 'float', value: node.value } : node.value;
            case 'field':
              return chain(here, node.names, node, () => []);
            case 'variable':
              return chain(
                scope.findLast((one) => one.name === node.name)?.value,
                node.names,
                node,
                () => [],
              );
            case 'chain':
              return chain(operand(node.base, here), node.names, node, () => []);
            case 'function':
              return callFunction(node.name, node, node, [], here, []);
            case 'pipe':
              return pipe(node.pipe, here);
          }
        }

        /** Follows names; arguments go to the last. */
        function chain(
          base: Value,
          names: readonly string[],
          node: Operand,
          args: () => readonly Value[],
        ): Value {
          let value = base;
          names.forEach((field, i) => {
            value = member(value, field, node, i === names.length - 1 ? args() : []);
          });
          return value;
        }

        function member(value: Value, field: string, node: Operand, args: readonly Value[]): Value {
          if (value === undefined) {
            if (options.strictKeys === true) {
              failAt(node, `nil data; no entry for key ${JSON.stringify(field)}`);
            }
            return undefined;
          }
          if (
            value === null ||
            (isTagged(value) && value.kind === 'nil' && value.of === 'pointer')
          ) {
            return failAt(node, `nil pointer evaluating ${typeName(value)}.${field}`);
          }
          if (isTagged(value) && value.kind === 'struct') {
            const found = fieldOf(value, field);
            if (found === undefined) {
              return failAt(node, `can't evaluate field ${field} in type ${value.type}`);
            }
            if (isTagged(found.value) && found.value.kind === 'method') {
              return callMethod(field, found.value, node, args);
            }
            if (args.length > 0)
              failAt(node, `${field} has arguments but cannot be invoked as function`);
            return found.value;
          }
          if (isMap(value)) {
            if (args.length > 0) failAt(node, `${field} is not a method but has arguments`);
            if (value.has(field)) return value.get(field);
            if (options.strictKeys === true) {
              failAt(node, `map has no entry for key ${JSON.stringify(field)}`);
            }
            return undefined;
          }
          if (isTagged(value) && value.kind === 'nil' && value.of === 'map') return undefined;
          return failAt(node, `can't evaluate field ${field} in type ${typeName(value)}`);
        }

        function callMethod(
          field: string,
          method: Method,
          node: Operand,
          args: readonly Value[],
        ): Value {
          if (args.length !== method.arity) {
            failAt(
              node,
              `wrong number of args for ${field}: want ${method.arity} got ${args.length}`,
            );
          }
          return method.call(args);
        }

        function callFunction(
          called: string,
          node: CommandNode | Operand,
          head: Operand,
          args: readonly Operand[],
          here: Value,
          piped: readonly Value[],
        ): Value {
          if (called === 'and' || called === 'or') {
            if (args.length + piped.length === 0) {
              failAt(head, `wrong number of args for ${called}: want at least 1 got 0`);
            }
            let value: Value;
            for (const arg of args) {
              value = operand(arg, here);
              if (isTrue(value) === (called === 'or')) return value;
            }
            return piped.length > 0 ? piped[0] : value;
          }
          const known = functions.get(called);
          if (!known) return failAt(head, `${JSON.stringify(called)} is not a defined function`);
          const values = [...args.map((arg) => operand(arg, here)), ...piped];
          const [least, most] = known.arity;
          if (values.length < least || values.length > most) {
            const want = most > least ? `at least ${least}` : String(least);
            failAt(head, `wrong number of args for ${called}: want ${want} got ${values.length}`);
          }
          try {
            return known.call(values);
          } catch (error) {
            if (!(error instanceof RangeError)) throw error;
            return failAt(node, `error calling ${called}: ${error.message}`);
          }
        }
      }
    },
  };
}

function invocationText(node: TemplateNode & { readonly kind: 'template' }): string {
  const pipe = node.pipe === undefined ? '' : ` ${nodeText(node.pipe)}`;
  return `{{template ${JSON.stringify(node.name)}${pipe}}}`;
}
