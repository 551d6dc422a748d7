import type { Store } from '../../store/store.ts';
import { ContainerNotFoundError, ContainerStartError } from './errors.ts';
import { type ContainerMount, fromRow } from './record.ts';
import type { Volume } from './volumes.ts';

/**
 * What `--volumes-from CONTAINER[:ro|rw]` stands for: everything but memory that the other
 * container has mounted, at the same places. Throws ContainerStartError, ContainerNotFoundError.
 */
export function volumesFrom(store: Store, texts: readonly string[]): Volume[] {
  return texts.flatMap((text) => {
    const [name = '', mode, ...rest] = text.split(':');
    if (name === '' || rest.length > 0) {
      throw new ContainerStartError(`invalid volumes-from specification: ${JSON.stringify(text)}`);
    }
    const words = mode?.split(',') ?? [];
    const wrong = words.find((word) => !/^(?:ro|rw|z|Z)$/.test(word));
    if (wrong !== undefined) throw new ContainerStartError(`invalid mode: ${mode}`);
    const row = store.read(({ containers }) => containers.find(name));
    if (!row) throw new ContainerNotFoundError(name);
    const { mounts } = fromRow(row).record;
    return mounts
      .filter(({ type }) => type !== 'tmpfs')
      .map((mount) => inherited(mount, words.includes('ro')));
  });
}

function inherited(mount: ContainerMount, readonly: boolean): Volume {
  const { type, name, source, target, mode, propagation, subpath } = mount;
  return {
    source:
      type === 'volume' && name !== undefined
        ? { kind: 'named', name }
        : { kind: 'path', path: source, create: false },
    target,
    readonly: readonly || mount.readonly,
    filled: false,
    mode,
    ...(propagation !== '' && { propagation }),
    ...(subpath !== undefined && { subpath }),
  };
}
