import { BakeFileError } from '../errors.ts';
import { withNames, type Callable, type Environment, type Parameter } from '../eval/scope.ts';
import type { Block } from '../hcl/ast.ts';
import { ANY, tuple, type Value } from '../value/value.ts';
import { wordOf, wordsOf } from '../variables.ts';

/**
 * The function that a `function` block defines. It may not call itself. Throws BakeFileError.
 *
 * @see https://github.com/hashicorp/hcl/tree/main/ext/userfunc
 */
export function userFunction(name: string, block: Block, outer: () => Environment): Callable {
  const { attributes } = block.body;
  const [params, variadic, result] = ['params', 'variadic_params', 'result'].map(
    (key) => attributes.get(key)?.value,
  );
  const problem = (why: string, range = block.range): BakeFileError =>
    new BakeFileError(`Invalid function; ${why}`, range);
  if (result === undefined) throw problem(`empty result not allowed for ${name}`);
  if (params === undefined) throw problem(`empty params not allowed for ${name}`);
  const names = wordsOf(params);
  if (names === undefined)
    throw problem('Each parameter name must be an identifier.', params.range);
  const restName = variadic && wordOf(variadic);
  if (variadic && restName === undefined)
    throw problem('Each parameter name must be an identifier.', variadic.range);
  const parameter = (one: string): Parameter => ({ name: one, type: ANY });
  let isOpen = false;
  const run = (args: readonly Value[]): Value => {
    if (isOpen) throw problem(`function cycle not allowed for ${name}`, result.range);
    const values = new Map<string, Value>();
    names.forEach((one, index) => values.set(one, args[index] ?? tuple([])));
    if (restName !== undefined) values.set(restName, tuple(args.slice(names.length)));
    const environment = outer();
    isOpen = true;
    try {
      return environment.evaluate(result, {
        ...environment,
        scope: withNames(environment.scope, values),
      });
    } finally {
      isOpen = false;
    }
  };
  return {
    parameters: names.map(parameter),
    ...(restName !== undefined && { rest: parameter(restName) }),
    run,
  };
}
