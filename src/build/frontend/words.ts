import { StaveError } from '../../base/errors.ts';
import type { Dockerfile, Span, Word } from '../../dockerfile/ast.ts';
import { DockerfileError } from '../../dockerfile/errors.ts';
import {
  expandHeredoc,
  expandWord,
  expandWords,
  type ExpansionBudget,
  expansionBudget,
} from '../../dockerfile/expand.ts';

/** Characters, or things as heavy as a few, that a Dockerfile may grow to when it is evaluated. */
const MOST_WEIGHT = 16 * 1024 * 1024;

/** Expands words of one Dockerfile and points at them when that fails. */
export class Words {
  readonly #file: Dockerfile;
  readonly #budget: ExpansionBudget = expansionBudget();
  #weight = 0;

  constructor(file: Dockerfile) {
    this.#file = file;
  }

  expand(word: Word, lookup: (name: string) => string | undefined): string {
    return this.located(word.span, () =>
      expandWord(word.raw, lookup, { escape: this.#file.escape, budget: this.#budget }),
    );
  }

  /** As {@link expand}, then split at white space: for EXPOSE. */
  expandSplit(word: Word, lookup: (name: string) => string | undefined): string[] {
    return this.located(word.span, () =>
      expandWords(word.raw, lookup, { escape: this.#file.escape, budget: this.#budget }),
    );
  }

  heredoc(text: string, span: Span, lookup: (name: string) => string | undefined): string {
    return this.located(span, () => expandHeredoc(text, lookup, { budget: this.#budget }));
  }

  /**
   * Counts what an instruction has made: a short file can mean very much, when every line holds what
   * all lines above have set. Throws DockerfileError beyond a bound.
   */
  charge(weight: number, span: Span): void {
    this.#weight += weight;
    if (this.#weight > MOST_WEIGHT) {
      throw this.error('the Dockerfile means too much: its lines repeat each other', span);
    }
  }

  /** A bound was reached: what follows fails as well. */
  get exhausted(): boolean {
    const { left, steps } = this.#budget;
    return this.#weight > MOST_WEIGHT || left < 0 || steps < 0;
  }

  /** An error that points at a place of the file. */
  error(message: string, span: Span | undefined, cause?: unknown): DockerfileError {
    const hint = cause instanceof StaveError ? cause.hint : undefined;
    return new DockerfileError(message, {
      file: this.#file.name,
      text: this.#file.text,
      ...(span && { span, point: span }),
      ...(hint !== undefined && { hint }),
    });
  }

  /** Runs `body`, which deals with a trigger of a base: what it throws points at FROM. */
  atBase<T>({ span }: { readonly span: Span }, body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof DockerfileError)) throw error;
      throw this.error(`ONBUILD of the base: ${error.message}`, span, error);
    }
  }

  /** Runs `body`; what it throws points at `span`. */
  located<T>(span: Span, body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (error instanceof DockerfileError) throw error;
      throw this.error(error instanceof Error ? error.message : String(error), span, error);
    }
  }
}
