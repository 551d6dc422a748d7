import type { CommandEntry } from './command-index.ts';

/** Commands on manifests in registries. */
export const MANIFESTS: readonly CommandEntry[] = [
  {
    name: 'manifest annotate',
    aliases: [],
    summary: 'Say which platform an image of a list is for',
    load: async () => (await import('./commands/manifest-annotate.ts')).manifestAnnotate,
  },
  {
    name: 'manifest create',
    aliases: [],
    summary: 'Begin a list of images for several platforms',
    load: async () => (await import('./commands/manifest-create.ts')).manifestCreate,
  },
  {
    name: 'manifest delete',
    aliases: [],
    summary: 'Remove a tag or a manifest from its registry',
    load: async () => (await import('./commands/manifest-delete.ts')).manifestDelete,
  },
  {
    name: 'manifest inspect',
    aliases: [],
    summary: 'Show what a name points at in its registry',
    load: async () => (await import('./commands/manifest-inspect.ts')).manifestInspect,
  },
  {
    name: 'manifest push',
    aliases: [],
    summary: 'Push a list to its registry',
    load: async () => (await import('./commands/manifest-push.ts')).manifestPush,
  },
  {
    name: 'manifest rm',
    aliases: [],
    summary: 'Forget lists that were not pushed',
    load: async () => (await import('./commands/manifest-rm.ts')).manifestRm,
  },
  {
    name: 'buildx imagetools create',
    aliases: [],
    summary: 'Put images of registries under new names, as one index',
    load: async () => (await import('./commands/imagetools-create.ts')).imagetoolsCreate,
  },
  {
    name: 'buildx imagetools inspect',
    aliases: [],
    summary: 'Show what a name points at, and for which platforms',
    load: async () => (await import('./commands/imagetools-inspect.ts')).imagetoolsInspect,
  },
];
