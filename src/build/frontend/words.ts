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

/** Expands words of one Dockerfile and points at them when that fails. */
export class Words {
  readonly #file: Dockerfile;
  readonly #budget: ExpansionBudget = expansionBudget();

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

  /** An error that points at a place of the file. */
  error(message: string, span: Span | undefined, cause?: unknown): DockerfileError {
    const hint = cause instanceof StaveError ? cause.hint : undefined;
    return new DockerfileError(message, {
      file: this.#file.name,
      text: this.#file.text,
      ...(span && { span }),
      ...(hint !== undefined && { hint }),
    });
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
