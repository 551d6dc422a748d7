import type { Instruction } from '../ast.ts';
import { finding, type LintWarning } from './rule.ts';
import type { Subject } from './subject.ts';

/** InvalidDefinitionDescription: the comment directly above a named stage or an ARG. */
export function descriptions({ instructions }: Subject): LintWarning[] {
  return instructions.flatMap((instruction) => {
    const names = definedNames(instruction);
    const comment = instruction.comments.at(-1);
    const [first = ''] = names;
    if (first === '' || comment === undefined) return [];
    if (names.includes(comment.split(' ', 1)[0] ?? '')) return [];
    const example = names.length > 1 ? '<arg_key>' : first;
    return [
      finding(
        'InvalidDefinitionDescription',
        `Comment for ${instruction.kind} should follow the format: \`# ${example} <description>\``,
        instruction,
      ),
    ];
  });
}

function definedNames(instruction: Instruction): readonly string[] {
  if (instruction.kind === 'ARG') return instruction.args.map((arg) => arg.name);
  return instruction.kind === 'FROM' && instruction.as !== undefined ? [instruction.as] : [];
}
