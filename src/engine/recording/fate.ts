import { definedBy, isInBackground, isPackages, isReading, isTaken } from './classify.ts';
import type { Prompt } from './journal.ts';
import type { Typed } from './commands.ts';
import type { Change } from './snapshot.ts';
import type { Noted } from './watch.ts';

/**
 * What becomes of a command in a draft.
 *
 * - `run`: it is there. `tolerated`: likewise, although it fails. `background`: and waited for.
 * - `packages`: it is there together with others that install something.
 * - `taken`: what it left is copied.
 * - `nothing`: it changed no files. `failed`: and it failed. `carried`: later ones need it.
 * - `lost`: nobody knows what it was.
 */
export type Fate =
  | 'run'
  | 'tolerated'
  | 'background'
  | 'packages'
  | 'taken'
  | 'nothing'
  | 'failed'
  | 'carried'
  | 'lost';

/** What is known of the files that a command changed. */
export interface Evidence {
  readonly changes: readonly Change[];
  /** Other commands may have made some of them. */
  readonly shared: boolean;
  readonly more: boolean;
}

/** What was noted for each prompt. */
export function evidenceOf(
  prompts: readonly Prompt[],
  notes: readonly Noted[],
): (prompt: Prompt) => Evidence | undefined {
  const found = new Map<Prompt, Evidence>();
  for (const { from, to, changes, more = false } of notes) {
    const within = prompts.filter(({ end }) => end > from && end <= to);
    if (!changes) continue;
    for (const prompt of within) found.set(prompt, { changes, more, shared: within.length > 1 });
  }
  return (prompt) => found.get(prompt);
}

/** Decides what becomes of a command. */
export function fateOf(typed: Typed, evidence: Evidence | undefined): Fate {
  const { text, status } = typed;
  const goesOn = text !== undefined && isInBackground(text);
  // What it changes may show later.
  if (goesOn && status === 0 && !isReading(text)) return 'background';
  if (evidence?.changes.length === 0) {
    if (status !== 0) return 'failed';
    return text !== undefined && definedBy(text).length > 0 ? 'carried' : 'nothing';
  }
  if (text === undefined) return evidence ? 'taken' : 'lost';
  if (!evidence || evidence.shared) {
    if (status === 0 && definedBy(text).length > 0) return 'carried';
    if (isReading(text)) return 'nothing';
    if (status === 126 || status === 127) return 'failed';
  }
  if (status === 0 && isPackages(text)) return 'packages';
  if (isTaken(typed)) return 'taken';
  return status === 0 ? 'run' : 'tolerated';
}
