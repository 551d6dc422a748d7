import type { CommandEntry } from './command-index.ts';

/** Commands on a registry of one's own. */
export const REGISTRY: readonly CommandEntry[] = [
  {
    name: 'registry htpasswd',
    aliases: [],
    summary: 'Make the line of a user for --htpasswd',
    load: async () => (await import('./commands/registry-htpasswd.ts')).registryHtpasswd,
  },
  {
    name: 'registry serve',
    aliases: [],
    summary: 'Be a registry that keeps its images in a folder',
    load: async () => (await import('./commands/registry-serve.ts')).registryServe,
  },
];
