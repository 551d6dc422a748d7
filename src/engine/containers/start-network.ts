import { reporter } from '../../base/reporter.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Store } from '../../store/store.ts';
import { ContainerStartError } from './errors.ts';
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
  /** Takes back what was prepared. */
  undo(): Promise<void>;
  /** The container runs: this process needs nothing of it any more. */
  done(): void;
}

const NOTHING = {
  reserved: [],
  undo: () => Promise.resolve(),
  done: (): void => undefined,
};

/** Prepares the network of a container that is about to start. Throws ContainerStartError. */
export function networkFor(
  store: Store,
  { record }: Container,
  options: CallOptions,
): StartNetwork {
  const kind = networkKind(record.settings);
  if (kind === 'none') return { ...NOTHING, namespace: undefined };
  if (kind === 'host') return { ...NOTHING, namespace: 'host' };
  if (kind.startsWith('container:')) {
    return { ...NOTHING, namespace: namespaceOf(store, kind.slice('container:'.length), 'net') };
  }
  if (kind !== 'default') throw new ContainerStartError(`network ${kind} not found`);
  reporter(options.progress).warn({
    code: 'NETWORK_HOST',
    message: "there is no network for containers yet: this one uses the machine's own",
    hint: 'Say --network host or --network none to choose.',
  });
  return { ...NOTHING, namespace: 'host' };
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
