import { TemplateError } from './errors.ts';
import type { FunctionTable } from './functions.ts';
import { nodeText, type CommandNode, type Operand, type Pipe, type TemplateNode } from './nodes.ts';
import type { TemplateSet } from './parser.ts';
import type { Value } from './values.ts';

/** One execution of a template. */
export interface Run {
  readonly source: string;
  readonly set: TemplateSet;
  readonly strictKeys: boolean;
  readonly functions: FunctionTable;
  readonly output: string[];
  /** How many templates are in one another. */
  depth: number;
}

/** One template in execution: its variables, and the place that errors name. */
export interface Frame {
  readonly run: Run;
  readonly name: string;
  current: Operand | CommandNode | Pipe | TemplateNode | undefined;
  readonly scope: { readonly name: string; value: Value }[];
}

/** Ends the execution in Go's words. `hint` is one thing to try. */
export function fail(frame: Frame, message: string, hint?: string): never {
  const { current, name, run } = frame;
  const at = current?.at ?? 0;
  const before = run.source.slice(0, at);
  const line = before.split('\n').length;
  const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
  throw new TemplateError(
    `:${line}:${column}: executing ${JSON.stringify(name)} at <${current ? nodeText(current) : ''}>: ${message}`,
    { hint },
  );
}
