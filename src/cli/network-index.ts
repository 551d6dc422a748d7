import type { CommandEntry } from './command-index.ts';

/** Commands on the networks of containers. */
export const NETWORKS: readonly CommandEntry[] = [
  {
    name: 'network connect',
    aliases: [],
    summary: 'Put a container on a network',
    load: async () => (await import('./commands/network-connect.ts')).networkConnect,
  },
  {
    name: 'network create',
    aliases: [],
    summary: 'Make a network',
    load: async () => (await import('./commands/network-create.ts')).networkCreate,
  },
  {
    name: 'network disconnect',
    aliases: [],
    summary: 'Take a container from a network',
    load: async () => (await import('./commands/network-disconnect.ts')).networkDisconnect,
  },
  {
    name: 'network inspect',
    aliases: [],
    summary: 'Show everything about one or more networks',
    load: async () => (await import('./commands/network-inspect.ts')).networkInspect,
  },
  {
    name: 'network ls',
    aliases: ['network list'],
    summary: 'List networks',
    load: async () => (await import('./commands/network-ls.ts')).networkLs,
  },
  {
    name: 'network prune',
    aliases: [],
    summary: 'Remove the networks that no container uses',
    load: async () => (await import('./commands/network-prune.ts')).networkPrune,
  },
  {
    name: 'network rm',
    aliases: ['network remove'],
    summary: 'Remove one or more networks',
    load: async () => (await import('./commands/network-rm.ts')).networkRm,
  },
];
