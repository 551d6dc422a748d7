import { ValueError } from '../errors.ts';
import type { Expression } from '../hcl/ast.ts';
import type { Range } from '../hcl/source.ts';
import type { Type, Value } from '../value/value.ts';

/** What names mean. */
export interface Scope {
  /** The value of a name; undefined when there is none. May evaluate it, and throw. */
  readonly variable: (name: string, range: Range) => Value | undefined;
  /** `root.name` where the root is no value but a family of them; undefined for other roots. */
  readonly member: (root: string, name: string, path: MemberPath) => Value | undefined;
  readonly call: (name: string) => Callable | undefined;
  /** Names that there are, for suggestions. */
  readonly names: () => Iterable<string>;
  readonly functions: () => Iterable<string>;
}

/** How a member of a family is used: `target.app.args`. */
export interface MemberPath {
  /** The attribute that is asked for, when one is. */
  readonly attribute: string | undefined;
  readonly range: Range;
}

/** A parameter of a function. Null is refused unless it is said otherwise. */
export interface Parameter {
  readonly name: string;
  readonly type: Type;
  readonly nullable?: boolean;
}

/** A function of values. Throws ValueError. */
export interface PlainFunction {
  readonly parameters: readonly Parameter[];
  /** Takes all further arguments. */
  readonly rest?: Parameter;
  readonly run: (args: readonly Value[]) => Value;
}

/** A function that decides itself what it evaluates: `try`, `can`, `convert`. */
export interface LazyFunction {
  readonly lazy: (
    args: readonly Expression[],
    evaluate: (one: Expression) => Value,
    range: Range,
  ) => Value;
}

/** What a name stands for that is called in an expression. */
export type Callable = PlainFunction | LazyFunction;

/** An evaluation under way. */
export interface Environment {
  readonly scope: Scope;
  readonly evaluate: (expression: Expression, environment: Environment) => Value;
  readonly budget: Budget;
  /** What `item` stands for, inside of a splat. */
  readonly item?: Value;
}

/** How much work is left; shared by all that is evaluated for one definition. */
export interface Budget {
  left: number;
  /** Expressions that are being evaluated, one for another. */
  depth: number;
}

/** What all of a definition's expressions together may cost: far more than any real one, a second of work. */
export const ALLOWANCE = 4_000_000;

/** How deep expressions may go into each other, across variables and functions. */
export const DEEPEST_EVALUATION = 700;

/** Takes work from the budget. Throws ValueError when nothing is left. */
export function spend(budget: Budget, work: number): void {
  budget.left -= work;
  if (budget.left < 0) throw new ValueError('the expressions of this file take too much work');
}

/** A scope with more names than another. */
export function withNames(outer: Scope, names: ReadonlyMap<string, Value>): Scope {
  return {
    ...outer,
    variable: (name, range) => names.get(name) ?? outer.variable(name, range),
    member: (root, name, path) => (names.has(root) ? undefined : outer.member(root, name, path)),
    names: () => [...names.keys(), ...outer.names()],
  };
}
