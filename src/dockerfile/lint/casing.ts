import { finding, type LintWarning } from './rule.ts';
import type { Subject } from './subject.ts';

/** ConsistentInstructionCasing: keywords from the first FROM on, against the case of most of them. */
export function casing({ stages }: Subject): LintWarning[] {
  const instructions = stages.flatMap((stage) => [stage.from, ...stage.body]);
  let lower = 0;
  let upper = 0;
  for (const { keyword } of instructions) {
    if (keyword === keyword.toLowerCase()) lower += 1;
    else if (keyword === keyword.toUpperCase()) upper += 1;
  }
  const wanted = lower > upper ? 'lowercase' : 'uppercase';
  return instructions
    .filter(({ keyword }) =>
      wanted === 'lowercase'
        ? keyword !== keyword.toLowerCase()
        : keyword !== keyword.toUpperCase(),
    )
    .map((instruction) =>
      finding(
        'ConsistentInstructionCasing',
        `Command '${instruction.keyword}' should match the case of the command majority (${wanted})`,
        instruction,
      ),
    );
}
