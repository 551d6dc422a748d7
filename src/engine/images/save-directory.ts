import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { InvalidInputError } from '../../base/errors.ts';
import { writeArchiveFiles, writeLayout } from '../../build/output/layout.ts';
import { writeDirectory } from '../../build/output/places.ts';
import type { ImageForm } from '../../transport/compressed-image.ts';
import { copy } from '../../transport/copy.ts';
import { DockerArchive } from '../../transport/docker-archive-destination.ts';
import type { Lease } from '../../store/store.ts';
import type { SaveDirectoryCall } from '../archive-types.ts';
import { hasLayers } from './inventory.ts';
import { pushable } from './pushable.ts';
import { archiveOf, findWanted, type SaveParts, type Wanted } from './save.ts';

/**
 * Images in a directory: an OCI layout, which keeps its other images when it is there already,
 * or one image in the `dir:` form. Nothing is to be seen before it is whole.
 *
 * Throws ReferenceNotFoundError, AmbiguousImageError, InvalidReferenceError, OutputError.
 */
export async function saveDirectory(
  parts: SaveParts,
  names: readonly string[],
  directory: string,
  options: SaveDirectoryCall,
): Promise<void> {
  const { form, compress } = options;
  using lease = parts.store.lease('save');
  const wanted = findWanted(parts.store, lease, names, options);
  if (form === 'oci') {
    const archive = new DockerArchive('oci');
    if (compress) await putChanged(parts, lease, wanted, archive, options);
    else await archiveOf(parts, wanted, archive, options);
    return writeLayout(directory, archive, options);
  }
  if (wanted.length > 1) {
    throw new InvalidInputError(`the docker-dir format holds one image, not ${wanted.length}`, {
      hint: 'Save them one by one, or with --format oci-dir.',
    });
  }
  checkNew(directory);
  const archive = new DockerArchive('dir');
  await putChanged(parts, lease, wanted, archive, options);
  await fillNew(directory, (scratch) => writeArchiveFiles(scratch, archive, options));
}

/** Throws InvalidInputError for a directory that holds something. */
export function checkNew(directory: string): void {
  if (!existsSync(directory) || readdirSync(directory).length === 0) return;
  throw new InvalidInputError(`${directory} is not empty`, { hint: 'Name a new directory.' });
}

/** Makes a directory that appears when it is whole. */
export async function fillNew(
  directory: string,
  fill: (scratch: string) => Promise<void>,
): Promise<void> {
  checkNew(directory);
  if (existsSync(directory)) rmdirSync(directory);
  await writeDirectory(directory, fill, () => {});
}

/** Puts images into an archive in another form than they are kept in. */
async function putChanged(
  parts: SaveParts,
  lease: Lease,
  wanted: readonly Wanted[],
  archive: DockerArchive,
  options: SaveDirectoryCall,
): Promise<void> {
  const { form, compress = 'uncompressed', have, signal } = options;
  const leaveOut = have && hasLayers(have);
  const wantedForm: ImageForm = {
    compression: compress,
    ...(form === 'dir' && { family: 'docker' }),
  };
  for (const { image, index, names } of wanted) {
    const found = form === 'dir' ? { image } : { image, index };
    const { root, source } = await pushable({ ...parts, lease }, found, options, wantedForm);
    await copy(
      { ...source, root: () => Promise.resolve(root) },
      archive.destination([...names].sort(), leaveOut && { leaveOut }),
      signal ? { signal } : {},
    );
  }
}
