/** What can be asked of a Dockerfile without building it. */
export type { Position, Span } from '../dockerfile/ast.ts';
export type { LintWarning, RuleName } from '../dockerfile/lint/rule.ts';
export type {
  Checked as CheckReport,
  LookedAt,
  Outlined as Outline,
  Target,
  Targets as TargetList,
} from '../build/check.ts';
export type { OutlineArg, OutlineMount } from '../build/frontend/outline.ts';
