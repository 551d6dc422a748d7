import { posix } from 'node:path';
import { goQuote } from '../../base/go-quote.ts';
import { closest } from '../../base/suggest.ts';
import type { Dockerfile, Span, Word } from '../../dockerfile/ast.ts';
import { ExpansionError } from '../../dockerfile/errors.ts';
import { expandWord, expandWords, expansionBudget } from '../../dockerfile/expand.ts';
import type { IgnoreMatcher } from '../../dockerfile/ignore.ts';
import { fromArguments } from '../../dockerfile/lint/from-arguments.ts';
import { oddPorts, relativeWorkdir } from '../../dockerfile/lint/instructions.ts';
import { allowed } from '../../dockerfile/lint/lint.ts';
import { finding, type LintWarning } from '../../dockerfile/lint/rule.ts';
import { constantText } from '../../dockerfile/lint/subject.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import type { Vertex } from '../graph.ts';
import { OF_THE_BUILDER } from './scope.ts';
import type { StageState } from './state.ts';
import type { Watcher } from './watcher.ts';

/** How many near names are looked for: each costs a walk over all that are set. */
const MOST_SUGGESTIONS = 100;
const REMOTE = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@)/;

/** Checks what only the evaluation can tell, while it goes on. */
export interface LintWatcher extends Watcher {
  /**
   * All findings in the order of lines: of the whole file, or without those that speak of stages
   * which were not evaluated.
   */
  findings(stages: 'all' | 'evaluated'): readonly LintWarning[];
}

/** What is known of a stage that was evaluated. */
interface Known {
  /** Its base image may set any variable. */
  readonly guessed: boolean;
  /** Its base image has chosen a shell. */
  readonly shell: boolean;
  /** The file has set a WORKDIR. */
  workdir: boolean;
  /** What the instruction before had made: one that failed has made nothing new. */
  vertex: Vertex | undefined;
}

/**
 * A watcher for the rules that need values: UndefinedVar, UndefinedArgInFrom,
 * InvalidDefaultArgInFrom, InvalidBaseImagePlatform, CopyIgnoredFile, and what other rules say of
 * words with variables. `ignore` gives the ignore rules of the main context.
 */
export function lintWatcher(
  file: Dockerfile,
  ignore: () => IgnoreMatcher | undefined,
): LintWatcher {
  const found: LintWarning[] = [];
  const stages = new Map<number, Known>();
  let words = wordReader(file);
  let nearest = suggester();
  return {
    globals(globals, predefined) {
      // An evaluation begins, perhaps anew: what was seen before counts no more.
      found.length = 0;
      stages.clear();
      words = wordReader(file);
      nearest = suggester();
      found.push(...fromArguments(file, { globals, predefined }));
    },
    begin(stage, state, { earlier, guessed }) {
      const before = earlier && stages.get(earlier.index);
      stages.set(stage.index, {
        guessed: guessed || before?.guessed === true,
        shell: (state.config.Shell ?? []).length > 0,
        workdir: before?.workdir === true,
        vertex: state.vertex,
      });
      state.scope.takeMissing();
    },
    base(name, wanted, base, at) {
      if (base.guessed || isSame(wanted, base.platform)) return;
      const [have, want] = [formatPlatform(base.platform), formatPlatform(wanted)];
      found.push(
        finding(
          'InvalidBaseImagePlatform',
          `Base image ${name} was pulled with platform "${have}", expected "${want}" for current build`,
          at,
        ),
      );
    },
    applied(stage, state, instruction, trigger) {
      const at = { span: (trigger ? stage.from : instruction).span, stage: stage.index };
      const known = stages.get(stage.index);
      found.push(...undefinedVars(state, at, known?.guessed === true, nearest));
      switch (instruction.kind) {
        case 'WORKDIR':
          if (!known || known.workdir) return;
          known.workdir = true;
          for (const path of words.whole(state, instruction.path)) {
            found.push(...relativeWorkdir(path, at));
          }
          return;
        case 'EXPOSE':
          for (const port of instruction.ports.flatMap((word) => words.split(state, word))) {
            found.push(...oddPorts(port, at));
          }
          return;
        case 'COPY':
        case 'ADD':
          if (!known || state.vertex === known.vertex) return;
          known.vertex = state.vertex;
          found.push(...ignoredSources(state.vertex, instruction.kind, ignore, at));
          return;
        default:
      }
    },
    findings(which) {
      const own = file.warnings.filter(({ ruleName, stage }) => {
        const known = stage === undefined ? undefined : stages.get(stage);
        if (ruleName === 'JSONArgsRecommended' && known?.shell) return false;
        return which === 'all' || stage === undefined || known !== undefined;
      });
      return [...own, ...allowed(found, file)].toSorted(
        (a, b) => a.span.start.line - b.span.start.line,
      );
    },
  };
}

