import type { ArgInstruction, EscapeCharacter, Instruction, Stage } from '../ast.ts';
import { ExpansionError } from '../errors.ts';
import { expandWord } from '../expand.ts';

/** What the rules look at. */
export interface Subject {
  readonly escape: EscapeCharacter;
  readonly globals: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
  /** All instructions in the order of the file. */
  readonly instructions: readonly Instruction[];
}

/** A word without its quotes, when no variable can change it. */
export function constantText(raw: string, escape: EscapeCharacter): string | undefined {
  const unset = new Set<string>();
  try {
    const text = expandWord(raw, () => undefined, { escape, unset });
    return unset.size === 0 ? text : undefined;
  } catch (error) {
    // A word that cannot be expanded is an error of its own, told when the stage is built.
    if (error instanceof ExpansionError) return undefined;
    throw error;
  }
}
