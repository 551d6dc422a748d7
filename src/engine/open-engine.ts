import { cpus } from 'node:os';
import { resolve } from 'node:path';
import type { Flights } from '../build/flights.ts';
import type { Clock } from '../base/clock.ts';
import type { OpenRegistry } from '../build/finish.ts';
import type { Destination } from '../transport/transport.ts';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import type { Executor, RuntimeInfo } from '../runtime/executor.ts';
import type { Facts } from '../runtime/probe.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { ContainerConfig } from '../oci/image-config.ts';
import type { Connections } from '../registry/connection.ts';
import type { RegistrySettings } from '../registry/settings.ts';
import { openStore } from '../store/open-store.ts';
import type { MainContext } from '../build/inputs.ts';
import type { BuildRequest } from './build-types.ts';
import { attestationsOf } from './attestations.ts';
import { contextsOf } from './contexts.ts';
import { containersOf } from './containers/containers.ts';
import { copyFilesOf } from './cp.ts';
import type { Engine } from './engine.ts';
import { imagesOf } from './images/images.ts';
import { lazy } from './lazy.ts';
import { exitProgram, helperProgram } from './exit-program.ts';
import { fresheningOf } from './freshness.ts';
import { listsOf } from './lists.ts';
import { networksOf } from './networks/networks.ts';
import { recordingsOf } from './recordings.ts';
import { registriesOf } from './registries.ts';
import { systemOf } from './system/system.ts';
import { trustOf } from './trust/trust.ts';
import { volumesOf } from './volumes.ts';

type ApplyChanges = typeof import('../build/changes.ts').applyChanges;

/** Where an engine keeps its things. */
export interface EngineOptions {
  /** The store; made when it is not there. */
  readonly root: string;
  /** Run-time state that a reboot may empty; inside `root` by default. */
  readonly run?: string;
  readonly clock?: Clock;
  /** Throw StoreMissingError where there is no store, instead of making one. */
  readonly mustExist?: boolean;
  /**
   * This process works for the engine alone, so it may take mounts of its own when the first
   * container is started. Otherwise a child process takes them: slower, and invisible to
   * whoever imports the engine.
   */
  readonly ownProcess?: boolean;
  /** How registries are reached: variables, insecure hosts, patience. */
  readonly registries?: RegistrySettings;
  /** Of the program, for `info`. */
  readonly version?: string;
}