interface Place {
  readonly span: Span;
  readonly stage: number;
}

type Nearest = (name: string, candidates: () => readonly string[]) => string | undefined;

function suggester(): Nearest {
  let left = MOST_SUGGESTIONS;
  return (name, candidates) => ((left -= 1) < 0 ? undefined : closest(name, candidates()));
}

function undefinedVars(
  state: StageState,
  at: Place,
  guessed: boolean,
  nearest: Nearest,
): LintWarning[] {
  const missing = new Map(state.scope.takeMissing().map(({ name, known }) => [name, known]));
  if (guessed) return [];
  return [...missing].flatMap(([name, known]) => {
    if (OF_THE_BUILDER.has(name)) return [];
    const near = nearest(name, () => state.scope.names().slice(0, known));
    const hint = near === undefined ? '' : ` (did you mean $${near}?)`;
    return [finding('UndefinedVar', `Usage of undefined variable '$${name}'${hint}`, at)];
  });
}

/** System and architecture; variants may differ. */
function isSame(one: Platform, other: Platform): boolean {
  return one.os === other.os && one.architecture === other.architecture;
}

/** Values of words with variables; words without are looked at in the text already. */
function wordReader({ escape }: Dockerfile): {
  readonly whole: (state: StageState, word: Word) => string[];
  readonly split: (state: StageState, word: Word) => string[];
} {
  const budget = expansionBudget();
  const read = (raw: string, expand: () => string[]): string[] => {
    if (constantText(raw, escape) !== undefined) return [];
    try {
      return expand();
    } catch (error) {
      // The instruction itself has failed for the same reason.
      if (error instanceof ExpansionError) return [];
      throw error;
    }
  };
  return {
    whole: ({ scope }, { raw }) =>
      read(raw, () => [expandWord(raw, (name) => scope.peek(name), { escape, budget })]),
    split: ({ scope }, { raw }) =>
      read(raw, () => expandWords(raw, (name) => scope.peek(name), { escape, budget })),
  };
}

/** CopyIgnoredFile. With `!` rules nobody can tell: what is below may come back. */
function ignoredSources(
  vertex: Vertex | undefined,
  kind: 'COPY' | 'ADD',
  ignore: () => IgnoreMatcher | undefined,
  at: Place,
): LintWarning[] {
  const op = vertex?.op;
  if (op?.kind !== 'copy' || op.from !== 'context' || op.context !== undefined) return [];
  const paths = op.paths.filter((path) => !REMOTE.test(path));
  const matcher = paths.length > 0 ? ignore() : undefined;
  if (!matcher || matcher.hasExceptions) return [];
  return paths.flatMap((written) => {
    const path = posix.join('/', written).slice(1).replace(/\/$/, '');
    const all = matcher.rules.some(({ pattern }) => ['*', '**', '**/*'].includes(pattern));
    if (path === '' ? !all : matcher.ignored(path) === undefined) return [];
    const shown = path === '' ? posix.normalize(written) : path;
    const verb = kind === 'ADD' ? 'Add' : 'Copy';
    return [
      finding(
        'CopyIgnoredFile',
        `Attempting to ${verb} file ${goQuote(shown)} that is excluded by .dockerignore`,
        at,
      ),
    ];
  });
}
