import type { Instruction } from './ast.ts';
import { DockerfileError, InstructionValueError } from './errors.ts';
import { typedInstruction } from './instruction.ts';
import { readNodes } from './nodes.ts';

/**
 * Parses one instruction from a text: a trigger that an image brings along, or a `--change` of
 * `commit` and `import`. Heredoc bodies follow on their own lines. Throws {@link DockerfileError}.
 */
export function parseInstruction(text: string): Instruction {
  const { nodes, text: whole } = readNodes(text, 'instruction');
  const [node, ...more] = nodes;
  if (!node || more.length > 0) {
    throw new DockerfileError(`not a single instruction: ${text.slice(0, 200)}`);
  }
  try {
    return typedInstruction(node, whole);
  } catch (error) {
    if (!(error instanceof InstructionValueError)) throw error;
    throw new DockerfileError(error.message);
  }
}
