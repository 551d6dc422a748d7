import { appendFileSync, closeSync, readFileSync } from 'node:fs';
import { mountOverlay, type OverlayOptions } from '../sys/mount.ts';
import { adoptPrivateMounts } from '../sys/namespace.ts';
import { prepare, type Preparation } from './prepare.ts';

/**
 * What this program is told through descriptor 3. It is started in a mount namespace of its
 * own, for callers that have none: it mounts the root there and becomes the runtime.
 */
export interface ChildJob {
  readonly rootfs: string;
  readonly overlay: OverlayOptions;
  readonly argv: readonly string[];
  readonly preparation?: Preparation;
  /** Where a reason goes that keeps the runtime from being started, as the runtime's own do. */
  readonly log: string;
}

const job = JSON.parse(readFileSync(3, 'utf8'), (_, value: unknown) =>
  isBuffer(value) ? Buffer.from(value.data) : value,
) as ChildJob;
closeSync(3);
const { rootfs, overlay, argv, preparation } = job;
adoptPrivateMounts();
try {
  mountOverlay(rootfs, overlay);
  // Taken away with the namespace.
  if (preparation) prepare(preparation);
} catch (error) {
  const msg = error instanceof Error ? error.message : String(error);
  appendFileSync(job.log, `${JSON.stringify({ level: 'error', msg })}\n`);
  process.exit(1);
}
// Node ignores SIGPIPE, and a program that is started would inherit that.
const env = '/usr/bin/env';
process.execve?.(env, [env, '--default-signal', ...argv], {});

/** What `JSON.stringify` makes of a buffer. */
function isBuffer(value: unknown): value is { readonly data: readonly number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}
