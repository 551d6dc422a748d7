import { StaveError } from '../base/errors.ts';
import type { StepReason } from '../base/progress.ts';

/** What is said of a step that did not run. */
export function hitReason(record: NonNullable<StepReason['record']>): StepReason {
  const made = new Date(record.createdAt).toISOString().slice(0, 19);
  const took = (record.took / 1000).toFixed(1);
  const text = `cached: made ${made}Z, took ${took}s (${record.key.slice(0, 19)})`;
  return { kind: 'cached', text, record };
}

/** What is said of a failed step: the reason itself, without the build's lead-in. */
export function reasonOf(error: unknown): { code: string; message: string } {
  const cause = error instanceof StaveError && error.cause ? error.cause : error;
  if (cause instanceof StaveError) return { code: cause.code, message: cause.message };
  return { code: 'BUG', message: cause instanceof Error ? cause.message : String(cause) };
}
