import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Containers } from '../container-types.ts';
import type { ContainerParts } from './parts.ts';

/** What the use cases of containers work with. */
export interface ContainersParts extends Omit<ContainerParts, 'snapshotter'> {
  /** Opened when a container needs layers, which a listing does not. */
  readonly snapshotter: () => Promise<Snapshotter>;
}

/** Containers over a store. Each use case is loaded when it is asked for. */
export function containersOf(parts: ContainersParts): Containers {
  return {
    async run(request, options = {}) {
      const { runContainer } = await import('./run.ts');
      return runContainer({ ...parts, snapshotter: await parts.snapshotter() }, request, options);
    },
    async changes(name) {
      const { containerChanges } = await import('./changes.ts');
      return containerChanges(parts.store, await parts.snapshotter(), name);
    },
    list: async (options) => (await import('./list.ts')).listContainers(parts.store, options),
    prune: async (filter) => (await import('./prune.ts')).pruneContainers(parts.store, filter),
    async export(name, options) {
      const { exportContainer } = await import('./export.ts');
      return exportContainer({ ...parts, snapshotter: await parts.snapshotter() }, name, options);
    },
    inspect: async (name, options) =>
      (await import('./inspect.ts')).inspectContainer(parts.store, name, options),
    async remove(name, options) {
      const { removeNamed } = await import('./remove.ts');
      return removeNamed(parts.store, name, options);
    },
  };
}
