import { StaveError } from '../../base/errors.ts';
import type { LogFields } from '../../registry-server/log.ts';

/** An error for the log; with its stack when it is a bug, or the system's. */
export function errorFields(error: unknown): LogFields {
  if (error instanceof StaveError) return { reason: error.message };
  if (!(error instanceof Error)) return { reason: String(error) };
  return { reason: error.message, stack: error.stack };
}
