import { readFileSync } from 'node:fs';
import type { ProcessSpec } from '../../runtime/executor.ts';
import type { Store } from '../../store/store.ts';
import { MASKED_PATHS, READONLY_PATHS } from '../../runtime/confinement.ts';
import { isErrno } from '../../base/errors.ts';
import { namesIn } from '../../sys/names-in.ts';
import type { ContainerDetails } from '../container-types.ts';
import { ContainerNotFoundError } from './errors.ts';
import { containerPaths, type ContainerPaths } from './layout.ts';
import { summaryOf } from './list.ts';
import { fromRow, isUp } from './record.ts';
import { settled } from './settle.ts';

/**
 * What is known of one container, by its name, its ID or how that begins; with `size`, what it
 * takes on the disk. Throws ContainerNotFoundError.
 */
export async function inspectContainer(
  store: Store,
  name: string,
  options: { readonly size?: boolean } = {},
): Promise<ContainerDetails> {
  const details = store.read((tables) => {
    const row = tables.containers.find(name);
    if (!row) throw new ContainerNotFoundError(name);
    const container = settled(fromRow(row), store.paths.containers);
    const { argv, process, remove, settings, config, mounts, health } = container.record;
    const { error = '', oomKilled = false, restartCount = 0 } = container.record;
    const paths = containerPaths(store.paths.containers, container.id);
    return {
      ...summaryOf(container, tables),
      argv,
      remove,
      pid: isUp(container.state) ? (process?.pid ?? 0) : 0,
      error,
      oomKilled,
      restartCount,
      ...(health && { health }),
      settings,
      config,
      hostname: settings.hostname ?? container.id.slice(0, 12),
      mounts,
      masked: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
      execIds: namesIn(paths.execs),
      places: {
        directory: paths.directory,
        log: paths.log,
        merged: paths.merged,
        upper: paths.upper,
        work: paths.work,
        lower: lowerOf(paths),
      },
    };
  });
  if (options.size !== true) return details;
  const { sizeOf } = await import('./sizes.ts');
  return { ...details, size: sizeOf(store, details) };
}

/** The directories below its changes, the uppermost first. */
function lowerOf({ process }: ContainerPaths): string[] {
  try {
    const { root } = JSON.parse(readFileSync(process, 'utf8')) as Pick<ProcessSpec, 'root'>;
    return root.lower.toReversed();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
