import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Containers } from '../container-types.ts';
import { findContainer } from './find.ts';
import { watching } from '../recording/watched.ts';
import type { ContainerParts } from './parts.ts';

/** What the use cases of containers work with. */
export interface ContainersParts extends Omit<ContainerParts, 'snapshotter'> {
  /** Opened when a container needs layers, which a listing does not. */
  readonly snapshotter: () => Promise<Snapshotter>;
}

/** Containers over a store. Each use case is loaded when it is asked for. */
export function containersOf(given: ContainersParts): Containers {
  const { store } = given;
  const parts = async (): Promise<ContainerParts> => ({
    ...given,
    snapshotter: await given.snapshotter(),
  });
  return {
    async create(request, options = {}) {
      const { createContainer } = await import('./create.ts');
      return createContainer(await parts(), request, options);
    },
    async run(request, options = {}) {
      const { runContainer } = await import('./run.ts');
      return runContainer(await parts(), request, options);
    },
    async start(name, options) {
      const { startNamed } = await import('./start-named.ts');
      const all = await parts();
      if (!options?.attach) return startNamed(all, name, options);
      return watching(store, findContainer(store, name).id, () => startNamed(all, name, options));
    },
    async attach(name, sink) {
      const { attachContainer } = await import('./session.ts');
      const all = await parts();
      return watching(store, findContainer(store, name).id, () => attachContainer(all, name, sink));
    },
    async exec(name, request, sink) {
      const { execContainer } = await import('./exec.ts');
      if (!sink || request.terminal !== true) {
        return execContainer(await parts(), name, request, sink);
      }
      const all = await parts();
      return watching(store, findContainer(store, name).id, () =>
        execContainer(all, name, request, sink),
      );
    },
    async stop(name, options) {
      const { stopContainer } = await import('./stop.ts');
      await stopContainer(given, name, options);
    },
    async restart(name, options) {
      const { restartContainer } = await import('./restart.ts');
      await restartContainer(await parts(), name, options);
    },
    kill: async (name, signal) => (await import('./kill.ts')).killContainer(given, name, signal),
    wait: async (name, options) => (await import('./wait.ts')).waitContainer(store, name, options),
    rename: async (name, wanted) =>
      (await import('./rename.ts')).renameContainer(store, name, wanted),
    pause: async (name) => (await import('./pause.ts')).pauseContainer(store, name),
    unpause: async (name) => (await import('./pause.ts')).unpauseContainer(store, name),
    logs: async (name, request = {}) =>
      (await import('./logs.ts')).containerLogs(store, name, request),
    top: async (name, options = []) =>
      (await import('./top.ts')).containerTop(store, name, options),
    async update(name, request) {
      const { updateContainer } = await import('./update.ts');
      await updateContainer(await parts(), name, request);
    },
    use: async (names) => (await import('./stats.ts')).containersUse(store, names),
    async changes(name) {
      const { containerChanges } = await import('./changes.ts');
      return containerChanges(store, await given.snapshotter(), name);
    },
    list: async (options) => (await import('./list.ts')).listContainers(store, options),
    prune: async (filter) => (await import('./prune.ts')).pruneContainers(given, filter),
    async export(name, options) {
      const { exportContainer } = await import('./export.ts');
      return exportContainer(await parts(), name, options);
    },
    inspect: async (name, options) =>
      (await import('./inspect.ts')).inspectContainer(store, name, options),
    async remove(name, options) {
      const { removeNamed } = await import('./remove.ts');
      return removeNamed(given, name, options);
    },
    async afterExit(id) {
      const { afterExit } = await import('./after-exit.ts');
      await afterExit(await parts(), id);
    },
  };
}
