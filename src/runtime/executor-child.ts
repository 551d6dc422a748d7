import { readFileSync } from 'node:fs';
import { mountOverlay, mountTmpfs } from '../sys/mount.ts';

/**
 * What this program is told through descriptor 3. It is started in a mount namespace of its
 * own, for callers that have none: it mounts the root there and becomes the runtime.
 */
export interface ChildJob {
  readonly rootfs: string;
  readonly lower: readonly string[];
  readonly upper: string;
  readonly work: string;
  /** The v2 part of hybrid control groups, to be hidden. */
  readonly hide?: string;
  readonly argv: readonly string[];
}

const { rootfs, lower, upper, work, hide, argv } = JSON.parse(
  readFileSync(3, 'utf8'),
) as ChildJob;
if (hide !== undefined) mountTmpfs(hide, { size: 1024 * 1024 });
mountOverlay(rootfs, { lower, upper, work, volatile: true });
// Node ignores SIGPIPE, and a program that is started would inherit that.
const env = '/usr/bin/env';
process.execve(env, [env, '--default-signal', ...argv], {});
