import { readFileSync } from 'node:fs';
import { mountOverlay, type OverlayOptions } from '../sys/mount.ts';
import { adoptPrivateMounts } from '../sys/namespace.ts';

/**
 * What this program is told through descriptor 3. It is started in a mount namespace of its
 * own, for callers that have none: it mounts the root there and becomes the runtime.
 */
export interface ChildJob {
  readonly rootfs: string;
  readonly overlay: OverlayOptions;
  readonly argv: readonly string[];
}

const { rootfs, overlay, argv } = JSON.parse(readFileSync(3, 'utf8')) as ChildJob;
adoptPrivateMounts();
mountOverlay(rootfs, overlay);
// Node ignores SIGPIPE, and a program that is started would inherit that.
const env = '/usr/bin/env';
process.execve?.(env, [env, '--default-signal', ...argv], {});
