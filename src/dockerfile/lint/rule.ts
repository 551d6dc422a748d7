import type { Span } from '../ast.ts';

/** A finding of the checks: plain data, ready for `--check --format json`. */
export interface LintWarning {
  /** `StageNameCasing`, … */
  readonly ruleName: string;
  /** What the rule is about: the same for every finding of it. */
  readonly description: string;
  /** Page that explains the rule. */
  readonly url: string;
  /** What was found here. */
  readonly detail: string;
  readonly span: Span;
}
