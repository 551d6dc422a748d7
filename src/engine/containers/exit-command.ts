import type { ContainerRuntime } from '../../runtime/container-runtime.ts';
import type { ContainerPaths } from './layout.ts';
import type { ContainerParts } from './parts.ts';
import type { Container } from './record.ts';

/**
 * Kills what is left in the control group, and takes group, mount and the runtime's state away.
 * Words of others come as arguments only.
 */
const TIDY =
  'm=$1 s=$2; shift 2; ' +
  'if [ -d "$1" ]; then while read -r p; do kill -9 "$p"; done <"$1/cgroup.procs"; rmdir -- "$@"; fi; ' +
  'umount -l -- "$m"; rm -rf -- "$s"';

/** The same is done by the program; and by whoever waits for the container, if he still does. */
const CALL = 'o=$1; shift; [ "$o" != 0 ] && kill -0 "$o" && exit 0; exec "$@"';

/** What the monitor calls when a container has ended. */
export function exitCommand(
  { program }: ContainerParts,
  runtime: ContainerRuntime,
  { id, record }: Container,
  paths: ContainerPaths,
  options: {
    /** Whoever waits for the end, and then does what is to be done. */
    readonly waiting: number | undefined;
    /** It has something that must be given back, or is to be started again. */
    readonly more: boolean;
  },
): readonly string[] {
  const { settings, remove } = record;
  const restarts = settings.restart !== undefined && settings.restart.name !== 'no';
  const quiet = (script: string): string => `exec >/dev/null 2>&1; ${script}`;
  if (restarts || remove || options.more) {
    const waiting = restarts ? 0 : (options.waiting ?? 0);
    return ['/bin/sh', '-c', quiet(CALL), 'sh', String(waiting), ...program, id];
  }
  const groups = runtime.groups(id, settings.cgroupParent);
  return ['/bin/sh', '-c', quiet(TIDY), 'sh', paths.merged, runtime.state(id), ...groups];
}
