import { checkArgument, checkConstant } from './arguments.ts';
import { fail, type Frame } from './frame.ts';
import type { TemplateFunction } from './functions.ts';
import { member, methodOf } from './member.ts';
import { nodeText, type CommandNode, type Operand, type Pipe } from './nodes.ts';
import { isFromJson, isTrue, type Parameter, type Value } from './values.ts';

/** What came through a pipe, if anything did. */
type Piped = readonly [] | readonly [Value];

/** The value of a pipeline; its variables are set. Throws TemplateError. */
export function evaluatePipe(frame: Frame, pipe: Pipe, dot: Value): Value {
  frame.current = pipe;
  let value: Value;
  pipe.commands.forEach((command, stage) => {
    value = evaluateCommand(frame, command, dot, stage === 0 ? [] : [value]);
  });
  for (const variable of pipe.variables) {
    if (pipe.assign) assignVariable(frame, variable, value);
    else frame.scope.push({ name: variable, value });
  }
  return value;
}

/** Gives a variable that was declared another value. Throws TemplateError when there is none. */
export function assignVariable(frame: Frame, variable: string, value: Value): void {
  const found = frame.scope.findLast((one) => one.name === variable);
  if (!found) fail(frame, `undefined variable: ${variable}`);
  else found.value = value;
}

function evaluateCommand(frame: Frame, node: CommandNode, dot: Value, piped: Piped): Value {
  const [head, ...args] = node.args;
  if (head === undefined) return undefined;
  switch (head.kind) {
    case 'field':
      frame.current = head;
      return chain(frame, dot, head.names, { dot, args, piped });
    case 'chain':
      frame.current = head;
      return evaluateChain(frame, head, dot, { dot, args, piped });
    case 'function':
      return callNamed(frame, head.name, head, node, { dot, args, piped });
    case 'variable':
      frame.current = head;
      if (head.names.length > 0) {
        return chain(frame, variableOf(frame, head.name), head.names, { dot, args, piped });
      }
      break;
    default:
      frame.current = head;
  }
  if (args.length > 0 || piped.length > 0) {
    fail(frame, `can't give argument to non-function ${nodeText(head)}`);
  }
  if (head.kind === 'nil') fail(frame, 'nil is not a command');
  return evaluateOperand(frame, head, dot);
}

/** The value of an operand that stands alone or is an argument. */
function evaluateOperand(frame: Frame, node: Operand, dot: Value): Value {
  frame.current = node;
  switch (node.kind) {
    case 'dot':
      return dot;
    case 'nil':
      return null;
    case 'bool':
    case 'string':
      return node.value;
    case 'number':
      return numberOf(frame, node);
    case 'field':
      return chain(frame, dot, node.names, ALONE);
    case 'variable':
      return chain(frame, variableOf(frame, node.name), node.names, ALONE);
    case 'chain':
      return evaluateChain(frame, node, dot, ALONE);
    case 'function':
      return callNamed(frame, node.name, node, node, { dot, args: [], piped: [] });
    case 'pipe':
      return evaluatePipe(frame, node.pipe, dot);
  }
}

function evaluateChain(
  frame: Frame,
  node: Operand & { readonly kind: 'chain' },
  dot: Value,
  given: Given,
): Value {
  const base = evaluateOperand(frame, node.base, dot);
  frame.current = node;
  return chain(frame, base, node.names, given);
}

function numberOf(frame: Frame, node: Operand & { readonly kind: 'number' }): Value {
  const { value, float, text } = node;
  if (float) return { kind: 'float', value: Number(value) };
  if (typeof value === 'number') return value;
  if (value >= 2n ** 63n) fail(frame, `${text} overflows int`);
  return { kind: 'integer', type: 'int', value };
}

function variableOf(frame: Frame, name: string): Value {
  return frame.scope.findLast((one) => one.name === name)?.value;
}

/** Arguments that are not evaluated yet, the value that came through the pipe, and what `.` is in them. */
interface Given {
  readonly dot: Value;
  readonly args: readonly Operand[];
  readonly piped: Piped;
}

const ALONE: Given = { dot: undefined, args: [], piped: [] };

/** Follows names; arguments go to the last. */
function chain(frame: Frame, base: Value, names: readonly string[], given: Given): Value {
  const node = frame.current as Operand;
  let value = base;
  let untyped = false;
  names.forEach((name, i) => {
    const last = i === names.length - 1 ? given : ALONE;
    const method = methodOf(value, name);
    const found = method
      ? call(frame, name, { ...method, variadic: false }, node, last)
      : member(frame, { value, untyped }, name, last.args.length + last.piped.length > 0);
    untyped = isFromJson(value);
    value = found;
  });
  return value;
}

function callNamed(
  frame: Frame,
  name: string,
  head: Operand,
  node: CommandNode | Operand,
  given: Given,
): Value {
  frame.current = head;
  if (name === 'and' || name === 'or') return choose(frame, name, given);
  const known = frame.run.functions.get(name);
  if (!known) return fail(frame, `${JSON.stringify(name)} is not a defined function`);
  return call(frame, name, known, node, given);
}

function call(
  frame: Frame,
  name: string,
  callee: TemplateFunction,
  node: CommandNode | Operand,
  { dot, args, piped }: Given,
): Value {
  const { params, variadic } = callee;
  const count = args.length + piped.length;
  if (variadic ? count < params.length : count !== params.length) {
    const want = `${variadic ? 'at least ' : ''}${params.length}`;
    fail(frame, `wrong number of args for ${name}: want ${want} got ${count}`);
  }
  const values = args.map((arg, i) => evaluateArgument(frame, arg, dot, params[i] ?? 'any'));
  for (const value of piped) {
    values.push(checkArgument(frame, value, params[args.length] ?? 'any'));
  }
  try {
    return callee.call(values);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    frame.current = node;
    return fail(frame, `error calling ${name}: ${error.message}`);
  }
}

function evaluateArgument(frame: Frame, node: Operand, dot: Value, param: Parameter): Value {
  const value = evaluateOperand(frame, node, dot);
  switch (node.kind) {
    case 'nil':
    case 'bool':
    case 'number':
    case 'string':
      return checkConstant(frame, node, value, param);
    default:
      return checkArgument(frame, value, param);
  }
}

/** `and` and `or` evaluate no more than they need. */
function choose(frame: Frame, name: 'and' | 'or', { dot, args, piped }: Given): Value {
  if (args.length + piped.length === 0) {
    fail(frame, `wrong number of args for ${name}: want at least 1 got 0`);
  }
  let value: Value;
  for (const arg of args) {
    value = evaluateOperand(frame, arg, dot);
    if (isTrue(value) === (name === 'or')) return value;
  }
  return piped.length > 0 ? piped[0] : value;
}
