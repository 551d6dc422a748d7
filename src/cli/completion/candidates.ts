/** Something that may stand where the cursor is. */
export interface Candidate {
  /** The whole word. */
  readonly word: string;
  /** A few words on it; empty when there is nothing to say. */
  readonly about: string;
}

/** What may stand where the cursor is. */
export interface Completion {
  /** Paths are the shell's own business. */
  readonly kind: 'words' | 'files' | 'directories';
  readonly candidates: readonly Candidate[];
}

/** Nothing is known that could stand there. */
export const NOTHING: Completion = { kind: 'words', candidates: [] };
/** A path. */
export const FILES: Completion = { kind: 'files', candidates: [] };
/** The path of a directory. */
export const DIRECTORIES: Completion = { kind: 'directories', candidates: [] };

/** Words about which nothing is said. */
export function wordsOf(words: Iterable<string>): Completion {
  return { kind: 'words', candidates: [...words].map((word) => ({ word, about: '' })) };
}
