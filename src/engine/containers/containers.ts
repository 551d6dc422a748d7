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
  /** Whoever leaves something to be done sees to it that somebody is there to do it. */
  const left = async (): Promise<void> => {
    const { summonIfNeeded } = await import('../tend/summon.ts');
    summonIfNeeded(store, given.helper);
  };
  return {
    async create(request, options = {}) {
      const { createContainer } = await import('./create.ts');
      return createContainer(await parts(), request, options);
    },
    async run(request, options = {}) {
      const { runContainer } = await import('./run.ts');
      const ran = await runContainer(await parts(), request, options);
      await left();
      return ran;
    },
    async start(name, options) {
      const { startNamed } = await import('./start-named.ts');
      const all = await parts();
      const begin = (): ReturnType<typeof startNamed> => startNamed(all, name, options);
      const session = options?.attach
        ? await watching(store, findContainer(store, name).id, begin)
        : await begin();
      await left();
      return session;
    },
    async *startByPolicy(policies) {
      const { startByPolicy } = await import('./start-by-policy.ts');
      yield* startByPolicy(await parts(), policies);
      await left();
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
      await left();
    },
    async restart(name, options) {
      const { restartContainer } = await import('./restart.ts');
      await restartContainer(await parts(), name, options);
      await left();
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
      await left();
    },
    use: async (names) => (await import('./stats.ts')).containersUse(store, names),
    async changes(name) {
      const { containerChanges } = await import('./changes.ts');
      return containerChanges(store, await given.snapshotter(), name);
    },
    async list(options = {}) {
      const { listContainers } = await import('./list.ts');
      let needed = false;
      const rows = listContainers(store, options, () => (needed = true));
      if (needed) await left();
      if (options.size !== true) return rows;
      const { sizeOf } = await import('./sizes.ts');
      return rows.map((one) => ({ ...one, size: sizeOf(store, one) }));
    },
    prune: async (filter) => (await import('./prune.ts')).pruneContainers(given, filter),
    async export(name, options) {
      const { exportContainer } = await import('./export.ts');
      return exportContainer(await parts(), name, options);
    },
    inspect: async (name, options) =>
      (await import('./inspect.ts')).inspectContainer(store, name, options),
    async remove(name, options) {
      const { removeNamed } = await import('./remove.ts');
      const removed = await removeNamed(given, name, options);
      await left();
      return removed;
    },
    async afterExit(id) {
      const { afterExit } = await import('./after-exit.ts');
      await afterExit(given, id);
      await left();
    },
    async tend() {
      const { tend } = await import('../tend/tend.ts');
      await tend(await parts());
    },
  };
}
