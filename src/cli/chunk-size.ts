import { UsageError } from '../base/errors.ts';

/** What `--chunk-size` means, in bytes. Throws UsageError. */
export function chunkSize(typed: number | undefined): number | undefined {
  if (typed === undefined || typed >= 1) return typed;
  throw new UsageError('--chunk-size is less than a byte');
}
