import { directive } from '../directives.ts';
import { InstructionValueError } from '../errors.ts';
import { lineSpan } from '../lines.ts';
import type { InstructionNode, NodeFile } from '../nodes.ts';
import { casing } from './casing.ts';
import { checked, type CheckOptions, mergeChecks, parseChecks } from './checks.ts';
import { commands } from './commands.ts';
import { descriptions } from './descriptions.ts';
import { misspelledDirectives } from './directives.ts';
import { exposedPorts, maintainers, workdirs } from './instructions.ts';
import { keyValues } from './key-values.ts';
import { platforms } from './platforms.ts';
import { finding, type LintWarning } from './rule.ts';
import { stageNames } from './stage-names.ts';
import type { Subject } from './subject.ts';

const RULES = [
  stageNames,
  maintainers,
  casing,
  platforms,
  keyValues,
  commands,
  workdirs,
  exposedPorts,
  descriptions,
];

/**
 * What the rules that need the text only have to say, in the order of lines. `check` comments
 * directly above an instruction count for it alone.
 */
export function lint(
  file: Pick<NodeFile, 'nodes' | 'text'>,
  subject: Subject,
  checks: FileChecks,
): readonly LintWarning[] {
  const found = [
    ...misspelledDirectives(file.text),
    ...emptyContinuations(file.nodes),
    ...RULES.flatMap((rule) => rule(subject)),
  ];
  return allowed(found, checks).toSorted((a, b) => a.span.start.line - b.span.start.line);
}

/** Which rules count in a file: in all of it, and for single instructions. */
export interface FileChecks {
  readonly checks: CheckOptions;
  /** By the line where findings about the instruction begin. */
  readonly ownChecks: ReadonlyMap<number, CheckOptions>;
}

/** The findings that a file wants to hear. */
export function allowed(
  found: readonly LintWarning[],
  { checks, ownChecks }: FileChecks,
): readonly LintWarning[] {
  return found.filter((warning) => {
    const own = ownChecks.get(warning.span.start.line);
    return checked([warning], own ? mergeChecks(checks, own) : checks).length > 0;
  });
}

/** NoEmptyContinuation, told at the last line of the instruction. */
function emptyContinuations(nodes: readonly InstructionNode[]): LintWarning[] {
  return nodes
    .filter((node) => node.line.emptyContinuation)
    .map((node) =>
      finding('NoEmptyContinuation', 'Empty continuation line', {
        span: lineSpan(node.line.last, 0),
      }),
    );
}

/** Options of single instructions, by the lines where findings about them begin. */
export function ownChecks(nodes: readonly InstructionNode[]): ReadonlyMap<number, CheckOptions> {
  const own = new Map<number, CheckOptions>();
  for (const { line } of nodes) {
    for (const comment of line.comments) {
      const pair = directive(comment);
      // What follows a blank is a remark.
      const value = pair?.name === 'check' ? pair.value.split(' ', 1)[0] : undefined;
      const options = value === undefined ? undefined : optionsOf(value);
      if (!options) continue;
      own.set(line.first, options);
      own.set(line.last, options);
      break;
    }
  }
  return own;
}

/** A comment that is not quite an option list is a comment. */
function optionsOf(value: string): CheckOptions | undefined {
  try {
    return parseChecks(value);
  } catch (error) {
    if (error instanceof InstructionValueError) return undefined;
    throw error;
  }
}
