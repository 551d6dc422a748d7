import { FUNCTIONS, type FunctionTable } from './functions.ts';
import { parseTemplate } from './parser.ts';
import type { Run } from './frame.ts';
import { runTemplate } from './walk.ts';
import type { Value } from './values.ts';

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

const NAMES = new Set([...FUNCTIONS.keys(), 'and', 'or']);

/**
 * Parses a template of Go's text/template with Docker's functions.
 * Throws TemplateError in Go's words.
 */
export function template(source: string): Template {
  const set = parseTemplate(source, NAMES);
  return {
    execute(data, { strictKeys = false, functions = FUNCTIONS } = {}) {
      const run: Run = { source, set, strictKeys, functions, output: [], depth: 0 };
      runTemplate(run, '', data);
      return run.output.join('');
    },
  };
}