/**
 * Opens a store with everything that works on it. Cheap: a part is loaded when it is first
 * used. Leaving the scope closes the database; what runs must have ended before.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { clock, run, mustExist = false, version = '' } = options;
  // Programs that are started from elsewhere are told of places in it.
  const store = openStore(resolve(options.root), {
    mustExist,
    ...(clock && { clock }),
    ...(run !== undefined && { run: resolve(run) }),
  });
  const snapshotter = lazy(async (): Promise<Snapshotter> => {
    const { overlaySnapshotter } = await import('../snapshot/overlay.ts');
    return overlaySnapshotter(store);
  });
  let running: Executor | undefined;
  const executor = lazy(async (): Promise<Executor> => {
    const { openExecutor } = await import('../runtime/open-executor.ts');
    if (options.ownProcess) (await import('../sys/namespace.ts')).enterPrivateMounts();
    running = await openExecutor({
      stateDir: store.paths.run,
      storeId: store.id,
      facts: {
        get: (key) => store.read(({ facts }) => facts.get(key)),
        set: (key, value) => store.note(({ facts }) => facts.set(key, value)),
      },
    });
    return running;
  });
  const applyChanges = async (...change: Parameters<ApplyChanges>): Promise<ContainerConfig> => {
    const changes = await import('../build/changes.ts');
    return changes.applyChanges(...change);
  };
  const withContext = async <T>(
    request: BuildRequest,
    body: (context: MainContext) => T,
  ): Promise<T> => {
    if (typeof request.context !== 'object') return body(request.context);
    const opened = await import('./build-context.ts');
    return await opened.withContext(request, store, body);
  };
  /** What registries were shown: builds see to it that none of it comes out. */
  const logins = new Map<string, readonly string[]>();
  const settings: RegistrySettings = {
    userAgent: `stave/${version}`,
    ...options.registries,
    onCredentials: (registry, values) => logins.set(registry, values),
  };
  let opened: Connections | undefined;
  const connections = async (): Promise<Connections> => {
    if (opened) return opened;
    const { openConnections } = await import('../registry/connection.ts');
    return (opened ??= openConnections(settings));
  };
  const insecure = new Map<string, Connections>();
  const connectionsTo = async (host: string | undefined): Promise<Connections> => {
    const known = host === undefined ? await connections() : insecure.get(host);
    if (known || host === undefined) return known ?? connections();
    const { openConnections } = await import('../registry/connection.ts');
    const hosts = [...(options.registries?.insecure ?? []), host];
    const made = openConnections({ ...settings, insecure: hosts });
    insecure.set(host, made);
    return made;
  };
  const images = imagesOf({
    store,
    snapshotter,
    applyChanges,
    connections,
    settings,
  });
  const facts: Facts = {
    get: (key) => store.read((tables) => tables.facts.get(key)),
    set: (key, value) => store.note((tables) => tables.facts.set(key, value)),
  };
  const runtime = lazy(async (): Promise<ContainerRuntime> => {
    const { openContainerRuntime } = await import('../runtime/container-runtime.ts');
    return openContainerRuntime({ stateDir: store.paths.run, storeId: store.id, facts });
  });
  const containers = containersOf({
    store,
    snapshotter,
    runtime,
    clock: store.clock,
    program: exitProgram(store),
    helper: helperProgram(store),
  });
  const flights: Flights = new Map();
  const build: Engine['build'] = async (request, call = {}) => {
    const { runBuild } = await import('./build.ts');
    const { basesOf } = await import('./bases.ts');
    const parts = { store, snapshotter: await snapshotter(), connections };
    const registry = async (...place: Parameters<OpenRegistry>): Promise<Destination> => {
      const { buildRegistry } = await import('./build-registry.ts');
      return buildRegistry(store, connectionsTo)(...place);
    };
    await using bases = basesOf(parts, request.pull === true, call);
    return await runBuild(
      request,
      {
        ...parts,
        executor,
        flights,
        resolve: bases.resolver,
        registry,
        cpus: cpus().length,
        registries: connections,
        logins,
        version,
      },
      call,
    );
  };
  return {
    images,
    containers,
    networks: networksOf(store),
    volumes: volumesOf(store),
    copyFiles: copyFilesOf(store, snapshotter),
    recordings: recordingsOf(store, snapshotter, build),
    async commit(request, call = {}) {
      const { commitContainer } = await import('./commit/commit.ts');
      const parts = { store, snapshotter: await snapshotter(), applyChanges };
      return commitContainer(parts, request, call);
    },
    system: systemOf({
      store,
      snapshotter,
      images,
      containers,
      version,
      runtime: async (): Promise<RuntimeInfo> => (await executor()).runtime,
    }),
    registries: registriesOf(connections),
    lists: listsOf(store, connections),
    freshness: fresheningOf({ store, images, snapshotter, connections }),
    trust: trustOf(store, connections),
    attestations: attestationsOf({ store, images, snapshotter, connections, version }),
    contexts: contextsOf(store),
    build,
    async verify(image, request, call = {}) {
      const { verifyImage } = await import('./verify.ts');
      return verifyImage(image, request, { store, snapshotter: await snapshotter(), build }, call);
    },
    async check(request) {
      const { check } = await import('./dockerfile-calls.ts');
      const { findBase } = await import('./find-base.ts');
      const find = (name: string): ReturnType<typeof findBase> => findBase(store, name);
      return await withContext(request, (context) => check(request, find, context));
    },
    async outline(request) {
      const { outline } = await import('./dockerfile-calls.ts');
      const { findBase } = await import('./find-base.ts');
      const find = (name: string): ReturnType<typeof findBase> => findBase(store, name);
      return await withContext(request, (context) => outline(request, find, context));
    },
    async targets(request) {
      const { targets } = await import('./dockerfile-calls.ts');
      return await withContext(request, (context) => targets(request, context));
    },
    async [Symbol.asyncDispose]() {
      for (const one of [opened, ...insecure.values()]) one?.[Symbol.dispose]();
      await running?.[Symbol.asyncDispose]();
      store[Symbol.dispose]();
    },
  };
}
