import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { openInside } from '../../sys/inside.ts';
import { ErrnoError } from '../../sys/errors.ts';
import { ContainerStartError } from './errors.ts';

const O_PATH = 0x200000;

/**
 * Looks at a part of a volume, whatever links lie on the way: they lead nowhere outside. Throws
 * ContainerStartError when it is not there.
 */
export function openSubpath(root: string, subpath: string): { readonly directory: boolean } {
  const directory = openSync(root, O_PATH | constants.O_DIRECTORY);
  try {
    const fd = openInside(directory, subpath, O_PATH);
    try {
      return { directory: fstatSync(fd).isDirectory() };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!(error instanceof ErrnoError)) throw error;
    throw new ContainerStartError(
      `cannot access path ${root}/${subpath}: no such file or directory`,
      { hint: 'volume-subpath names something that is in the volume already.', cause: error },
    );
  } finally {
    closeSync(directory);
  }
}
