import type { ProcessSpec } from '../runtime/executor.ts';

/** Limits of `--ulimit` as a runtime takes them; -1 is without limit. */
export function rlimitsOf(
  ulimits: readonly { readonly type: string; readonly soft: number; readonly hard: number }[],
): NonNullable<ProcessSpec['rlimits']> {
  return ulimits.map(({ type, soft, hard }) => ({
    type: type.startsWith('RLIMIT_') ? type : `RLIMIT_${type.toUpperCase()}`,
    soft: soft < 0 ? Infinity : soft,
    hard: hard < 0 ? Infinity : hard,
  }));
}
