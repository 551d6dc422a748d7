import type { Store } from '../../store/store.ts';
import { releaseNetworks } from '../networks/release.ts';
import { findContainer } from './find.ts';
import { networkKind } from './network-kind.ts';
import { notRunning } from './pause.ts';
import { isUp, type Container } from './record.ts';

/** What a container is started with. */
export interface StartNetwork {
  /** The namespace to join: `host` or a path; undefined for one of its own, with nothing in it. */
  readonly namespace: string | undefined;
  /** Open descriptors that keep its published ports. */
  readonly reserved: readonly number[];
  /** Others are led to it by its ports or names: somebody has to see to them when it has ended. */
  readonly hasTraces: boolean;
  /** To be called with its first process before that goes on. */
  connect(pid: number): Promise<void>;
  /** Takes back what was prepared. */
  undo(): Promise<void>;
  /** The container runs: this process needs nothing of it any more. */
  done(): void;
}

const NOTHING = {
  reserved: [],
  hasTraces: false,
  connect: () => Promise.resolve(),
  undo: () => Promise.resolve(),
  done: (): void => undefined,
};

/**
 * Prepares the network of a container that is about to start. Throws what
 * `ContainerNetworks.prepare` does, and ContainerNotFoundError, ContainerConflictError.
 */
export async function networkFor(
  store: Store,
  { id, name, record }: Container,
): Promise<StartNetwork> {
  const { settings, config } = record;
  const kind = networkKind(settings);
  if (kind === 'none') return { ...NOTHING, namespace: undefined };
  if (kind === 'host') return { ...NOTHING, namespace: 'host' };
  if (kind.startsWith('container:')) {
    return { ...NOTHING, namespace: namespaceOf(store, kind.slice('container:'.length), 'net') };
  }
  const { prepareNetworks } = await import('../networks/start.ts');
  const exposed = Object.keys(config.ExposedPorts ?? {});
  const prepared = await prepareNetworks(store, { id, name, settings, exposed });
  const { netns, reserved, beside, endpoints, closeReserved } = prepared;
  return {
    namespace: netns,
    reserved,
    hasTraces: endpoints.some(({ ports, dnsNames }) => ports.length > 0 || dnsNames.length > 0),
    connect: (pid) => beside?.startFor(pid) ?? Promise.resolve(),
    async undo() {
      closeReserved();
      await releaseNetworks(store, id);
    },
    done: closeReserved,
  };
}

/**
 * The path of a namespace of another container. Throws ContainerNotFoundError,
 * ContainerConflictError when it does not run.
 */
export function namespaceOf(store: Store, name: string, kind: 'net' | 'pid' | 'ipc'): string {
  const other = findContainer(store, name);
  const { process } = other.record;
  if (!isUp(other.state) || !process) throw notRunning(other);
  return `/proc/${process.pid}/ns/${kind}`;
}

/** What `--pid`, `--ipc`, `--uts` and `--cgroupns` mean: `host`, a path, or one of its own. */
export function sharedOf(
  store: Store,
  { settings }: Container['record'],
): Readonly<Record<'pid' | 'ipc' | 'uts' | 'cgroup', string | undefined>> {
  const place = (typed: string | undefined, kind: 'pid' | 'ipc'): string | undefined => {
    if (typed === 'host') return 'host';
    if (typed?.startsWith('container:') !== true) return undefined;
    return namespaceOf(store, typed.slice('container:'.length), kind);
  };
  return {
    pid: place(settings.pid, 'pid'),
    ipc: place(settings.ipc, 'ipc'),
    uts: settings.uts === 'host' ? 'host' : undefined,
    cgroup: settings.cgroupns === 'host' ? 'host' : undefined,
  };
}
