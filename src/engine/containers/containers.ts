import type { Containers } from '../container-types.ts';
import { listContainers } from './list.ts';
import type { ContainerParts } from './run.ts';

/** Containers over a store. */
export function containersOf(parts: ContainerParts): Containers {
  return {
    async run(request, options = {}) {
      const { runContainer } = await import('./run.ts');
      return runContainer(parts, request, options);
    },
    // oxlint-disable-next-line typescript/require-await
    async list(options) {
      return listContainers(parts.store, options);
    },
    async remove(name, options) {
      const { removeNamed } = await import('./remove.ts');
      return removeNamed(parts.store, name, options);
    },
  };
}
