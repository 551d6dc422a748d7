import { closest } from '../../base/suggest.ts';
import { BakeFileError, ValueError } from '../errors.ts';
import type { Expression } from '../hcl/ast.ts';
import { convert } from '../value/convert.ts';
import { weigh, type Value } from '../value/value.ts';
import { spend, type Environment, type Parameter, type PlainFunction } from './scope.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/** The result of a function. Throws BakeFileError. */
export function evaluateCall(call: Call, environment: Environment): Value {
  const { scope, budget } = environment;
  const callable = scope.call(call.name);
  if (callable === undefined) {
    const near = closest(call.name, scope.functions());
    throw new BakeFileError(
      `Call to unknown function; There is no function named ${JSON.stringify(call.name)}.`,
      call.nameRange,
      near === undefined ? undefined : `Did you mean ${JSON.stringify(near)}?`,
    );
  }
  if ('lazy' in callable) {
    return callable.lazy(call.args, (one) => environment.evaluate(one, environment), call.range);
  }
  const args = checked(call, callable, argumentsOf(call, environment));
  for (const arg of args) spend(budget, weigh(arg));
  try {
    const result = callable.run(args);
    spend(budget, weigh(result));
    return result;
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new BakeFileError(
      `Error in function call; Call to function ${JSON.stringify(call.name)} failed: ${error.message}.`,
      call.range,
    );
  }
}

function argumentsOf(call: Call, environment: Environment): Value[] {
  const values = call.args.map((arg) => environment.evaluate(arg, environment));
  if (!call.spread) return values;
  const last = values.pop();
  if (last !== undefined && 'items' in last) return [...values, ...last.items];
  throw new BakeFileError(
    'Invalid expanding argument value; The expanding argument (indicated by ...) must be of a tuple, list, or set type.',
    call.args.at(-1)?.range ?? call.range,
  );
}

function checked(call: Call, { parameters, rest }: PlainFunction, args: readonly Value[]): Value[] {
  const name = JSON.stringify(call.name);
  const missing = parameters[args.length];
  if (missing !== undefined) {
    throw new BakeFileError(
      `Not enough function arguments; Function ${name} expects ${parameters.length} argument(s). Missing value for ${JSON.stringify(missing.name)}.`,
      call.range,
    );
  }
  return args.map((arg, index) => {
    const parameter = parameters[index] ?? rest;
    const range = call.args[Math.min(index, call.args.length - 1)]?.range ?? call.range;
    if (parameter === undefined) {
      throw new BakeFileError(
        `Too many function arguments; Function ${name} expects only ${parameters.length} argument(s).`,
        range,
      );
    }
    return argument(parameter, arg, range);
  });
}

function argument(parameter: Parameter, value: Value, range: Expression['range']): Value {
  try {
    if (value.kind === 'null' && !parameter.nullable)
      throw new ValueError('argument must not be null');
    return convert(value, parameter.type);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new BakeFileError(
      `Invalid function argument; Invalid value for ${JSON.stringify(parameter.name)} parameter: ${error.message}.`,
      range,
    );
  }
}
