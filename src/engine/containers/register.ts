import { writeFileSync } from 'node:fs';
import { Exit, isErrno } from '../../base/errors.ts';
import type { ContainerConfig } from '../../oci/image-config.ts';
import { identify } from '../../runtime/process-identity.ts';
import type { ImageRow } from '../../store/tables.ts';
import type { CreateRequest } from '../create-request.ts';
import { ContainerConflictError, ContainerStartError } from './errors.ts';
import { randomName } from './names.ts';
import type { ContainerParts } from './parts.ts';
import { toRow, type Container } from './record.ts';
import { tell } from './tell.ts';

/** What a request came to. */
export interface NewContainer {
  readonly id: string;
  readonly image: ImageRow;
  /** The image's, with the request on top. */
  readonly config: ContainerConfig;
  readonly argv: readonly string[];
}

/**
 * Writes the row of a new container. It comes before everything else of it, so that nothing
 * is ever without one. Throws ContainerConflictError when the name is taken.
 */
export function register(
  { store, clock }: ContainerParts,
  request: CreateRequest,
  { image, config, id, argv }: NewContainer,
): void {
  const owner = identify(process.pid);
  if (!owner) throw new Error('this process is not in /proc');
  // Of one that goes with its end nothing has to outlive the power.
  store[request.remove === true ? 'note' : 'write']((tables) => {
    const { containers, images } = tables;
    const taken = (name: string): boolean => containers.list().some((row) => row.name === name);
    const name = request.name ?? randomName(taken);
    const other = containers.list().find((row) => row.name === name);
    if (other) {
      throw new ContainerConflictError(
        `Conflict. The container name "/${name}" is already in use by container "${other.id}". You have to remove (or rename) that container to be able to reuse that name.`,
        { exitCode: Exit.usage },
      );
    }
    const container: Container = {
      id,
      name,
      image: image.id,
      ...(image.chain !== undefined && { chain: image.chain }),
      createdAt: clock.now().getTime(),
      state: 'created',
      record: {
        imageName: request.image,
        argv,
        labels: config.Labels ?? {},
        remove: request.remove === true,
        settings: request,
        config,
        mounts: [],
        owner,
      },
    };
    containers.put(toRow(container));
    images.use(image.id, container.createdAt);
    tell(tables, 'create', toRow(container), container.createdAt);
  });
}

/** Writes the ID where it was asked for. Throws ContainerStartError when there is a file already. */
export function writeCidfile(path: string | undefined, id: string): void {
  if (path === undefined) return;
  try {
    writeFileSync(path, id, { flag: 'wx' });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    throw new ContainerStartError(
      `container ID file found, make sure the other container isn't running or delete ${path}`,
    );
  }
}
