import { StaveError } from '../base/errors.ts';
import type { Span } from './ast.ts';
import { excerpt } from './excerpt.ts';
import type { LintWarning } from './lint/rule.ts';

/** Longest message: what was typed may be a megabyte. */
const LONGEST = 1000;

function cut(message: string): string {
  return message.length > LONGEST ? `${message.slice(0, LONGEST).toWellFormed()}…` : message;
}

/** A Dockerfile, or an instruction from another place, that breaks the rules of the language. */
export class DockerfileError extends StaveError {
  readonly code = 'DOCKERFILE';
  /** Where; absent for text that came from no file. */
  readonly span: Span | undefined;
  /** The part of `span` that is wrong; absent for all of it. */
  readonly point: Span | undefined;
  /** Name of the file. */
  readonly file: string | undefined;
  /** Findings that were made before the error. */
  readonly warnings: readonly LintWarning[];
  readonly #text: string | undefined;

  constructor(
    message: string,
    at: {
      readonly span?: Span;
      /** The part of the span that is wrong, to be underlined. */
      readonly point?: Span;
      readonly file?: string;
      readonly text?: string;
      readonly warnings?: readonly LintWarning[];
      readonly hint?: string;
    } = {},
  ) {
    super(cut(message), { hint: at.hint, httpStatus: 400 });
    this.span = at.span;
    this.point = at.point;
    this.file = at.file;
    this.warnings = at.warnings ?? [];
    this.#text = at.text;
  }

  /** The lines around, with marks, as Docker shows them; ends with a line feed. */
  get excerpt(): string | undefined {
    if (!this.span || this.#text === undefined) return undefined;
    return excerpt(this.#text, this.span, this.file ?? 'Dockerfile', this.point);
  }
}

/** A word that cannot be expanded: bad syntax, `${x:?message}`, or a bound that it breaks. */
export class ExpansionError extends StaveError {
  readonly code = 'DOCKERFILE_EXPANSION';

  constructor(message: string) {
    super(cut(message), { httpStatus: 400 });
  }
}

/** A pattern of `.dockerignore`, `--exclude` or a COPY source that does not follow the syntax. */
export class PatternError extends StaveError {
  readonly code = 'BAD_PATTERN';

  constructor(message: string) {
    super(cut(message), { httpStatus: 400 });
  }
}

/**
 * A value in an instruction that is wrong in itself: a port, a signal, a duration, a mount. Who
 * knows the place throws it again as a {@link DockerfileError} with the same message.
 */
export class InstructionValueError extends StaveError {
  readonly code = 'DOCKERFILE_VALUE';
  /** The offsets in the logical line that are wrong; absent for all of it. */
  readonly at: { readonly start: number; readonly end: number } | undefined;

  constructor(
    message: string,
    options: {
      readonly at?: { readonly start: number; readonly end: number };
      readonly hint?: string | undefined;
    } = {},
  ) {
    super(cut(message), { httpStatus: 400, hint: options.hint });
    this.at = options.at;
  }
}
