import type { CommandEntry } from './command-index.ts';

/** Commands on a registry of one's own. */
export const REGISTRY: readonly CommandEntry[] = [
  {
    name: 'registry config',
    aliases: [],
    summary: 'Check the config file of a registry, and show what counts',
    load: async () => (await import('./commands/registry-config.ts')).registryConfig,
  },
  {
    name: 'registry fsck',
    aliases: [],
    summary: 'Check everything in the folder of a registry, and mend it',
    load: async () => (await import('./commands/registry-fsck.ts')).registryFsck,
  },
  {
    name: 'registry gc',
    aliases: [],
    summary: 'Remove what nobody needs from a registry, which may be running',
    load: async () => (await import('./commands/registry-gc.ts')).registryGc,
  },
  {
    name: 'registry htpasswd',
    aliases: [],
    summary: 'Make the line of a user for --htpasswd',
    load: async () => (await import('./commands/registry-htpasswd.ts')).registryHtpasswd,
  },
  {
    name: 'registry log',
    aliases: [],
    summary: 'Show what tags of a registry have meant, and who changed them',
    load: async () => (await import('./commands/registry-log.ts')).registryLog,
  },
  {
    name: 'registry retain',
    aliases: [],
    summary: 'Remove the tags that rules do not keep',
    load: async () => (await import('./commands/registry-retain.ts')).registryRetain,
  },
  {
    name: 'registry rollback',
    aliases: [],
    summary: 'Make a tag of a registry mean what it meant before',
    load: async () => (await import('./commands/registry-rollback.ts')).registryRollback,
  },
  {
    name: 'registry serve',
    aliases: [],
    summary: 'Be a registry that keeps its images in a folder',
    load: async () => (await import('./commands/registry-serve.ts')).registryServe,
  },
  {
    name: 'registry sync',
    aliases: [],
    summary: "Copy tags from other registries into a registry of one's own",
    load: async () => (await import('./commands/registry-sync.ts')).registrySync,
  },
  {
    name: 'registry unit',
    aliases: [],
    summary: 'Show a unit with which systemd runs a registry',
    load: async () => (await import('./commands/registry-unit.ts')).registryUnit,
  },
];
