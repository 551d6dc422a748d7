import type { CommandEntry } from './command-index.ts';

/** Commands on builders, of which there is one. */
export const BUILDERS: readonly CommandEntry[] = [
  {
    name: 'buildx create',
    aliases: [],
    summary: 'Make a builder; there is one, built in',
    load: async () => (await import('./commands/buildx-builders.ts')).buildxCreate,
  },
  {
    name: 'buildx inspect',
    aliases: [],
    summary: 'Show the builder',
    load: async () => (await import('./commands/buildx-builders.ts')).buildxInspect,
  },
  {
    name: 'buildx ls',
    aliases: [],
    summary: 'List builders',
    load: async () => (await import('./commands/buildx-builders.ts')).buildxLs,
  },
  {
    name: 'buildx rm',
    aliases: [],
    summary: 'Remove a builder; the one built in stays',
    load: async () => (await import('./commands/buildx-builders.ts')).buildxRm,
  },
  {
    name: 'buildx stop',
    aliases: [],
    summary: 'Stop a builder; there is nothing to stop',
    load: async () => (await import('./commands/buildx-builders.ts')).buildxStop,
  },
  {
    name: 'buildx use',
    aliases: [],
    summary: 'Choose a builder; there is one, built in',
    load: async () => (await import('./commands/buildx-builders.ts')).buildxUse,
  },
  {
    name: 'buildx version',
    aliases: [],
    summary: 'Show the version',
    load: async () => (await import('./commands/buildx-builders.ts')).buildxVersion,
  },
];
