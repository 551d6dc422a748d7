import { BakeFileError, ValueError } from '../errors.ts';
import type { LazyFunction } from '../eval/scope.ts';
import { typeOfExpression } from '../type-expression.ts';
import { convert } from '../value/convert.ts';
import { bool } from '../value/value.ts';

/** Functions that decide themselves what they evaluate. */
export const LAZY: Readonly<Record<string, LazyFunction>> = {
  can: {
    lazy: (args, evaluate, range) => {
      const [one] = args;
      if (one === undefined || args.length > 1)
        throw new BakeFileError(
          'Invalid function call; Function "can" expects 1 argument(s).',
          range,
        );
      try {
        evaluate(one);
        return bool(true);
      } catch (error) {
        if (error instanceof BakeFileError) return bool(false);
        throw error;
      }
    },
  },
  convert: {
    lazy: (args, evaluate, range) => {
      const [one, type] = args;
      if (one === undefined || type === undefined || args.length > 2) {
        throw new BakeFileError(
          'Invalid function call; Function "convert" expects 2 argument(s).',
          range,
        );
      }
      const wanted = typeOfExpression(type);
      try {
        return convert(evaluate(one), wanted);
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        throw new BakeFileError(
          `Invalid function argument; Invalid value for "value" parameter: ${error.message}.`,
          one.range,
        );
      }
    },
  },
  try: {
    lazy: (args, evaluate, range) => {
      let last: BakeFileError | undefined;
      for (const one of args) {
        try {
          return evaluate(one);
        } catch (error) {
          if (!(error instanceof BakeFileError)) throw error;
          last = error;
        }
      }
      if (last === undefined)
        throw new BakeFileError(
          'Invalid function call; Function "try" expects at least one argument.',
          range,
        );
      throw new BakeFileError(
        `Error in function call; Call to function "try" failed: no expression succeeded: ${last.problem}`,
        range,
      );
    },
  },
};
