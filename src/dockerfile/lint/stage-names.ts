import { goQuote } from '../../base/go-quote.ts';
import type { FromInstruction } from '../ast.ts';
import { finding, type LintWarning } from './rule.ts';
import type { Subject } from './subject.ts';

/** StageNameCasing, FromAsCasing, DuplicateStageName, ReservedStageName. */
export function stageNames({ instructions }: Subject): LintWarning[] {
  const seen = new Set<string>();
  return instructions.flatMap((from) => {
    if (from.kind !== 'FROM' || from.as === undefined || !from.asWord) return [];
    const found: LintWarning[] = [];
    const written = from.asWord.raw;
    if (written !== from.as) {
      found.push(finding('StageNameCasing', `Stage name '${written}' should be lowercase`, from));
    }
    const as = oddAs(from);
    if (as !== undefined) {
      found.push(
        finding(
          'FromAsCasing',
          `'${as}' and '${from.keyword}' keywords' casing do not match`,
          from,
        ),
      );
    }
    if (from.as === 'scratch' || from.as === 'context') {
      found.push(
        finding(
          'ReservedStageName',
          `Stage name should not use the same name as reserved stage ${goQuote(from.as)}`,
          from,
        ),
      );
    }
    if (seen.has(from.as)) {
      found.push(
        finding(
          'DuplicateStageName',
          `Duplicate stage name ${goQuote(from.as)}, stage names should be unique`,
          from,
        ),
      );
    }
    seen.add(from.as);
    return found;
  });
}

/** The word between image and name when its case is not that of FROM; mixed cases say nothing. */
function oddAs({ keyword, asKeyword = '' }: FromInstruction): string | undefined {
  if (keyword === keyword.toLowerCase()) {
    return asKeyword === asKeyword.toLowerCase() ? undefined : asKeyword;
  }
  if (keyword !== keyword.toUpperCase()) return undefined;
  return asKeyword === asKeyword.toUpperCase() ? undefined : asKeyword;
}
