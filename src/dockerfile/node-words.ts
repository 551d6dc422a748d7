import type { Argv, Word } from './ast.ts';
import { InstructionValueError } from './errors.ts';
import { spanOf } from './lines.ts';
import type { InstructionNode } from './nodes.ts';
import type { Arg } from './words.ts';

/** An argument as a word with its place. */
export function wordOf(node: InstructionNode, arg: Arg): Word {
  return { raw: arg.value, span: spanOf(node.line, arg.start, arg.end) };
}

/** Arguments as a command. Without any it is the text form of nothing. */
export function argvOf(node: InstructionNode): Argv {
  if (node.json) return { form: 'exec', argv: node.args.map((arg) => arg.value) };
  const arg = node.args[0] ?? { value: '', start: node.end, end: node.end };
  return { form: 'shell', script: wordOf(node, arg) };
}

/** The error for an instruction without arguments. */
export function atLeastOne(keyword: string): InstructionValueError {
  return new InstructionValueError(`${keyword} requires at least one argument`);
}
