import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostsFile } from '../../runtime/etc-files.ts';
import type { ProcessSpec } from '../../runtime/executor.ts';
import type { Store } from '../../store/store.ts';
import { findContainer } from './find.ts';
import { ContainerConflictError } from './errors.ts';
import { containerPaths } from './layout.ts';
import { networkKind } from './network-kind.ts';
import { notRunning } from './pause.ts';
import { isUp, type Container } from './record.ts';

/** What a container is started with. */
export interface StartNetwork {
  /** The namespace to join: `host` or a path; undefined for one of its own, with nothing in it. */
  readonly namespace: string | undefined;
  /** Open descriptors that keep its published ports. */
  readonly reserved: readonly number[];
  /** To be called with its first process before that goes on. */
  connect(pid: number): Promise<void>;
  /** Takes back what was prepared. */
  undo(): Promise<void>;
  /** The container runs: this process needs nothing of it any more. */
  done(): void;
}

const NOTHING = {
  reserved: [],
  connect: () => Promise.resolve(),
  undo: () => Promise.resolve(),
  done: (): void => undefined,
};

/** Prepares the network of a container that is about to start. Throws what the network's driver throws. */
export async function networkFor(
  store: Store,
  { id, name, record }: Container,
  spec: ProcessSpec,
): Promise<StartNetwork> {
  const { settings, config } = record;
  const kind = networkKind(settings);
  if (kind === 'none') return { ...NOTHING, namespace: undefined };
  if (kind === 'host') return { ...NOTHING, namespace: 'host' };
  if (kind.startsWith('container:')) {
    return { ...NOTHING, namespace: namespaceOf(store, kind.slice('container:'.length), 'net') };
  }
  const [{ openSwept }, { parsePorts }, { resolverText }] = await Promise.all([
    import('../networks/networks.ts'),
    import('../../network/port-spec.ts'),
    import('../../network/resolver.ts'),
  ]);
  const networks = await openSwept({ store, stateDir: store.paths.run });
  const { dns, dnsSearch, dnsOptions, extraHosts, publishAll } = settings;
  const prepared = await networks.prepare(
    { id, name, hostname: spec.hostname },
    {
      networks: settings.networks ?? [{ name: 'default' }],
      publish: parsePorts(settings.publish ?? []),
      exposed: Object.keys(config.ExposedPorts ?? {}),
      ...(publishAll !== undefined && { publishAll }),
      ...(dns && { dns }),
      ...(dnsSearch && { dnsSearch }),
      ...(dnsOptions && { dnsOptions }),
      ...(extraHosts && { extraHosts }),
    },
  );
  const { directory } = containerPaths(store.paths.containers, id);
  const lines = prepared.hostsEntries.map(([address, names]) => `${address}\t${names.join(' ')}\n`);
  writeFileSync(join(directory, 'hosts'), hostsFile() + lines.join(''));
  writeFileSync(join(directory, 'resolv.conf'), resolverText(prepared.resolver));
  return {
    namespace: prepared.netns,
    reserved: prepared.reserved,
    connect: (pid) => prepared.beside?.startFor(pid) ?? Promise.resolve(),
    async undo() {
      prepared.closeReserved();
      await networks.release(id);
    },
    done: () => prepared.closeReserved(),
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

/** Throws ContainerConflictError for a container that was not to share. */
function checkShareable(store: Store, name: string): void {
  const { id, record } = findContainer(store, name);
  if (['shareable', 'host'].includes(record.settings.ipc ?? '')) return;
  throw new ContainerConflictError(`can't join IPC of container ${id}: non-shareable IPC`, {
    hint: 'Start that one with --ipc shareable.',
  });
}

/** What `--pid`, `--ipc`, `--uts` and `--cgroupns` mean: `host`, a path, or one of its own. */
export function sharedOf(
  store: Store,
  { settings }: Container['record'],
): Readonly<Record<'pid' | 'ipc' | 'uts' | 'cgroup', string | undefined>> {
  const place = (typed: string | undefined, kind: 'pid' | 'ipc'): string | undefined => {
    if (typed === 'host') return 'host';
    if (typed?.startsWith('container:') !== true) return undefined;
    const name = typed.slice('container:'.length);
    if (kind === 'ipc') checkShareable(store, name);
    return namespaceOf(store, name, kind);
  };
  return {
    pid: place(settings.pid, 'pid'),
    ipc: place(settings.ipc, 'ipc'),
    uts: settings.uts === 'host' ? 'host' : undefined,
    cgroup: settings.cgroupns === 'host' ? 'host' : undefined,
  };
}
