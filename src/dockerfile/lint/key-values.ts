import { goQuote } from '../../base/go-quote.ts';
import type { StageInstruction } from '../ast.ts';
import { finding, type LintWarning } from './rule.ts';
import { constantText, type Subject } from './subject.ts';

const SECRET = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const HARMLESS = /(?:_|^)(?:public|file|version)(?:_|$)/i;

/** Whether a variable is called like something that is to stay secret. */
export function looksSecret(name: string): boolean {
  return SECRET.test(name) && !HARMLESS.test(name);
}

/** LegacyKeyValueFormat, SecretsUsedInArgOrEnv. */
export function keyValues(subject: Subject): LintWarning[] {
  return subject.stages.flatMap((stage) =>
    stage.body.flatMap((instruction) => {
      const at = { span: instruction.span, stage: stage.index };
      return [
        ...(legacy(instruction) ? [finding('LegacyKeyValueFormat', advice(instruction), at)] : []),
        ...names(instruction, subject)
          .filter(looksSecret)
          .map((name) =>
            finding(
              'SecretsUsedInArgOrEnv',
              `Do not use ARG or ENV instructions for sensitive data (${instruction.kind} ${goQuote(name)})`,
              at,
            ),
          ),
      ];
    }),
  );
}

function legacy(instruction: StageInstruction): boolean {
  return (
    (instruction.kind === 'ENV' || instruction.kind === 'LABEL') &&
    instruction.pairs.some((pair) => pair.legacy)
  );
}

function advice({ keyword }: StageInstruction): string {
  return `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`;
}

function names(instruction: StageInstruction, { escape }: Subject): string[] {
  if (instruction.kind === 'ARG') return instruction.args.map((arg) => arg.name);
  if (instruction.kind !== 'ENV') return [];
  return instruction.pairs.map(({ name }) => constantText(name.raw, escape) ?? name.raw);
}
