import type { Stage, StageInstruction } from '../ast.ts';
import { finding, type LintWarning } from './rule.ts';
import type { Subject } from './subject.ts';

/** JSONArgsRecommended, MultipleInstructionsDisallowed. */
export function commands({ stages }: Subject): LintWarning[] {
  const shells = new Map<string, boolean>();
  return stages.flatMap((stage) => {
    const inherited = shells.get(stage.from.image.raw) ?? false;
    const found = [...shellForms(stage, inherited), ...repeated(stage)];
    if (stage.from.as !== undefined) {
      shells.set(stage.from.as, inherited || stage.body.some(({ kind }) => kind === 'SHELL'));
    }
    return found;
  });
}

function shellForms(stage: Stage, shellSet: boolean): LintWarning[] {
  const found: LintWarning[] = [];
  let chosen = shellSet;
  for (const instruction of stage.body) {
    if (instruction.kind === 'SHELL') chosen = true;
    if (instruction.kind !== 'CMD' && instruction.kind !== 'ENTRYPOINT') continue;
    if (chosen || instruction.command.form === 'exec') continue;
    found.push(
      finding(
        'JSONArgsRecommended',
        `JSON arguments recommended for ${instruction.keyword} to prevent unintended behavior related to OS signals`,
        { span: instruction.span, stage: stage.index },
      ),
    );
  }
  return found;
}

function repeated(stage: Stage): LintWarning[] {
  const last = new Map<string, StageInstruction>();
  const found: LintWarning[] = [];
  for (const instruction of stage.body) {
    const { kind, keyword } = instruction;
    if (kind !== 'CMD' && kind !== 'ENTRYPOINT' && kind !== 'HEALTHCHECK') continue;
    const before = last.get(kind);
    last.set(kind, instruction);
    if (!before) continue;
    found.push(
      finding(
        'MultipleInstructionsDisallowed',
        `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`,
        { span: before.span, stage: stage.index },
      ),
    );
  }
  return found;
}
