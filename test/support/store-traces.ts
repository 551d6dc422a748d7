import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableName } from '../../src/network/interfaces.ts';
import { storeLinks } from '../../src/network/kernel.ts';
import { netnsOwners } from '../../src/network/kernel.ts';
import { openStore } from '../../src/store/open-store.ts';
import { run } from './network-house.ts';

/** A process that works for a store or runs in one of its containers. */
export interface StoreProcess {
  readonly pid: number;
  readonly command: string;
}

/** The ID of a store, which control groups and networks carry. */
export function idOfStore(root: string): string {
  using store = openStore(root);
  return store.id;
}

/** Processes that work on a store, and those of its containers. */
export function processesOf(root: string, storeId: string): StoreProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const of = (file: string): string => {
        try {
          return readFileSync(`/proc/${name}/${file}`, 'latin1').replaceAll('\0', ' ');
        } catch {
          return '';
        }
      };
      const command = of('cmdline');
      if (command === '') return [];
      const isOurs = command.includes(root) || of('cgroup').includes(`/stave/${storeId}-`);
      return isOurs ? [{ pid: Number(name), command }] : [];
    });
}

/** What the machine has of a store's containers beside processes; those in `kept` are left out. */
export function tracesOf(root: string, storeId: string, kept: readonly string[] = []): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((target) => target.startsWith(root));
  const isElse = (text: string): boolean => !kept.some((id) => text.includes(id));
  const below = (folder: string): string[] => {
    try {
      return readdirSync(folder).map((name) => join(folder, name));
    } catch {
      return [];
    }
  };
  return [
    ...mounts,
    ...groupsOf(storeId),
    ...below(join(root, 'containers')),
    ...below(join(root, 'run/runtime')),
    ...below(join(root, 'run/processes')),
    ...netnsOwners(join(root, 'run')).map((id) => `netns ${id}`),
  ].filter(isElse);
}

/** Interfaces and tables that the machine has of a store's networks. */
export function networkTraces(storeId: string): string[] {
  const tables = (run('nft', 'list', 'tables') ?? '').split('\n');
  return [...storeLinks(storeId), ...tables.filter((line) => line.includes(tableName(storeId)))];
}

function groupsOf(storeId: string): string[] {
  const top = '/sys/fs/cgroup';
  const roots = [top, ...readdirSync(top).map((name) => join(top, name))];
  return roots.flatMap((root) => {
    try {
      return readdirSync(join(root, 'stave'))
        .filter((name) => name.startsWith(storeId))
        .map((name) => join(root, 'stave', name));
    } catch {
      return [];
    }
  });
}
