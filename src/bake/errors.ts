import { StaveError } from '../base/errors.ts';
import { excerpt } from '../dockerfile/excerpt.ts';
import { position, type Range } from './hcl/source.ts';

/** What is wrong in a bake file, with the place. */
export class BakeFileError extends StaveError {
  readonly code = 'BAKE_FILE';
  /** Where; absent for what no single place is guilty of. */
  readonly range: Range | undefined;
  /** The message without the place. */
  readonly problem: string;

  constructor(problem: string, place?: Range, hint?: string) {
    const range = place?.source.origin ?? place;
    super(range === undefined ? problem : `${placeOf(range)}: ${problem}`, {
      hint,
      httpStatus: 400,
      detail: range === undefined ? undefined : excerptOf(range),
    });
    this.range = range;
    this.problem = problem;
  }
}

/** A definition that can be read but not built: an unknown target, a loop, a bad override. */
export class BakeError extends StaveError {
  readonly code = 'BAKE';

  constructor(message: string, hint?: string) {
    super(message, { hint, httpStatus: 400 });
  }
}

/**
 * What a conversion or a function says about a value. Who knows the place makes a
 * {@link BakeFileError} of it.
 */
export class ValueError extends StaveError {
  readonly code = 'BAKE_VALUE';
}

/** `name:line,column-column`, and `-line,column` when it ends on another line. */
function placeOf(range: Range): string {
  const start = position(range.source, range.start);
  const end = position(range.source, range.end);
  const last = end.line === start.line ? `${end.column}` : `${end.line},${end.column}`;
  return `${range.source.name}:${start.line},${start.column}-${last}`;
}

function excerptOf(range: Range): string {
  const start = position(range.source, range.start);
  const end = position(range.source, Math.max(range.start, range.end - 1));
  const span = {
    start: { line: start.line, column: start.column },
    end: { line: end.line, column: end.column },
  };
  return excerpt(range.source.text, span, range.source.name).replace(/\n$/, '');
}
