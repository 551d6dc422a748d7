import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import { checkAttachment } from '../../network/allocate.ts';
import { NetworkConflictError } from '../../network/errors.ts';
import { inspectNetwork } from '../../network/manage.ts';
import type { NetworkParts } from '../../network/parts.ts';
import type { EndpointRecord, NetworkRecord, RunningContainer } from '../../network/types.ts';
import { ContainerNotFoundError } from '../containers/errors.ts';
import { findContainer } from '../containers/find.ts';
import { fromRow, isUp, toRow, type Container } from '../containers/record.ts';
import type { NetworkWish } from '../create-request.ts';
import type { ConnectOptions } from '../network-types.ts';
import { openSwept } from './networks.ts';

const SHORT_ID = 12;

/** See {@link Networks.connect}. */
export async function connectContainer(
  parts: NetworkParts,
  name: string,
  containerName: string,
  options: ConnectOptions,
): Promise<void> {
  const { store } = parts;
  const networks = await openSwept(parts);
  const { network } = inspectNetwork(parts, name);
  const container = findContainer(store, containerName);
  checkShared(container, network);
  checkAttachment(network, { name, ...options });
  if (wishesOf(container).some((wish) => isFor(wish, network))) {
    throw new NetworkConflictError(
      `endpoint with name ${container.name} already exists in network ${network.name}`,
      { httpStatus: 403 },
    );
  }
  const running = runningOf(container);
  if (running) {
    const endpoint = await networks.connect(running, { ...options, name: network.id });
    changeHosts(parts, container, (lines) => [...lines, ...hostLines(running, endpoint)]);
  }
  keepWishes(parts, container.id, (wishes) => {
    const rest = wishes.filter((wish) => wish.name !== 'none');
    return [...rest, { ...options, name: network.name }];
  });
}

/** See {@link Networks.disconnect}. */
export async function disconnectContainer(
  parts: NetworkParts,
  name: string,
  containerName: string,
  { force = false }: { readonly force?: boolean },
): Promise<void> {
  const networks = await openSwept(parts);
  const { network } = inspectNetwork(parts, name);
  let container: Container;
  try {
    container = findContainer(parts.store, containerName);
  } catch (error) {
    // Whoever is gone is on no network: the sweep has seen to it.
    if (force && error instanceof ContainerNotFoundError) return;
    throw error;
  }
  const wishes = wishesOf(container);
  if (network.driver === 'host' && wishes.some((wish) => isFor(wish, network))) {
    throw new NetworkConflictError(
      'container cannot be disconnected from host network or connected to host network',
      {
        httpStatus: 403,
      },
    );
  }
  if (!wishes.some((wish) => isFor(wish, network))) {
    throw new NetworkConflictError(
      `container ${container.id} is not connected to network ${network.name}`,
      { httpStatus: 403 },
    );
  }
  const running = runningOf(container);
  if (running && network.driver === 'bridge') {
    const own = networks.endpoints(container.id).find((one) => one.networkId === network.id);
    await networks.disconnect(running, network.id);
    const gone = new Set([own?.ip, own?.ip6]);
    changeHosts(parts, container, (lines) =>
      lines.filter((line) => !gone.has(line.slice(0, Math.max(0, line.indexOf('\t'))))),
    );
  }
  keepWishes(parts, container.id, (before) => {
    const rest = before.filter((wish) => !isFor(wish, network));
    return rest.length > 0 ? rest : [{ name: 'none' }];
  });
}

/** The networks that a container is to be on. */
function wishesOf({ record }: Container): readonly NetworkWish[] {
  const { networks = [] } = record.settings;
  return networks.length > 0 ? networks : [{ name: 'default' }];
}

function isFor({ name }: NetworkWish, network: NetworkRecord): boolean {
  const called = name === 'default' ? 'bridge' : name;
  return called === network.name || (called.length >= SHORT_ID && network.id.startsWith(called));
}

function checkShared(container: Container, network: NetworkRecord): void {
  const [first] = wishesOf(container);
  const isShared = first?.name.startsWith('container:') === true;
  if (isShared || first?.name === 'host' || network.driver === 'host') {
    throw new NetworkConflictError(
      isShared
        ? 'container sharing network namespace with another container or host cannot be connected to any other network'
        : 'container cannot be disconnected from host network or connected to host network',
      { httpStatus: 403 },
    );
  }
  if (network.driver === 'null') {
    throw new NetworkConflictError(
      'container cannot be connected to multiple networks with one of the networks in private (none) mode',
      { httpStatus: 403 },
    );
  }
}

function runningOf({ id, name, state, record }: Container): RunningContainer | undefined {
  const { process, settings } = record;
  if (!isUp(state) || !process) return undefined;
  return { id, name, hostname: settings.hostname ?? id.slice(0, SHORT_ID), pid: process.pid };
}

function keepWishes(
  { store }: NetworkParts,
  id: string,
  change: (wishes: readonly NetworkWish[]) => readonly NetworkWish[],
): void {
  store.write(({ containers }) => {
    const row = containers.get(id);
    if (!row) return;
    const container = fromRow(row);
    const { record } = container;
    const networks = change(wishesOf(container));
    containers.put(
      toRow({ ...container, record: { ...record, settings: { ...record.settings, networks } } }),
    );
  });
}

function hostLines({ hostname }: RunningContainer, { ip, ip6 }: EndpointRecord): string[] {
  return [ip, ip6 ?? ''].filter((one) => one !== '').map((one) => `${one}\t${hostname}`);
}

/** It is written in place: the container sees this very file. */
function changeHosts(
  { store }: NetworkParts,
  { id }: Container,
  change: (lines: readonly string[]) => readonly string[],
): void {
  const path = join(store.paths.containers, id, 'hosts');
  try {
    const lines = readFileSync(path, 'utf8').replace(/\n$/, '').split('\n');
    writeFileSync(path, `${change(lines).join('\n')}\n`);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
