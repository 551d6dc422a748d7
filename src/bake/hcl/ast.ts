import type { Value } from '../value/value.ts';
import type { Range } from './source.ts';

/** Operators between two values, those that bind least first. */
export const OPERATORS = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['>=', '<=', '>', '<'],
  ['+', '-'],
  ['*', '/', '%'],
] as const;

/** One of {@link OPERATORS}, as it is written. */
export type Operator = (typeof OPERATORS)[number][number];

/** An expression of HCL's native syntax. */
export type Expression = { readonly range: Range } & (
  | { readonly kind: 'literal'; readonly value: Value }
  /** Text of several parts; a part that is null or no text is an error. */
  | { readonly kind: 'template'; readonly parts: readonly Expression[] }
  /** Each element of a tuple, written one after the other: `%{ for }`. */
  | { readonly kind: 'join'; readonly of: Expression }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'attribute'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly of: Expression; readonly key: Expression }
  /** `each` is evaluated for every element of `of`, which its `item` stands for. */
  | { readonly kind: 'splat'; readonly of: Expression; readonly each: Expression }
  | { readonly kind: 'item' }
  | { readonly kind: 'tuple'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly items: readonly ObjectItem[] }
  | ForExpression
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly nameRange: Range;
      readonly args: readonly Expression[];
      /** The last argument is a list of arguments: `f(list...)`. */
      readonly spread: boolean;
    }
  | { readonly kind: 'unary'; readonly operator: '-' | '!'; readonly of: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  | { readonly kind: 'parentheses'; readonly of: Expression }
);

/** `[for k, v in of : value if test]`, `{for k, v in of : key => value...}`. */
export interface ForExpression {
  readonly kind: 'for';
  readonly range: Range;
  readonly keyName: string | undefined;
  readonly valueName: string;
  readonly of: Expression;
  /** Makes an object when there is one. */
  readonly key: Expression | undefined;
  readonly value: Expression;
  readonly test: Expression | undefined;
  /** Values of the same key are collected. */
  readonly group: boolean;
}

/** A bare word before `=` is the key itself. */
export interface ObjectItem {
  readonly key: Expression;
  readonly value: Expression;
}

/** `name = value`. */
export interface Attribute {
  readonly name: string;
  readonly nameRange: Range;
  readonly value: Expression;
}

/** `type "label" { … }`. */
export interface Block {
  readonly type: string;
  readonly labels: readonly { readonly text: string; readonly range: Range }[];
  /** Type and labels. */
  readonly range: Range;
  readonly body: Body;
}

/** What a file or a block holds. */
export interface Body {
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly blocks: readonly Block[];
  readonly range: Range;
}

/** The word that an expression consists of: `string` in `type = string`; undefined for others. */
export function keywordOf(expression: Expression): string | undefined {
  return expression.kind === 'variable' ? expression.name : undefined;
}
