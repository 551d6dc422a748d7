import type { CommandEntry } from './command-index.ts';

/** Commands on volumes. */
export const VOLUMES: readonly CommandEntry[] = [
  {
    name: 'volume create',
    aliases: [],
    summary: 'Create a volume',
    load: async () => (await import('./commands/volume-create.ts')).volumeCreate,
  },
  {
    name: 'volume inspect',
    aliases: [],
    summary: 'Show everything about one or more volumes',
    load: async () => (await import('./commands/volume-inspect.ts')).volumeInspect,
  },
  {
    name: 'volume ls',
    aliases: ['volume list'],
    summary: 'List volumes',
    load: async () => (await import('./commands/volume-ls.ts')).volumeLs,
  },
  {
    name: 'volume prune',
    aliases: [],
    summary: 'Remove volumes that no container has',
    load: async () => (await import('./commands/volume-prune.ts')).volumePrune,
  },
  {
    name: 'volume rm',
    aliases: ['volume remove'],
    summary: 'Remove one or more volumes',
    load: async () => (await import('./commands/volume-rm.ts')).volumeRm,
  },
];
