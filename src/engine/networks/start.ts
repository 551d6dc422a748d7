import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolverText } from '../../network/resolver.ts';
import { parsePorts } from '../../network/port-spec.ts';
import type { PreparedNetwork } from '../../network/types.ts';
import { hostsFile } from '../../runtime/etc-files.ts';
import type { Store } from '../../store/store.ts';
import type { CreateRequest } from '../create-request.ts';
import { openSwept } from './networks.ts';

const SHORT_ID = 12;

/** A container that is about to start. */
export interface NetworkedStart {
  readonly id: string;
  readonly name: string;
  readonly settings: CreateRequest;
  /** What it says that it listens on, `80/tcp`. */
  readonly exposed: readonly string[];
}

/**
 * Prepares the networks of a container that has some of its own, and writes what it looks
 * names up with. Throws what `ContainerNetworks.prepare` does; nothing is left then.
 */
export async function prepareNetworks(
  store: Store,
  { id, name, settings, exposed }: NetworkedStart,
): Promise<PreparedNetwork> {
  const networks = await openSwept({ store, stateDir: store.paths.run });
  const { networks: wishes = [], hostname = id.slice(0, SHORT_ID) } = settings;
  const prepared = await networks.prepare(
    { id, name, hostname },
    {
      networks: wishes.length > 0 ? wishes : [{ name: 'default' }],
      publish: parsePorts(settings.publish ?? []),
      publishAll: settings.publishAll === true,
      exposed,
      dns: settings.dns ?? [],
      dnsSearch: settings.dnsSearch ?? [],
      dnsOptions: settings.dnsOptions ?? [],
      extraHosts: settings.extraHosts ?? [],
    },
  );
  const directory = join(store.paths.containers, id);
  const lines = prepared.hostsEntries.map(([address, names]) => `${address}\t${names.join(' ')}\n`);
  writeFileSync(join(directory, 'hosts'), hostsFile() + lines.join(''));
  writeFileSync(join(directory, 'resolv.conf'), resolverText(prepared.resolver));
  return prepared;
}

/** Takes back what a container has of networks, if it has anything. */
export async function releaseNetworks(store: Store, id: string): Promise<void> {
  // Without networks nothing is loaded for them.
  if (store.read(({ endpoints }) => endpoints.of(id).length) === 0) return;
  const networks = await openSwept({ store, stateDir: store.paths.run });
  await networks.release(id);
}

/** Takes away what containers left on networks that do not live any more. */
export async function sweepNetworks(store: Store): Promise<void> {
  if (store.read(({ endpoints }) => endpoints.list().length) === 0) return;
  await openSwept({ store, stateDir: store.paths.run });
}
