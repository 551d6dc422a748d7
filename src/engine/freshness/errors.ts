import { StaveError } from '../../base/errors.ts';
import type { RebaseConflict } from '../freshness-types.ts';

/** Conflicts that a message names. */
const NAMED = 3;

/** It can be shown that the image would not be right on the new base. */
export class RebaseConflictError extends StaveError {
  readonly code = 'REBASE_CONFLICT';
  readonly conflicts: readonly RebaseConflict[];

  constructor(image: string, onto: string, conflicts: readonly RebaseConflict[]) {
    const named = conflicts
      .slice(0, NAMED)
      .map(({ path, layer, why }) => `${path} (layer ${layer}: ${why})`)
      .join(', ');
    const more = conflicts.length > NAMED ? ` and ${conflicts.length - NAMED} more` : '';
    super(`cannot put ${image} on ${onto}: ${named}${more}`, {
      httpStatus: 409,
      hint: 'Build it anew, or take what the image has with --force.',
    });
    this.conflicts = conflicts;
  }
}

/** Nothing tells what an image was built on, or it was not built on that. */
export class BaseUnknownError extends StaveError {
  readonly code = 'BASE_UNKNOWN';

  constructor(message: string, hint: string) {
    super(message, { httpStatus: 409, hint });
  }
}
